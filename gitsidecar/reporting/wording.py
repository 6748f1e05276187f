"""How a set stands, in a word or two and in one sentence: the same words on every screen."""

from __future__ import annotations

from gitsidecar.model import plans, reports
from gitsidecar.reporting import conditions, standings, texts

_BY_THE_CALENDAR = (plans.HoldReason.WINDOW_CLOSED, plans.HoldReason.FROZEN)
_OPENINGS = ("window opens ", "ends ")
"""How those words begin in `planning.calendars`: a window's opening outranks the end of a freeze, which comes first."""


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


def chief(report: reports.SetReport) -> reports.Condition | None:
    """Return the condition that says how the set stands: Blocked if it is, else Complete."""
    blocked, complete = report.condition(conditions.BLOCKED), report.condition(conditions.COMPLETE)
    return blocked if blocked is not None and blocked.status else complete


def opening(report: reports.SetReport) -> str:
    """Return when pods of the set may move again, as the words of the calendar's hold say it, or nothing."""
    clauses = (clause for each in report.held if each.reason in _BY_THE_CALENDAR for clause in each.message.split("; "))
    found = [clause.removeprefix(start) for clause in clauses for start in _OPENINGS if clause.startswith(start)]
    return found[-1] if found else ""
