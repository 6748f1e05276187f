"""A report counts the truth after the pass, as the next pass will find it."""

from __future__ import annotations

import dataclasses

from gitsidecar.model import outcomes, plans, reports
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b

_Kind = outcomes.OutcomeKind
_Reason = plans.HoldReason


def _counts(report: reports.SetReport) -> tuple[int, ...]:
    return (report.matched, report.updated, report.ready, report.updated_ready, report.finished, report.in_flight)


def test_moved_pods_are_in_flight() -> None:
    """A pod that took the patch is updated and in flight, and no longer ready."""
    moving = b.set_plan(done=[b.pod(0, b.NEW)], actions=[b.pod(1), b.pod(2)], old=[b.pod(3)])
    report = b.report(moving, b.results(moving))
    assert _counts(report) == (4, 3, 2, 1, 1, 2)
    assert report.images == {"logtail": {b.OLD: 1, b.NEW: 3}}
    assert report.moved == ("shop/web-001", "shop/web-002")


def test_pass_that_moved_and_pass_that_finds_in_flight_say_the_same() -> None:
    """After moving ten, the report is that of a pass which finds these ten in flight and moves none."""
    kept = [b.hold(b.pod(number), _Reason.PARTITION_KEPT) for number in range(10, 20)]
    first = b.set_plan(actions=[b.pod(number) for number in range(10)], holds=kept)
    then = b.set_plan(flying=[b.pod(number, b.NEW) for number in range(10)], holds=kept)
    moved = b.report(first, b.results(first))
    found = b.report(then)
    assert dataclasses.replace(moved, moves=(), rollouts=()) == found


def test_gone_pods_are_not_counted() -> None:
    """A pod that was gone when its patch came is no pod of the set any more."""
    moving = b.set_plan(actions=[b.pod(1)], old=[b.pod(2)])
    assert _counts(b.report(moving, b.results(moving, _Kind.GONE))) == (1, 0, 1, 0, 0, 0)


def test_failed_patches_are_held_as_busy() -> None:
    """A pod whose patch failed for now is told as the next pass will plan it, and named in `failed`."""
    moving = b.set_plan(actions=[b.pod(1)])
    report = b.report(moving, b.results(moving, _Kind.DEFERRED, "503\nno backend"))
    assert report.failed == {"shop/web-001": "Deferred: 503 no backend"}
    assert [(held.reason, held.count) for held in report.held] == [("PodBusy", 1)]
    assert "503 no backend" in report.held[0].message


def test_forbidden_patches_are_said_once() -> None:
    """Refusals of one set are one entry with a count; those withdrawn because of them are counted in."""
    moving = b.set_plan(actions=[b.pod(number) for number in range(8)])
    said = [*b.results(moving, _Kind.FORBIDDEN, "RBAC says no")[:3], *b.results(moving, _Kind.WITHDRAWN)[3:]]
    report = b.report(moving, said)
    assert report.forbidden == reports.Held(
        "WritesForbidden", 8, "RBAC says no", tuple(f"shop/web-{number:03}" for number in range(5))
    )
    assert report.failed == {}


def test_withdrawn_actions_are_nothing_yet() -> None:
    """An action that was not sent leaves its pod drifted, neither held nor failed."""
    moving = b.set_plan(actions=[b.pod(1)])
    report = b.report(moving, b.results(moving, _Kind.WITHDRAWN, "another revision came first"))
    assert (report.updated, report.held, report.failed, report.forbidden) == (0, (), {}, None)


