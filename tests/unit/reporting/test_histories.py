"""The status branch is read back as it was written; what anyone broke is left out, named, and never raises."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.manifests import restoring, trees
from gitsidecar.model import files as trees_of_files
from gitsidecar.model import histories, reports
from gitsidecar.reporting import files
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies, scenarios

_SET = "sets/logtail.yaml"


def _recorded(report: reports.Report) -> reports.Report:
    """Return what the files can tell of *report*."""
    sets = tuple(dataclasses.replace(each, moves=(), failed={}) for each in report.sets)
    found = tuple(sorted(each for each in report.found if each.level == "error"))
    return reports.Report("", "", sets, found)


@pytest.mark.parametrize("scenario", [scenarios.rolling, scenarios.failing, scenarios.complete, scenarios.hostile])
def test_report_comes_back(scenario: Callable[[], reports.Report]) -> None:
    """All that the files tell of a report is read back, to the last word."""
    report = scenario()
    history = memories.read(files.render(report), b.restore, policies.restore)
    assert history.recorded == _recorded(report)
    assert history.problems == ()


def test_history_comes_back() -> None:
    """What the next plan needs is read back: the accepted set, its generation and commit, stable, conditions, specs."""
    report = scenarios.rolling()
    known = memories.read(files.render(report), b.restore, policies.restore).sets["logtail"]
    assert known == histories.SetHistory(
        accepted=b.sidecar_set(),
        generation=2,
        commit=b.REVISION,
        stable=b.OLD_SPEC,
        conditions={
            "Accepted": ("True", "2026-11-24T01:00:00Z"),
            "Complete": ("False", "2026-11-24T01:00:00Z"),
            "Blocked": ("False", "2026-11-24T02:00:00Z"),
        },
        specs={spec: b.sidecar_set(spec=spec).document for spec in (b.OLD_SPEC, b.NEW_SPEC)},
        told_until=b.NOW,
        rollouts=(reports.Rollout(b.NEW_SPEC, b.REVISION, "2026-11-24T02:00:00Z", pods=5),),
    )


@pytest.mark.parametrize("scenario", [scenarios.rolling])
def test_a_process_remembers_what_a_new_one_would_read(scenario: Callable[[], reports.Report]) -> None:
    """The history made from a report is the one that its files give after a restart."""
    report = scenario()
    read = memories.read(files.render(report), b.restore, policies.restore)
    recalled = memories.recall(report, b.restore, policies.restore)
    assert recalled.sets == read.sets
    assert recalled.problems == read.problems == ()


def test_order_of_specs_comes_back() -> None:
    """Which spec is the oldest survives, although paths are in another order."""
    documents = {b.NEW_SPEC: '{"n":1}', b.OLD_SPEC: '{"n":2}'}
    report = scenarios.complete()
    report = dataclasses.replace(report, sets=(dataclasses.replace(report.sets[0], documents=documents),))
    known = memories.read(files.render(report), b.restore, policies.restore).sets["logtail"]
    assert list(known.specs) == [b.NEW_SPEC, b.OLD_SPEC]


def test_real_manifest_comes_back() -> None:
    """A set read from a manifest is the same after a trip through the status branch."""
    manifest = b"""
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: logtail}
spec:
  selector: {matchLabels: {app: web}}
  containers:
  - name: logtail
    image: registry.example/logtail:0.16.18
    env: [{name: ANSWER, value: "010"}, {name: TIME, value: "1:30"}, {name: "Y", value: "yes\\n \\u00e9"}]
  updateStrategy: {partition: 50%, maxUnavailable: 10%}
