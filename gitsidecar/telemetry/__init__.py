"""
How the daemon tells about itself: log lines, metrics, probes.

Nothing here decides anything or knows a rollout rule; what is told is handed in as values.
"""
