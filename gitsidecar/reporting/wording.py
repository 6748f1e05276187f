"""How a set stands, in a word or two and in one sentence: the same words on every screen."""

from __future__ import annotations

from gitsidecar.model import reports
from gitsidecar.reporting import conditions, standings, texts


def state(report: reports.SetReport) -> str:
    """Return ``complete``, ``rolling out``, ``blocked (Paused)``, ``waits (WindowClosed)``, ``no pods``."""
    blocked, complete = report.condition(conditions.BLOCKED), report.condition(conditions.COMPLETE)
    if complete is None or blocked is None:
        return "unknown"
    if complete.status:
        return "no pods" if complete.reason == standings.NO_PODS else "complete"
    if blocked.status:
        return f"blocked ({blocked.reason})"
    return "rolling out" if complete.reason == standings.ROLLING_OUT else f"waits ({complete.reason})"


def sentence(report: reports.SetReport) -> str:
    """Return how the set stands and why, in one plain sentence without its name and without a full stop."""
    complete = report.condition(conditions.COMPLETE)
    why = f": {complete.message.rstrip('.')}" if complete is not None else ""
    refusal = texts.one_line(report.rejection)
    stands_in = f"; {refusal}" if refusal and refusal not in why else ""
    return f"{state(report)}{why}{stands_in}"
