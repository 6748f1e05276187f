"""
The settings file and its environment variables: what there is, what it means, and what is wrong with yours.

Nothing here opens a connection or starts anything; secrets are named by file and never read here.
"""
