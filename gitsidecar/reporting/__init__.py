"""
Plans and outcomes put in words: reports, the status branch's files and messages, and back from its files.

Pure: no clock, log, network, thread, random or file I/O goes in here, nor any rule that decides what moves. The same
values give the same bytes; whatever a person reads of a name or a message has been made harmless in `texts` first.
"""
