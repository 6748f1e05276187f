"""
The receiver of pushes: who may ask, what was pushed, and one request → one answer.

What a push brings about is handed in as one call that returns at once. Nothing here reads Git or the cluster, nothing
is done before the sender has proved that it knows the secret, and what it sent does not come into the log.
"""
