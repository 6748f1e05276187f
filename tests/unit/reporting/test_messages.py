"""Commit messages tell an auditor what changed, and no name can forge a line of them."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess

import pytest

from gitsidecar.model import findings, histories, outcomes, plans, reports
from gitsidecar.reporting import files, messages
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import goldens, policies, scenarios

_Reason = plans.HoldReason
_NOTHING = memories.read(files.render(reports.Report("prod", "")), b.restore, policies.restore)


def _subject(*states: plans.SetPlan, known: histories.History = _NOTHING) -> str:
    report = summaries.summarise(b.plan(*states), (), known, cluster="prod")
    return messages.write(report, known, pass_id="p1").splitlines()[0]


def _half() -> plans.SetPlan:
    kept = [b.hold(b.pod(each), _Reason.PARTITION_KEPT, "kept") for each in range(50, 100)]
    return b.set_plan(done=[b.pod(each, b.NEW) for each in range(50)], holds=kept)


def _holds(reason: plans.HoldReason, *numbers: int) -> list[plans.Hold]:
    """Return holds of one reason, each in words of its own."""
    return [b.hold(b.pod(each), reason, f"for reason {each}") for each in numbers]


def test_message() -> None:
    """The subject says how far the chief set is; the body what moved and which conditions changed; then trailers."""
    known = memories.read(files.render(scenarios.rolling()), b.restore, policies.restore)
    kept = [b.hold(b.pod(each), _Reason.PARTITION_KEPT, "partition 50% keeps 25") for each in range(25, 50)]
    moving = b.set_plan(
        done=[b.pod(each, b.NEW) for each in range(2)], actions=[b.pod(each) for each in range(2, 25)], holds=kept
    )
    said = b.results(moving)
    said = (*said[:22], outcomes.Outcome(said[22].action, outcomes.OutcomeKind.DEFERRED, "503"))
    report = summaries.summarise(b.plan(moving), said, known, cluster="prod")
    text = messages.write(report, known, pass_id="20261124T020000Z-7")
    goldens.check("message", {"message.txt": text.encode()})


def test_subject_of_a_partition() -> None:
    """The subject is as DESIGN §7 has it."""
    assert _subject(_half()) == "logtail: 50/100 pods on 4f2a9c1, 50 held (PartitionKept)"


@pytest.mark.parametrize(
    ("state", "subject"),
    [
        (b.set_plan(done=[b.pod(1, b.NEW)]), "logtail: 1/1 pod on 4f2a9c1, complete"),
        (b.set_plan(), "logtail: no pods"),
        (b.set_plan(flying=[b.pod(1, b.NEW)], done=[b.pod(2, b.NEW)]), "logtail: 2/2 pods on 4f2a9c1, 1 in flight"),
        (
            b.set_plan(
                failing=[b.pod(1, b.NEW, waiting="ErrImagePull")], holds=[b.hold(b.pod(2), _Reason.BUDGET_EXHAUSTED)]
            ),
            "logtail: 1/2 pods on 4f2a9c1, blocked (PodsFailing)",
        ),
        (
            b.set_plan(flying=[b.pod(1, b.NEW)], overdue=(b.pod(1, b.NEW),), has_deadline=True),
            "logtail: 1/1 pod on 4f2a9c1, blocked (DeadlineExceeded)",
        ),
        (
            b.set_plan(holds=[b.hold(b.pod(1), _Reason.FROZEN), *_holds(_Reason.NOT_UPGRADABLE, 10, 11)]),
            "logtail: 0/3 pods on 4f2a9c1, 3 held (Frozen)",
        ),
        (
            b.set_plan(
                failing=[b.pod(1, b.NEW, waiting="ErrImagePull")], holds=[b.hold(b.pod(2), _Reason.WINDOW_CLOSED)]
            ),
            "logtail: 1/2 pods on 4f2a9c1, blocked (PodsFailing)",
        ),
    ],
)
def test_subjects(state: plans.SetPlan, subject: str) -> None:
    """Complete, empty, moving and failing sets are told apart in one line."""
    assert _subject(state) == subject


def test_subject_and_condition_name_one_reason() -> None:
    """The reason that holds most pods is sought by reason, in how many words so ever it is told."""
    many = [*_holds(_Reason.PARTITION_KEPT, 1), *_holds(_Reason.IMAGE_REWRITTEN, *range(10, 22))]
    same = [b.hold(b.pod(each), _Reason.PARTITION_KEPT, "kept") for each in range(30, 39)]
    state = b.set_plan(holds=[*many, *same])
    report = b.report(state)
    complete = report.condition("Complete")
    assert complete is not None
    assert complete.reason == "ImageRewritten"
    assert _subject(state) == "logtail: 0/22 pods on 4f2a9c1, 22 held (ImageRewritten)"


def test_chief_set_leads() -> None:
    """Of several sets the one that has just been blocked is named, the others are counted."""
    proxy = b.set_plan(sidecar_set=b.sidecar_set("proxy"), holds=[b.hold(b.pod(1), _Reason.PAUSED)])
    agent = b.set_plan(sidecar_set=b.sidecar_set("agent"))
    done = b.set_plan(done=[b.pod(1, b.NEW)])
    assert _subject(agent, done, proxy) == "proxy: 0/1 pod on 4f2a9c1, 1 held (Paused) and 2 more"


def test_long_name_is_cut() -> None:
    """A subject stays within 72 characters whatever the set is called."""
    long = dataclasses.replace(_half(), sidecar_set=b.sidecar_set("x" * 200))
    subject = _subject(long)
    assert len(subject) == 72
    assert subject.endswith("…: 50/100 pods on 4f2a9c1, 50 held (PartitionKept)")


def _message_of(now: plans.SetPlan, before: plans.SetPlan, *moves: reports.Move) -> str:
    """Return the message of a pass that found *now* after one that recorded *before*."""
    first = summaries.summarise(b.plan(before), (), _NOTHING, cluster="prod")
    known = memories.read(files.render(first), b.restore, policies.restore)
    report = summaries.summarise(b.plan(now), (), known, cluster="prod")
    told = dataclasses.replace(report, sets=(dataclasses.replace(report.sets[0], moves=moves),))
    return messages.write(told, known, pass_id="p1")


def test_moves_are_told_by_commit() -> None:
    """Each pod is named under the commit of its own spec, and those that are told late stand apart."""
    found = (b.move(1, is_late=True), b.move(2), b.move(3, commit="0" * 40), b.move(4))
    text = _message_of(b.set_plan(done=[b.pod(1, b.NEW)]), b.set_plan(), *found)
    assert text.split("\n\n")[1:4] == [
        "Moved 1 pod earlier to:\n  logtail 4f2a9c1\n  shop/web-001",
        "Moved 2 pods to:\n  logtail 4f2a9c1\n  shop/web-002\n  shop/web-004",
        "Moved 1 pod to:\n  logtail 0000000\n  shop/web-003",
    ]


def test_a_manifest_that_changes_only_how_pods_move() -> None:
    """A new selector or limit that changes no pod is the subject's news, and the body says which manifest it is."""
    before = b.set_plan(done=[b.pod(1, b.NEW)])
    text = _message_of(dataclasses.replace(before, generation=3), before)
    subject, block, _ = text.split("\n\n")
    assert subject == "logtail: 1/1 pod on 4f2a9c1, complete, manifest changed"
    assert block == "Manifest:\n  logtail generation 3 (sets/logtail.yaml:3:1)"


