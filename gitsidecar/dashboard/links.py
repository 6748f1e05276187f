"""Where each page is: fixed paths, and everything that comes from outside in the query."""

from __future__ import annotations

import urllib.parse

SETS = "/"
SET = "/set"
SET_PODS = "/set/pods"
PODS = "/pods"
POD = "/pod"
PASSES = "/passes"
STYLE = "/files/page.css"
SCRIPT = "/files/page.js"
ICON = "/files/icon.svg"


def to(path: str, **query: str | int) -> str:
    """Return the address of *path* with what of *query* is not empty; a page 1 goes without saying."""
    said = {key: value for key, value in query.items() if value != "" and (key, value) != ("page", 1)}
    return f"{path}?{urllib.parse.urlencode(said, errors='replace')}" if said else path
