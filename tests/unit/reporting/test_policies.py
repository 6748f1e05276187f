"""RolloutPolicies on the status branch: written in few words, read back to the last one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.manifests import restoring, trees
from gitsidecar.model import files as trees_of_files
from gitsidecar.model import findings, histories, reports
from gitsidecar.reporting import files, yamls
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import policies as rules
from tests.unit.reporting import builders as b
from tests.unit.reporting import goldens, policies, scenarios

_FILE = "policies/quiet.yaml"
_CALM = policies.document("calm", freezes=[policies.FREEZE], podsPerMinute=30)
_TWO = policies.report(
    policies.policy("calm", sets=("agent", "logtail"), document=_CALM), policies.policy(rejection=policies.REFUSAL)
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


def _read(content: dict[str, bytes]) -> histories.History:
    return memories.read(content, b.restore, policies.restore)


def _edited(edit: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
    """Return the files of a policy after a person's *edit* of its own."""
    content = files.render(policies.report(policies.policy()))
    record = yaml.safe_load(content[_FILE])
    edit(record)
    return content | {_FILE: yaml.safe_dump(record).encode()}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"windows": [policies.WINDOW]}, ("Deny 0 8 * * 1-5 for 10h (Europe/Berlin)",)),
        ({"windows": [{"type": "Allow", "schedule": "@daily", "duration": "4h"}]}, ("Allow @daily for 4h (UTC)",)),
        (
            {"freezes": [policies.FREEZE]},
            ("freeze from 2026-12-20T00:00:00Z until 2027-01-03T00:00:00Z: the shops' busy weeks",),
        ),
        ({"freezes": [{"reason": "an incident"}]}, ("freeze until it is removed: an incident",)),
        (
            {"podsPerMinute": 30, "minReadySeconds": 0, "progressDeadlineSeconds": 600},
            ("podsPerMinute 30", "minReadySeconds 0", "progressDeadlineSeconds 600"),
        ),
        ({}, ()),
    ],
)
def test_rules_in_words(spec: dict[str, Any], said: tuple[str, ...]) -> None:
    """Windows, freezes and limits are told as they are written, with the time zone that counts when none is."""
    assert rules.rules(policies.document(**spec)) == said


@pytest.mark.parametrize("document", ["{}", "[]", '{"spec":7}', '{"spec":{"windows":{"a":1},"freezes":[1]}}'])
def test_rules_of_another_release_do_not_fail(document: str) -> None:
    """A document that is not as this release writes it costs words, not the report."""
    assert all(isinstance(each, str) for each in rules.rules(document))


def test_golden() -> None:
    """A policy has a file of its own and a row on the page; a refused one is said to hold its sets."""
    goldens.check("policies", files.render(_TWO))


def test_without_policies_nothing_is_said_of_them() -> None:
    """Where there is no policy there is no section and no file."""
    content = files.render(policies.report())
    assert not [path for path in content if path.startswith("policies/")]
    assert "RolloutPolic" not in content["STATUS.md"].decode()


def test_page_names_twenty_sets_and_the_file_all() -> None:
    """The page stays short; who reads the file by machine gets every name."""
    names = tuple(f"set-{number:02}" for number in range(23))
    content = files.render(policies.report(policies.policy(sets=names)))
    assert "`set-19`, and 3 more |" in content["STATUS.md"].decode()
    assert yaml.safe_load(content[_FILE])["status"]["sidecarSets"] == list(names)


def test_hostile_policy_stays_inside_its_cells() -> None:
    """No name, reason or refusal of a policy begins a row, a heading or a path of its own."""
    name = scenarios.HOSTILE
    text = policies.document(name, freezes=[{"reason": name, "from": name}], windows=[{"schedule": name}])
    hostile = policies.policy(name, sets=(name,), document=text, rejection=name)
    plain, content = (
        files.render(policies.report(policies.policy(rejection="no"))),
        files.render(policies.report(hostile)),
    )
    rows = [len(each["STATUS.md"].splitlines()) for each in (plain, content)]
    assert rows[0] == rows[1]
    assert b"<script" not in content["STATUS.md"]
    assert all(part not in ("", ".", "..") for path in content for part in path.split("/"))


def test_report_comes_back() -> None:
    """All that the files tell of policies is read back."""
    history = _read(files.render(_TWO))
    assert history.recorded is not None
    assert history.recorded.policies == _TWO.policies
    assert history.problems == ()


@settings(deadline=None)
@given(
    st.dictionaries(
        _NAMES,
        st.tuples(st.lists(_NAMES, max_size=3, unique=True), _TEXT, st.integers(1, 99), st.integers(0, 9)),
        max_size=4,
    )
)
def test_a_process_remembers_what_a_new_one_would_read(
    drawn: dict[str, tuple[list[str], str, int, int]],
) -> None:
    """The policies that a report is recalled as are those that its files give after a restart."""
    found = [
        policies.policy(
            name,
            sets=tuple(sets),
            document=policies.document(name, podsPerMinute=pace, note=words),
            rejection=words,
            place=findings.Place(f"{name}.yaml", line, line),
        )
        for name, (sets, words, pace, line) in sorted(drawn.items())
    ]
    report = policies.report(*found)
    recalled = memories.recall(report, b.restore, policies.restore)
    read = _read(files.render(report))
    assert (recalled.policies, recalled.sets) == (read.policies, read.sets)
    assert recalled.policies.keys() == drawn.keys()
    assert recalled.problems == read.problems == ()
    assert read.recorded is not None
    assert read.recorded.policies == report.policies


