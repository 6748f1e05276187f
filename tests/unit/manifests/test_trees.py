"""All files together: sets in order, duplicates refused, and what could not be read never read as nothing."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from gitsidecar.manifests import trees
from gitsidecar.model import desires, files, findings
from tests.support import sidecarsets as manifests


def _read(*contents: str | bytes, refused: tuple[findings.Finding, ...] = ()) -> desires.Desired:
    encoded = (content if isinstance(content, bytes) else content.encode() for content in contents)
    listed = tuple(files.File(f"{index}.yaml", content) for index, content in enumerate(encoded))
    return trees.read(files.Tree("r1", listed, refused))


def test_sets_come_in_order_of_name(changed: Any) -> None:
    """The sets of all files stand in order of name, whatever the order of files and documents."""
    names = [json.dumps(changed("metadata.name", name)) for name in "cab"]
    assert [each.name for each in _read(names[0], f"{names[1]}\n---\n{names[2]}").sets] == ["a", "b", "c"]


def test_one_bad_file_stops_no_other(changed: Any) -> None:
    """The sets of good files are read, and the bad one's set is named as refused."""
    bad = json.dumps(changed("metadata.name", "bad", "spec.selector", {}))
    desired = _read(bad, json.dumps(changed()))
    assert [each.name for each in desired.sets] == ["logtail"]
    assert desired.refused == ("bad",)
    assert desired.unread == ()
    assert [each.file for each in desired.rejections] == ["0.yaml"]


@pytest.mark.parametrize("second", ["", "spec.selector"])
def test_duplicate_names_are_both_refused(changed: Any, second: str) -> None:
    """Two sets of one name are refused, each with the other's place, also when one is wrong anyway."""
    other = changed(second, {}) if second else changed()
    desired = _read(json.dumps(changed(), indent=1), json.dumps(other), json.dumps(changed("metadata.name", "good")))
    assert [each.name for each in desired.sets] == ["good"]
    assert desired.refused == ("logtail",)
    told = [each for each in desired.rejections if "is also the name" in each.message]
    assert [str(each.place) for each in told] == ["0.yaml:5:11", "1.yaml:1:85"]
    assert [each.message for each in told] == [
        "'logtail' is also the name of the SidecarSet at 1.yaml:1:85: rename or remove one",
        "'logtail' is also the name of the SidecarSet at 0.yaml:5:11: rename or remove one",
    ]


def test_many_duplicates_name_a_few(changed: Any) -> None:
    """With many sets of one name, three places are named and the others counted."""
    desired = _read(*[json.dumps(changed())] * 6)
    assert len(desired.rejections) == 6
    assert "at 0.yaml:1:85, 1.yaml:1:85, 2.yaml:1:85 and 2 more: rename" in desired.rejections[5].message


@pytest.mark.parametrize(
    "content",
    ["a: [", b"\xff", "[" * 100_000, "a:\n\tb", "kind: SidecarSet\nmetadata: {name: a, name: b}\n"],
)
def test_unreadable_files_are_told(content: str | bytes) -> None:
    """A file that cannot be read for sure is listed, because a missing set may stand in it."""
    assert _read("a: 1", content).unread == ("1.yaml",)


@pytest.mark.parametrize("name", ["../logtail", "Logtail", "log.tail", "", "a" * 64, "-a", 5, None, ["a"], "a\n"])
def test_a_set_without_a_usable_name_leaves_its_file_unread(changed: Any, name: object) -> None:
    """A set whose name cannot be one might be any of those missing; its name goes nowhere."""
    desired = _read(json.dumps(changed("metadata.name", name)))
    assert desired.rejections
    assert desired.unread == ("0.yaml",)
    assert desired.refused == ()


def test_refusals_of_the_tree_pass_through() -> None:
    """What Git's reader refused (links, submodules, sizes) is told and counts as unread."""
    refused = findings.Finding("link.yaml", 0, 0, "", "is a symbolic link: commit the file itself")
    desired = _read(refused=(refused,))
    assert desired.found == (refused,)
    assert desired.unread == ("link.yaml",)


def test_findings_are_in_order_and_limited(changed: Any) -> None:
    """Findings are sorted by place; of a file with very many, errors come first and the rest are counted."""
    notes = "---\n" * 400
    desired = _read(notes + json.dumps(changed("spec.selector", {})), "a: [")
    assert list(desired.found) == sorted(desired.found)
    assert len([each for each in desired.found if each.file == "0.yaml"]) == 301
    assert "100 more findings are left out" in desired.found[0].message
    assert [each.file for each in desired.rejections] == ["0.yaml", "1.yaml"]


def test_the_same_files_give_the_same_answer(changed: Any) -> None:
    """Reading is a function of the files alone, whatever their order."""
    contents = [files.File(f"{n}.yaml", json.dumps(changed("metadata.name", f"s{n % 7}")).encode()) for n in range(9)]
    assert trees.read(files.Tree("r1", tuple(contents))) == trees.read(files.Tree("r1", tuple(contents[::-1])))


def test_a_thousand_files_are_read_in_seconds(changed: Any) -> None:
    """A thousand small manifests are read well within a pass (a generous bound: machines differ)."""
    contents = [files.File(f"{n}.yaml", json.dumps(changed("metadata.name", f"s{n}")).encode()) for n in range(1000)]
    begin = time.process_time()
    assert len(trees.read(files.Tree("r1", tuple(contents))).sets) == 1000
    assert time.process_time() - begin < 5


def test_a_thousand_wrong_policies_are_read_in_seconds() -> None:
    """Guessing what was meant, and looking for a time that never comes, stays cheap however often it is asked."""
    window = '{type: Deny, schedule: "%d 0 */15 * MON#2", duration: 1h, timeZone: Europe/Berlin%d}'
    text = (
        "apiVersion: gitsidecar.io/v1alpha1\nkind: RolloutPolicy\nmetadata: {name: p%d}\nspec: {windows: [%s]}\n---\n"
    )
    content = "".join(text % (n, window % (n % 60, n)) for n in range(1000))
    begin = time.process_time()
    assert len(_read(content).policies) == 1000
    assert time.process_time() - begin < 10


def test_a_misspelt_annotation_of_ours_is_an_error() -> None:
    """Whoever misspells the adoption would see no pod matched and no reason."""
    text = manifests.text().replace("gitsidecar.io/adopt", "gitsidecar.io/adpot")
    [finding] = trees.read(files.Tree("", (files.File("a.yaml", text.encode()),))).rejections
    assert finding.field == 'metadata.annotations["gitsidecar.io/adpot"]'
    assert "did you mean 'gitsidecar.io/adopt'?" in finding.message
