"""
Tells people and services what happened to sets: one queue for each notifier, over HTTP.

What happened, and in which words, is decided in `reporting`. Nothing here may keep a pass waiting, follow a redirect,
or let a secret into a log line or an error: secrets are read from their files at each use and go into requests only.
"""
