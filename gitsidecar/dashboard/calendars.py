"""When a set may move, by what its policies say together."""

from __future__ import annotations

from gitsidecar.dashboard import elements, pieces
from gitsidecar.planning import governing

element = elements.element


def window(governed: governing.Governance | None) -> elements.Html | None:
    """Say whether pods may start to move at the moment, and when that changes."""
    if governed is None:
        return None
    return element("p", element("b", "Window"), " ", _words(governed), class_="window")


def _words(governed: governing.Governance) -> elements.Html:
    verdict = governed.verdict
    if governed.rejection:
        return elements.join("closed, because a policy is refused")
    if verdict.reason is None:
        closes = elements.join(" until ", pieces.at(verdict.closes_at)) if verdict.closes_at is not None else None
        return elements.join("open", closes or ", no end in sight")
    if verdict.opens_at is None:
        return elements.join("closed, no opening in sight")
    until = (" until ", pieces.at(verdict.closes_at)) if verdict.closes_at is not None else None
    return elements.join("closed, opens ", pieces.at(verdict.opens_at), until)
