"""
When a pass runs: polls, pod events, repeats, and the end.

What a pass does is the reconciler's; signals, settings and the wall clock are bootstrap's.
"""
