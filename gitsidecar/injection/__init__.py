"""
Put sidecars into a new pod: pure functions from a pod as decoded JSON and the sets chosen for it to a JSON Patch.

Nothing here reads a clock, a file or the network, logs, or draws a random number: the same review gets the same answer
twice. Nothing here decides which spec a pod gets, or what becomes of a pod whose sidecars could not be put in.
"""
