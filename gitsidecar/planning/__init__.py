"""
Decide what a pass does: pure functions from desired sets, a snapshot, the history and a time to a plan.

Nothing here reads a clock, a file or the network, logs, draws a random number or imports a third-party library: the
same values give the same plan, whatever order they come in. Nothing here writes; actions are only described.
"""
