"""
What we read but cannot honour yet, in one table: an error that names it, never silence.

Somebody who writes one of these believes that it holds. Whoever makes it hold deletes its line.
"""

from __future__ import annotations

from collections.abc import Iterator

from gitsidecar.manifests import drafts
from gitsidecar.model import findings

# Annotations of the set, and what to do instead.
_ANNOTATIONS = {
    "apps.kruise.io/sidecarset-canary": "use updateStrategy.selector for a canary",
    "apps.kruise.io/sidecarset-base": "use updateStrategy.selector for a canary",
}


def check(draft: drafts.Draft) -> Iterator[findings.Finding]:
    """Yield an error for each thing that we cannot honour yet."""
    written = drafts.mapping(drafts.mapping(draft.value.get("metadata")).get("annotations"))
    for key, instead in _ANNOTATIONS.items():
        if key in written:
            yield draft.finding(("metadata", "annotations", key), f"is not supported yet: {instead}", at_key=True)