def test_a_manifest_that_brings_a_spec() -> None:
    """Where pods move, or a condition does, the subject tells that, and the body names the manifest all the same."""
    before = b.set_plan(done=[b.pod(1, b.NEW)])
    after = b.set_plan(holds=[b.hold(b.pod(1), _Reason.PAUSED)], generation=3)
    text = _message_of(after, before)
    assert text.startswith("logtail: 0/1 pod on 4f2a9c1, 1 held (Paused)\n\nManifest:\n  logtail generation 3 (")


def test_removed_set() -> None:
    """A set that is no longer there is said to be no longer managed, and that its pods stay."""
    known = memories.read(files.render(scenarios.complete()), b.restore, policies.restore)
    text = messages.write(reports.Report("prod", b.REVISION), known, pass_id="p1")
    assert text.splitlines()[0] == "logtail: no longer managed"
    assert "logtail: its pods stay as they are" in text


def test_rejections_alone() -> None:
    """Where only files are refused, or accepted again, the subject says so."""
    errors = tuple(findings.Finding("sets/a.yaml", line, 1, "", "no") for line in (3, 4))
    refused = reports.Report("prod", "", (), errors)
    known = memories.read(files.render(refused), b.restore, policies.restore)
    begins = messages.write(refused, _NOTHING, pass_id="p1")
    assert begins.startswith("2 manifest errors, first in sets/a.yaml:3:1\n\nRejected:\n  sets/a.yaml:3:1: error: no\n")
    ends = messages.write(reports.Report("prod", ""), known, pass_id="p1")
    assert ends.startswith("2 manifest errors put right\n\nNo longer rejected:\n")


