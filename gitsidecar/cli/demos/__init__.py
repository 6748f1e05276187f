"""
The demo's stage, story and views. The daemon and the Git code in it are the real ones; only the cluster is simulated.

Nothing here is used outside of the demo.
"""
