"""
The page that `gitsidecar run` shows: what the newest pass found, read-only, to people with a browser.

Nothing here decides anything, asks the cluster or Git, or takes an order. Pages are functions of values
(`elements` and the modules of its kind); only `servers` knows HTTP.
"""