def test_held_pods_are_grouped_by_reason_and_words() -> None:
    """One entry a reason and wording, in the order in which a person would ask, five examples by key."""
    kept = [b.hold(b.pod(number), _Reason.PARTITION_KEPT) for number in range(7)]
    other = [b.hold(b.pod(8), _Reason.PARTITION_KEPT, "other words")]
    paused = [b.hold(b.pod(9), _Reason.NOT_UPGRADABLE, "env differs")]
    report = b.report(b.set_plan(holds=[*paused, *other, *reversed(kept)]))
    assert report.held == (
        reports.Held("PartitionKept", 7, kept[0].message, tuple(f"shop/web-{number:03}" for number in range(5))),
        reports.Held("PartitionKept", 1, "other words", ("shop/web-008",)),
        reports.Held("NotUpgradable", 1, "env differs", ("shop/web-009",)),
    )


def test_many_wordings_of_one_reason_are_folded() -> None:
    """Four are told as they are; the others are counted together, so that a file stays readable."""
    report = b.report(b.set_plan(holds=[b.hold(b.pod(n), _Reason.NOT_UPGRADABLE, f"words {n}") for n in range(9)]))
    assert [(each.count, each.message) for each in report.held] == [
        (1, "words 0"),
        (1, "words 1"),
        (1, "words 2"),
        (1, "words 3"),
        (5, "held in 5 other ways, e.g. words 4"),
    ]


def test_workloads_are_an_inventory_by_owner() -> None:
    """Pods are counted by namespace and owner, bare ones too; a pod without an owner stands for itself."""
    found = b.set_plan(
        done=[b.pod(1, b.NEW)],
        old=[b.pod(2), b.pod(3, workload="")],
        missing=(b.pod(4), b.pod(5, namespace="bank")),
    )
    assert b.report(found).workloads == (
        reports.Workload("bank", "Deployment/web", 0, 0, 0, missing=1),
        reports.Workload("shop", "Deployment/web", 2, 1, 2, missing=1),
        reports.Workload("shop", "Pod/web-003", 1, 0, 1),
    )


def test_failing_pods_name_the_sidecar_and_the_reason() -> None:
    """The kubelet's two words for an image that cannot be pulled are told as one, so that they are no change."""
    found = b.report(
        b.set_plan(failing=[b.pod(2, b.NEW, waiting="CrashLoopBackOff"), b.pod(1, b.NEW, waiting="ErrImagePull")])
    )
    assert list(found.failing.items()) == [
        ("shop/web-001", "logtail: ImagePullBackOff"),
        ("shop/web-002", "logtail: CrashLoopBackOff"),
    ]


def test_failing_pod_stays_so_between_attempts() -> None:
    """While a crashing container runs for a moment, the pod is still failing; once its sidecars are ready it is not."""
    failed = b.report(b.set_plan(failing=[b.pod(1, b.NEW, waiting="CrashLoopBackOff")]))
    known = b.history(recorded=reports.Report("prod", b.REVISION, (failed,)))
    attempt = b.set_plan(flying=[b.pod(1, b.NEW, sidecar_ready=False)])
    assert b.report(attempt, known=known) == dataclasses.replace(
        failed, stable=b.OLD_SPEC, documents=b.report(attempt, known=known).documents
    )
    assert b.report(b.set_plan(flying=[b.pod(1, b.NEW)]), known=known).failing == {}


def test_pod_moved_on_is_not_failing() -> None:
    """A pod that could not start and got the next image in this pass starts anew."""
    pod = b.pod(1, waiting="ImagePullBackOff")
    moving = b.set_plan(actions=[pod], in_flight=(pod,), failing=())
    moving = dataclasses.replace(moving, failing=(pod,))
    assert b.report(moving, b.results(moving)).failing == {}


def test_outcomes_go_to_their_own_set() -> None:
    """Two sets that move the same pod are counted apart."""
    first = b.set_plan(actions=[b.pod(1)])
    second = b.set_plan(sidecar_set=b.sidecar_set("proxy"), old=[b.pod(1)])
    whole = summaries.summarise(b.plan(first, second), b.results(first), b.history(), cluster="prod")
    assert [report.updated for report in whole.sets] == [1, 0]
    assert (whole.cluster, whole.revision) == ("prod", b.REVISION)
