"""The bar of a set's pods: each pod in one state, none too small to be seen, the same for the same numbers."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import reports
from gitsidecar.reporting import pictures
from tests.unit.reporting import policies

_NUMBER = st.integers(0, 10_000)
_BAR = "{http://www.w3.org/2000/svg}g"


def _report(matched: int, **fields: Any) -> reports.SetReport:
    return policies.set_report(matched=matched, **fields)


def _held(**counts: int) -> tuple[reports.Held, ...]:
    return tuple(reports.Held(reason, count, "words") for reason, count in counts.items())


@given(_NUMBER, _NUMBER, _NUMBER, _NUMBER, _NUMBER)
def test_the_states_add_up(matched: int, finished: int, flying: int, failing: int, held: int) -> None:
    """Whatever the counts, each matched pod is in one state, and the pieces fill the bar from end to end."""
    report = _report(matched, finished=finished, in_flight=flying, failing_pods=failing, held=_held(Paused=held))
    states = pictures.parts(report)[2]
    assert sum(number for _, number in states) == matched
    [pieces] = ElementTree.fromstring(pictures.draw(report)).iter(_BAR)
    end = 0
    for piece in pieces:
        assert int(piece.attrib["x"]) == end
        assert int(piece.attrib["width"]) >= 2
        end += int(piece.attrib["width"])
    assert end == 720


def test_who_only_waits_for_others_is_waiting() -> None:
    """Holds of a healthy rollout's pace are no stop; the others are told apart."""
    report = _report(10, finished=2, in_flight=1, held=_held(BudgetExhausted=4, PartitionKept=3))
    assert pictures.words(report) == "logtail: 10 pods, 2 finished, 1 in flight, 4 waiting, 3 held"


def test_one_failing_pod_of_thousands_is_seen() -> None:
    """It has a hair of the bar, and an entry of the legend."""
    picture = pictures.draw(_report(10_000, finished=9_999, in_flight=1, failing_pods=1))
    assert '<rect class="failing" x="717"' in picture
    assert "1 cannot start" in picture


def test_no_pods_is_an_empty_bar() -> None:
    """A set without pods has a picture too."""
    report = _report(0)
    assert pictures.words(report) == "logtail: 0 pods"
    assert 'class="none"' in pictures.draw(report)