"""
    desired = trees.read(trees_of_files.Tree(b.REVISION, (trees_of_files.File("logtail.yaml", manifest),)))
    (wanted,) = desired.sets
    report = summaries.summarise(b.plan(b.set_plan(sidecar_set=wanted)), (), histories.History(), cluster="prod")
    assert memories.read(files.render(report), restoring.restore, policies.restore).sets["logtail"].accepted == wanted


def test_empty_branch_is_no_record() -> None:
    """Before the first record there is no history and nothing to compare with."""
    assert memories.read({}, b.restore, policies.restore) == histories.History()


def test_record_without_sets_is_a_record() -> None:
    """A branch that says that there is no set has been recorded."""
    assert memories.read(files.render(reports.Report("prod", "")), b.restore, policies.restore).recorded is not None


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"a: &x [1]\nb: *x",
        b"!!python/object/apply:os.system [ls]",
        b"- 1\n",
        b"metadata: {name: logtail}\n",
        b"metadata: {name: proxy}\nsource: {}\nstatus: {}\n",
        b"a: 2026-99-99",
        b"<<<<<<< HEAD\nx: 1\n=======\nx: 2\n>>>>>>> other\n",
        b"--- 1\n--- 2\n",
        b"1" * 10_000,
    ],
)
def test_damaged_set_is_left_out(damage: bytes) -> None:
    """A set whose file is broken is left out and named; the others are read."""
    content = files.render(scenarios.failing()) | {_SET: damage}
    history = memories.read(content, b.restore, policies.restore)
    assert list(history.sets) == ["proxy"]
    assert [problem.file for problem in history.problems] == [_SET]


def _edited(**status: object) -> dict[str, bytes]:
    content = files.render(scenarios.rolling())
    record = yaml.safe_load(content[_SET])
    record["status"] |= status
    return content | {_SET: yaml.safe_dump(record).encode()}


@pytest.mark.parametrize("generation", [None, 0, -1, True, "2", 1.5])
def test_set_without_a_generation_is_left_out(generation: object) -> None:
    """The generation counts manifests from 1; without it the set cannot be carried on."""
    assert memories.read(_edited(observedGeneration=generation), b.restore, policies.restore).sets == {}


def test_edited_manifest_is_left_out() -> None:
    """A manifest on the status branch without the recorded spec hash was edited there: it is not believed."""
    history = memories.read(_edited(latestRevision="v1-00000000000000ff"), b.restore, policies.restore)
    assert history.sets == {}
    assert "spec hash" in history.problems[0].message


def test_hashes_of_another_version_are_believed() -> None:
    """A new release that hashes in another way does not forget what the old one recorded."""
    assert "logtail" in memories.read(_edited(latestRevision="v0-00000000000000ff"), b.restore, policies.restore).sets


@pytest.mark.parametrize("junk", [None, 7, "x", [1], [{"type": 1}], {"a": 1}, [{"lastTransitionTime": "yesterday"}]])
@pytest.mark.parametrize(
    "part",
    ["conditions", "held", "workloads", "images", "failing", "history", "forbidden", "movesToldUntil", "movesInDoubt"],
)
def test_damaged_part_counts_as_not_there(part: str, junk: object) -> None:
    """Junk in a part that is only told is passed over; the set is carried on."""
    known = memories.read(_edited(**{part: junk}), b.restore, policies.restore).sets["logtail"]
    assert (known.generation, known.stable) == (2, b.OLD_SPEC)
    assert part != "conditions" or known.conditions == {}


def test_damaged_spec_is_left_out() -> None:
    """A broken document of the history is named and left out; the set stays."""
    path = f"history/logtail/{b.OLD_SPEC}.yaml"
    history = memories.read(files.render(scenarios.rolling()) | {path: b"- broken"}, b.restore, policies.restore)
    assert list(history.sets["logtail"].specs) == [b.NEW_SPEC]
    assert [problem.file for problem in history.problems] == [path]


def test_files_of_others_are_passed_over() -> None:
    """Files that someone put beside ours are none of our business."""
    content = {"README.md": b"hello", "sets/notes.txt": b"[", "history/notes.yaml": b"[", "history/a/b/c.yaml": b"["}
    assert memories.read(content, b.restore, policies.restore) == histories.History()


@given(st.binary(max_size=200), st.integers(0, 5000), st.integers(0, 300))
def test_no_edit_raises(junk: bytes, start: int, length: int) -> None:
    """Whatever is put in the place of any part of any file, reading ends well."""
    for path, text in files.render(scenarios.failing()).items():
        at = start % len(text)
        memories.read({path: text[:at] + junk + text[at + length :]}, b.restore, policies.restore)
