"""
Bytes to SidecarSets and Pods, or to findings that say where and why not: pure functions of what they are handed.

No file is opened here and no clock, log, network, thread or random number is used. Nothing here decides a rollout. What
is valid is made so here; past this package nothing is checked twice.
"""
