"""What several RolloutPolicies come to for one set."""

from __future__ import annotations

import datetime

from gitsidecar.model import plans, policies
from gitsidecar.planning import governing
from tests.unit.planning import builders

MINUTE = datetime.timedelta(minutes=1)
FROZEN = (policies.Freeze("Incident 42"),)
WANTED = builders.sidecar_set(labels={"team": "shop"})


def _govern(*found: policies.RolloutPolicy) -> governing.Governance:
    return governing.govern([WANTED], found, builders.NOW)[WANTED.name]


def test_without_policies_nothing_is_asked_for() -> None:
    """A set that nobody governs may move at any time and pace."""
    governance = _govern()
    assert governance == governing.Governance(governance.verdict)
    assert governance.verdict.reason is None


def test_only_those_count_that_cover_the_set() -> None:
    """By name, by label, or all: a policy for others changes nothing."""
    by_name = builders.policy("a", targets=(builders.target("logtail"),), pods_per_minute=1)
    by_label = builders.policy("b", targets=(builders.target(team="shop"),), pods_per_minute=2)
    of_all = builders.policy("c", pods_per_minute=3)
    others = [
        builders.policy("x", targets=(builders.target("proxy"),), freezes=FROZEN, rejection="no", min_ready=MINUTE),
        builders.policy("y", targets=(builders.target(team="infra"),), freezes=FROZEN, progress_deadline=MINUTE),
    ]
    governance = _govern(by_name, *others, by_label, of_all)
    assert governance.paces == (by_name, by_label, of_all)
    assert governance.verdict.reason is None
    assert (governance.min_ready, governance.deadline, governance.rejection) == (datetime.timedelta(), None, "")


def test_the_strictest_of_each_kind_counts() -> None:
    """The longest minReadySeconds and the shortest progressDeadlineSeconds, each from another policy."""
    patient = builders.policy("a", min_ready=2 * MINUTE, progress_deadline=30 * MINUTE)
    hasty = builders.policy("b", min_ready=MINUTE, progress_deadline=10 * MINUTE)
    governance = _govern(patient, hasty)
    assert (governance.min_ready, governance.deadline) == (2 * MINUTE, hasty)


def test_one_that_forbids_is_enough() -> None:
    """All must allow."""
    governance = _govern(builders.policy("a"), builders.policy("b", freezes=FROZEN))
    assert governance.verdict.reason is plans.HoldReason.FROZEN


def test_a_refused_policy_is_told_and_its_last_good_form_still_counts() -> None:
    """What it asked for until it was refused is not dropped, so that nothing is loosened by a typo."""
    refused = builders.policy("a", pods_per_minute=1, freezes=FROZEN, rejection="RolloutPolicy a was refused")
    governance = _govern(refused, builders.policy("b"))
    assert governance.rejection == "RolloutPolicy a was refused"
    assert governance.paces == (refused,)


def test_the_order_of_the_policies_changes_nothing() -> None:
    """Of two that bind alike, in whatever order they are read, the first by name is the one that is named."""
    alike = [builders.policy(name, progress_deadline=MINUTE, pods_per_minute=1, freezes=FROZEN) for name in "ab"]
    assert _govern(*alike) == _govern(*reversed(alike))
    assert _govern(*reversed(alike)).deadline == alike[0]
