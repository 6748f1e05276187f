"""
One pass: its seven phases, in order, and what is remembered between two of them.

No rule of a rollout is decided here, no Git or Kubernetes detail is known, and nothing decides when a pass runs.
"""
