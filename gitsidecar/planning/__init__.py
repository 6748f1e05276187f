"""
Decide what a pass does: pure functions from desired sets, a snapshot, the history and a time to a plan.

Nothing here reads a clock, a file or the network, logs or draws a random number, and the only third-party library is
cronsim, as pure as the rest: the same values give the same plan, whatever order they come in. Nothing here writes;
actions are only described.
"""
