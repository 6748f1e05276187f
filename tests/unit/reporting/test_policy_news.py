"""What becomes of a RolloutPolicy is told at once, in the commit's subject when nothing else is news."""

from __future__ import annotations

import dataclasses

import pytest

from gitsidecar.model import findings, histories, reports
from gitsidecar.reporting import changes, files, messages
from gitsidecar.reporting import histories as memories
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies, scenarios

_QUIET = policies.policy(sets=("agent", "logtail", "proxy"))
_REFUSED = dataclasses.replace(_QUIET, rejection=policies.REFUSAL)
_CHANGED = dataclasses.replace(_QUIET, document=policies.document(podsPerMinute=5))
_WIDER = dataclasses.replace(_QUIET, sets=("logtail",))
_MOVED = dataclasses.replace(_QUIET, place=findings.Place("policies/all.yaml", 40, 1))
_CALM = policies.policy("calm")


def _recorded(report: reports.Report) -> histories.History:
    return memories.read(files.render(report), b.restore, policies.restore)


def _message(before: tuple[reports.PolicyReport, ...], now: tuple[reports.PolicyReport, ...]) -> str:
    return messages.write(policies.report(*now), _recorded(policies.report(*before)), pass_id="p1")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ((), (_QUIET,)),
        ((_QUIET,), ()),
        ((_QUIET,), (_REFUSED,)),
        ((_REFUSED,), (_QUIET,)),
        ((_QUIET,), (_CHANGED,)),
        ((_QUIET,), (_WIDER,)),
    ],
)
def test_news_is_a_transition(before: tuple[reports.PolicyReport, ...], now: tuple[reports.PolicyReport, ...]) -> None:
    """A policy that comes, goes, changes, is refused or covers other sets is told at once."""
    assert changes.is_transition(policies.report(*now), _recorded(policies.report(*before)))


@pytest.mark.parametrize("now", [_QUIET, _MOVED])
def test_same_policy_is_no_transition(now: reports.PolicyReport) -> None:
    """A policy that stays as it is, or stands on another line, can wait for the interval."""
    assert not changes.is_transition(policies.report(now), _recorded(policies.report(_QUIET)))


@pytest.mark.parametrize(
    ("before", "now", "subject"),
    [
        ((), (_QUIET,), "RolloutPolicy quiet is in force for 3 sets"),
        ((), (_WIDER,), "RolloutPolicy quiet is in force for 1 set"),
        ((_QUIET,), (), "RolloutPolicy quiet is gone"),
        ((_QUIET,), (_CHANGED,), "RolloutPolicy quiet changed"),
        ((_QUIET,), (_WIDER,), "RolloutPolicy quiet is in force for 1 set"),
        ((_QUIET,), (_REFUSED,), "RolloutPolicy quiet is refused"),
        ((_REFUSED,), (_QUIET,), "RolloutPolicy quiet is in force for 3 sets"),
        ((_REFUSED,), (_CHANGED,), "RolloutPolicy quiet is in force for 3 sets"),
        ((_QUIET,), (_MOVED,), "RolloutPolicy quiet has another place"),
        ((_QUIET,), (_CALM, _REFUSED), "RolloutPolicy quiet is refused and 1 more"),
    ],
)
def test_subjects(
    before: tuple[reports.PolicyReport, ...], now: tuple[reports.PolicyReport, ...], subject: str
) -> None:
    """The subject says which policy, and what became of it."""
    assert _message(before, now).splitlines()[0] == subject


def test_body_tells_the_sets_and_the_rules() -> None:
    """An auditor reads what a policy asks for from the commit that brought it."""
    assert _message((), (_QUIET,)).split("\n\n")[1].splitlines() == [
        "RolloutPolicies:",
        "  quiet is in force for 3 sets",
        "  quiet is for agent, logtail, proxy",
        "  quiet: Deny 0 8 * * 1-5 for 10h (Europe/Berlin)",
    ]


def test_body_tells_a_refusal() -> None:
    """A refused policy is told with the reason and the sets that it holds."""
    assert _message((_QUIET,), (_REFUSED,)).split("\n\n")[1].splitlines() == [
        "RolloutPolicies:",
        f"  quiet: {policies.REFUSAL}",
        "  quiet is for agent, logtail, proxy",
    ]


def test_policy_leads_where_sets_only_go_on() -> None:
    """Progress of a set in the same commit does not push the news out of the subject, but its own news does."""
    before = _recorded(policies.report())
    moved = policies.report(_QUIET, sets=(policies.set_report(updated=7),))
    refused = policies.report(_QUIET, sets=(policies.set_report(updated=7, rejection="no"),))
    assert messages.write(moved, before, pass_id="p1").startswith("RolloutPolicy quiet is in force for 3 sets\n")
    assert messages.write(refused, before, pass_id="p1").startswith("logtail: 7/10 pods on 4f2a9c1")


def test_another_place_gives_way_to_progress() -> None:
    """A line that moved in a file is the last thing that a subject is about."""
    text = messages.write(
        policies.report(_MOVED, sets=(policies.set_report(updated=7),)), _recorded(policies.report(_QUIET)), pass_id="p"
    )
    assert text.startswith("logtail: 7/10 pods")
    assert "\n  quiet has another place: policies/all.yaml:40:1\n" in text


def test_hostile_policy_forges_no_line() -> None:
    """Whatever a policy is called or says, subject and trailers are ours."""
    name = scenarios.HOSTILE
    text = policies.document(name, freezes=[{"reason": name}])
    message = _message((), (policies.policy(name, sets=(name,), document=text),))
    assert message.startswith("RolloutPolicy ")
    lines = [line for line in message.splitlines() if line.startswith("Gitsidecar-")]
    assert [line.split(":")[0] for line in lines] == [
        "Gitsidecar-Revision",
        "Gitsidecar-Cluster",
        "Gitsidecar-Pass",
    ]
    assert len(message.splitlines()[0]) <= 72