def test_nothing_new() -> None:
    """Files that had been changed by someone else are written anew, and the message claims nothing more."""
    assert messages.write(reports.Report("prod", ""), _NOTHING, pass_id="p1").startswith("Write the status anew\n\nGit")


def test_refusals_are_said_once() -> None:
    """Forbidden patches are one line with a count."""
    moving = b.set_plan(actions=[b.pod(each) for each in range(40)])
    said = b.results(moving, outcomes.OutcomeKind.FORBIDDEN, "cannot patch pods")
    report = summaries.summarise(b.plan(moving), said, _NOTHING, cluster="prod")
    text = messages.write(report, _NOTHING, pass_id="p1")
    assert "Forbidden:\n  logtail\n  40 pods: cannot patch pods\n" in text
    assert "Moved" not in text
    assert "Failed" not in text


def test_hostile_words_forge_no_trailer(tmp_path: pathlib.Path) -> None:
    """Git itself reads exactly our three trailers, each with one line, out of a message full of attacks."""
    report = scenarios.hostile()
    text = messages.write(report, _NOTHING, pass_id=scenarios.HOSTILE)
    read = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=text, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    trailers = [line.split(": ")[0] for line in read.stdout.splitlines()]
    assert trailers == ["Gitsidecar-Revision", "Gitsidecar-Cluster", "Gitsidecar-Pass"]
    assert "\x1b" not in text
    assert "\u202e" not in text
    *body, last = text.rstrip("\n").split("\n\n")
    assert not [line for part in body for line in part.splitlines() if line.startswith("Gitsidecar-")]
    assert len(last.splitlines()) == 3


@pytest.mark.parametrize("name", ["---", "# name", "-", "\n\nGitsidecar-Pass: x"])
def test_odd_names_keep_the_message_whole(name: str) -> None:
    """A name that Git would take for the end of a message, or a comment, leaves subject and trailers as they are."""
    state = b.set_plan(sidecar_set=b.sidecar_set(name), actions=[b.pod(1)])
    report = summaries.summarise(b.plan(state), b.results(state), _NOTHING, cluster="prod")
    lines = messages.write(report, _NOTHING, pass_id="p1").splitlines()
    assert ": 1/1 pod on 4f2a9c1" in lines[0]
    assert not lines[0].startswith(("-", "#"))
    assert lines[1] == ""
    assert lines[-1] == "Gitsidecar-Pass: p1"


def test_the_first_record_of_a_branch_without_sets() -> None:
    """A status branch that begins with nothing to manage says that, not that it was written anew."""
    message = messages.write(reports.Report("prod", ""), histories.History(), pass_id="p1")
    assert message.startswith("No SidecarSets yet\n\nGit")
