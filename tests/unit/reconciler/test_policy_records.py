"""RolloutPolicies reach the status branch at once and come back from it; a pass without news costs nothing."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from gitsidecar import errors
from gitsidecar.model import reports
from gitsidecar.reconciler import recording
from gitsidecar.reporting import files
from tests.support import benches, memories
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

SECOND = datetime.timedelta(seconds=1)


def _recorder(branch: memories.MemoryBranch) -> recording.Recorder:
    """Return the recorder of a process that has just begun."""
    made = recording.Recorder(branch, benches.INTERVAL)
    made.load(b.restore, policies.restore)
    return made


@pytest.mark.parametrize(
    ("then", "subject"),
    [
        ((policies.policy(), policies.policy("calm")), "RolloutPolicy calm is in force for 1 set"),
        ((policies.policy(rejection=policies.REFUSAL),), "RolloutPolicy quiet is refused"),
        ((policies.policy(document=policies.document(podsPerMinute=1)),), "RolloutPolicy quiet changed"),
        ((), "RolloutPolicy quiet is gone"),
    ],
)
def test_what_becomes_of_a_policy_is_committed_at_once(then: tuple[reports.PolicyReport, ...], subject: str) -> None:
    """A policy that comes, goes, changes or is refused does not wait for the interval."""
    branch = memories.MemoryBranch()
    recorder = _recorder(branch)
    recorder.record(policies.report(policies.policy()), benches.START, "one")
    assert recorder.record(policies.report(*then), benches.START + SECOND, "two").commit
    assert branch.subjects[-1] == subject
    assert {path for path in branch.content if path.startswith("policies/")} == {
        f"policies/{each.name}.yaml" for each in then
    }


def test_a_new_process_knows_the_policies() -> None:
    """After a restart the policies are known as before, and the same report makes no commit."""
    branch, report = memories.MemoryBranch(), policies.report(policies.policy(rejection=policies.REFUSAL))
    before = _recorder(branch)
    before.record(report, benches.START, "one")
    after = _recorder(branch)
    assert after.history.policies == before.history.policies
    assert list(after.history.policies) == ["quiet"]
    assert after.record(report, benches.START + SECOND, "two") == recording.Recorded()
    assert branch.tries == 1


def test_the_same_report_leaves_the_history_as_it_is() -> None:
    """The history is the very same value while nothing changes, so that nothing made from it is made anew."""
    recorder = _recorder(memories.MemoryBranch())
    recorder.record(policies.report(policies.policy()), benches.START, "one")
    history = recorder.history
    recorder.record(policies.report(policies.policy()), benches.START + SECOND, "two")
    assert recorder.history is history


def test_a_pass_without_a_commit_writes_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an unchanged report nor progress that must wait is rendered; what waited is, once it is due."""
    rendered: list[reports.Report] = []
    render = files.Renderer.render

    def spy(renderer: files.Renderer, report: reports.Report) -> dict[str, bytes]:
        rendered.append(report)
        return render(renderer, report)

    monkeypatch.setattr(files.Renderer, "render", spy)
    recorder = _recorder(memories.MemoryBranch())
    counts = []
    for updated, seconds in ((4, 0), (4, 1), (5, 2), (6, 29), (6, 30), (6, 60)):
        report = policies.report(sets=(policies.set_report(updated=updated),))
        recorder.record(report, benches.START + seconds * SECOND, "a-pass")
        counts.append(len(rendered))
    assert counts == [1, 1, 1, 1, 2, 2]


def test_what_waits_is_known_to_the_next_pass() -> None:
    """The history follows every report, whether or not it has been committed."""
    recorder = _recorder(memories.MemoryBranch())
    recorder.record(policies.report(), benches.START, "one")
    later = policies.report(sets=(dataclasses.replace(policies.set_report(updated=5), generation=2),))
    done = recorder.record(later, benches.START + SECOND, "two")
    assert (done.commit, done.again_after) == ("", benches.INTERVAL - 1)
    assert recorder.history.recorded is later


def test_a_page_edited_by_hand_is_written_anew_after_a_start() -> None:
    """Files that say the same in other words are told apart by their bytes when a process begins."""
    branch = memories.MemoryBranch()
    _recorder(branch).record(policies.report(), benches.START, "one")
    ours = branch.content["STATUS.md"]
    branch.content = {**branch.content, "STATUS.md": ours + b"\nhello\n"}
    assert _recorder(branch).record(policies.report(), benches.START, "two").commit
    assert branch.content["STATUS.md"] == ours
    assert branch.subjects[-1] == "Write the status anew"


def test_what_came_through_unheard_is_taken_back() -> None:
    """When the remote took a commit but did not say so, and all is as before again, the branch says so at once."""
    branch = memories.MemoryBranch()
    recorder = _recorder(branch)
    recorder.record(policies.report(), benches.START, "one")
    branch.fault, branch.is_unheard = errors.TransientError("the line is cut"), True
    with pytest.raises(errors.TransientError):
        recorder.record(policies.report(policies.policy()), benches.START + SECOND, "two")
    branch.fault = None
    assert "policies/quiet.yaml" in branch.content
    assert recorder.record(policies.report(), benches.START + 2 * SECOND, "three").commit
    assert "policies/quiet.yaml" not in branch.content
