"""
Joins settings, adapters and daemon: the one wall clock, and the signals of the process.

Nothing here knows what a pass does or when one runs.
"""