def test_real_manifest_comes_back() -> None:
    """A policy read from a manifest is the same after a trip through the status branch."""
    manifest = b"""
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata: {name: quiet}
spec:
  sidecarSets: [logtail]
  windows: [{type: Allow, schedule: "0 22 * * *", duration: 4h30m, timeZone: Europe/Berlin}]
  freezes: [{from: "2026-12-20T00:00:00+01:00", reason: "1:30"}]
  podsPerMinute: 30
"""
    tree = trees_of_files.Tree(b.REVISION, (trees_of_files.File("policies/quiet.yaml", manifest),))
    (wanted,) = trees.read(tree).policies
    told = policies.policy(place=wanted.place, document=yamls.canonical(wanted.document))
    content = files.render(policies.report(told))
    assert memories.read(content, b.restore, restoring.restore_policy).policies == {"quiet": wanted}


def test_last_good_form_has_its_place() -> None:
    """A policy whose newest manifest is refused is remembered as it was accepted, and where."""
    known = _read(files.render(_TWO)).policies["quiet"]
    assert (known.place, known.document) == (_TWO.policies[1].place, _TWO.policies[1].document)


def test_policy_that_was_never_accepted_has_no_good_form() -> None:
    """A policy refused from the first day is told, but nothing of it can be carried on; that is no problem."""
    history = _read(files.render(policies.report(policies.policy(document="{}", rejection=policies.REFUSAL))))
    assert (history.policies, history.problems) == ({}, ())
    assert history.recorded is not None
    assert [each.name for each in history.recorded.policies] == ["quiet"]


@pytest.mark.parametrize("sets", [("agent", "logtail"), ("logtail",)])
def test_a_refused_policy_holds_what_its_refused_form_is_for(sets: tuple[str, ...]) -> None:
    """Who reads the branch knows a refused policy to hold the sets that it was recorded to hold, as the daemon does."""
    refused = policies.policy(sets=sets, rejection=policies.REFUSAL)
    (known,) = memories.in_force(_read(files.render(policies.report(refused))))
    assert known.rejection == policies.REFUSAL
    assert all(any(name in each.names for each in known.targets) for name in sets)
    assert known.targets[0] == _read(files.render(_TWO)).policies["quiet"].targets[0]


@pytest.mark.parametrize("policy", [policies.policy(), policies.policy(sets=(), rejection=policies.REFUSAL)])
def test_a_policy_is_not_widened_without_need(policy: reports.PolicyReport) -> None:
    """One that is in force, or was recorded to hold no set, is for those that its manifest names, and no more."""
    history = _read(files.render(policies.report(policy)))
    assert [each.targets for each in memories.in_force(history)] == [history.policies["quiet"].targets]


def test_branch_with_policies_alone_is_a_record() -> None:
    """A branch of which only a policy's file is left has been recorded."""
    content = files.render(policies.report(policies.policy()))
    assert _read({_FILE: content[_FILE]}).recorded is not None


@pytest.mark.parametrize(
    "edit",
    [
        lambda record: record.update(metadata={"name": "calm"}),
        lambda record: record.update(manifest=[1]),
        lambda record: record.update(manifest={}),
        lambda record: record.update(source=7),
        lambda record: record.update(status="fine"),
        lambda record: record["manifest"]["metadata"].update(name="calm"),
        lambda record: record["manifest"].pop("spec"),
    ],
)
def test_damaged_policy_is_left_out(edit: Callable[[dict[str, Any]], object]) -> None:
    """A policy's file that cannot be used is named, and sets go on."""
    history = _read(_edited(edit))
    assert history.policies == {}
    assert [problem.file for problem in history.problems] == [_FILE]
    assert "logtail" in history.sets


@pytest.mark.parametrize("junk", [None, 7, "x", {"a": 1}, [1, "logtail", None]])
def test_damaged_list_of_sets_counts_as_not_there(junk: object) -> None:
    """What a policy covers is reckoned anew by each pass: junk in it harms nothing."""
    history = _read(_edited(lambda record: record["status"].update(sidecarSets=junk)))
    assert list(history.policies) == ["quiet"]
    assert history.problems == ()


@settings(deadline=None)
@given(st.binary(max_size=100), st.integers(0, 1000), st.integers(0, 300))
def test_no_edit_raises(junk: bytes, start: int, length: int) -> None:
    """Whatever is put in the place of any part of a policy's file, reading ends well."""
    text = files.render(_TWO)[_FILE]
    at = start % len(text)
    history = _read({_FILE: text[:at] + junk + text[at + length :]})
    assert isinstance(history.recorded, reports.Report | None)


def test_sets_in_another_order_are_another_state() -> None:
    """The bytes follow the order that the report gives, so the state does too."""
    one = policies.report(policies.policy(sets=("a", "b")))
    other = dataclasses.replace(one, policies=(policies.policy(sets=("b", "a")),))
    assert files.state(one) != files.state(other)
