"""
The Git side of the ports: a mirror of the source branch, and the status branch.

The only package that imports git. Nothing here knows what the files mean, decides what a pass does, starts a thread or
sleeps for longer than a lost push race asks for. Every call blocks; all of them belong in one worker thread.
"""
