"""
Frozen values that every other package speaks: sets, pods, plans, outcomes, reports.

Nothing here decides a rollout, reads a file or talks to anyone; it imports the standard library and `errors` only.
"""
