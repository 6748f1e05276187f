"""
A cluster in memory behind the cluster port, and clocks that run fast or only when told.

The core is a machine of discrete events driven by time: synchronous, deterministic by seed, without threads or real
waiting. asyncio appears only where the port asks for it (`clocks`, `drivers`, `clusters`). Nothing here may decide a
rollout, read a file, open a connection or import a client library; randomness comes from one seeded generator.
"""
