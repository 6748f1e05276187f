"""The past of a real status branch, and who made the commits of a real source branch."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitsidecar.model import diaries as values
from gitsidecar.repository import diaries, origins, statuses
from tests.support import remotes, workbenches

pytestmark = pytest.mark.integration
Open = Callable[..., workbenches.Workbench]
BRANCH = "gitsidecar/status/fleet"
START = datetime.datetime(2026, 11, 24, 2, 0, tzinfo=datetime.UTC)
REVISION = "4f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39"


def writer(
    served: remotes.Served,
    tmp_path: Path,
    *,
    prefix: str = "",
    now: Callable[[], datetime.datetime] | None = None,
) -> Callable[..., str]:
    """Return a function that records files on the status branch, a minute after the commit before."""
    times: Iterator[datetime.datetime] = (START + datetime.timedelta(minutes=number) for number in range(1000))
    branch = statuses.GitStatusBranch(
        served.address(),
        branch=BRANCH,
        folder=tmp_path / "writer",
        prefix=prefix,
        author_name="gitsidecar",
        author_email="gitsidecar@example.com",
        random=random.Random(1),
        now=now or (lambda: next(times)),
    )
    return lambda **files: branch.record(
        {name.replace("__", "/").replace("_", "."): text.encode() for name, text in files.items()},
        f"Words\n\nGitsidecar-Revision: {REVISION}\nGitsidecar-Pass: 1\n",
    )


def diary(served: remotes.Served, tmp_path: Path, *, prefix: str = "") -> diaries.StatusDiary:
    return diaries.StatusDiary(served.address(), branch=BRANCH, folder=tmp_path / "reader", prefix=prefix)


def changes(found: diaries.StatusDiary, most: int = 100, since: datetime.datetime | None = None) -> list[object]:
    return [each.changed for each in found.read(most, since=since)]


def test_each_commit_tells_what_it_changed(any_remote: remotes.Served, tmp_path: Path) -> None:
    """The first has all files that matter, the next only what is other, and what is gone is said to be."""
    record = writer(any_remote, tmp_path)
    first = record(sets__a_yaml="1", sets__a_md="page", STATUS_md="1", history__a__v1_yaml="spec")
    second = record(sets__a_yaml="2", STATUS_md="2", rejections_yaml="no")
    record(STATUS_md="3", rejections_yaml="no")
    found = list(diary(any_remote, tmp_path).read(100))
    assert found == [
        values.Recorded(first, START, REVISION, {"sets/a.yaml": b"1", "history/a/v1.yaml": b"spec"}),
        values.Recorded(
            second,
            START + datetime.timedelta(minutes=1),
            REVISION,
            {"sets/a.yaml": b"2", "history/a/v1.yaml": None, "rejections.yaml": b"no"},
        ),
        values.Recorded(found[2].commit, START + datetime.timedelta(minutes=2), REVISION, {"sets/a.yaml": None}),
    ]


def test_a_branch_that_does_not_exist_has_no_past(any_remote: remotes.Served, tmp_path: Path) -> None:
    """Before the first record there is nothing to read, and that is no error."""
    assert changes(diary(any_remote, tmp_path)) == []


def test_only_the_newest_are_read(any_remote: remotes.Served, tmp_path: Path) -> None:
    """Of a long past as much is fetched as was asked for, and the eldest of it stands for all before it."""
    record = writer(any_remote, tmp_path)
    for number in range(6):
        record(sets__a_yaml=str(number), sets__b_yaml="still")
    found = diary(any_remote, tmp_path)
    assert changes(found, most=3) == [
        {"sets/a.yaml": b"3", "sets/b.yaml": b"still"},
        {"sets/a.yaml": b"4"},
        {"sets/a.yaml": b"5"},
    ]
    assert found.is_cut
    assert len(changes(found, most=100)) == 6
    assert not found.is_cut


def test_since_begins_with_the_last_before_it(any_remote: remotes.Served, tmp_path: Path) -> None:
    """What was so at that time is known: the commit before it comes first, with all files as they were."""
    record = writer(any_remote, tmp_path)
    record(sets__a_yaml="1", sets__b_yaml="1", sets__c_yaml="1")
    record(sets__a_yaml="2", sets__b_yaml="1")
    record(sets__a_yaml="3", sets__b_yaml="1")
    found = changes(diary(any_remote, tmp_path), since=START + datetime.timedelta(seconds=90))
    assert found == [{"sets/a.yaml": b"2", "sets/b.yaml": b"1"}, {"sets/a.yaml": b"3"}]
    later = changes(diary(any_remote, tmp_path), since=START + datetime.timedelta(days=1))
    assert later == [{"sets/a.yaml": b"3", "sets/b.yaml": b"1"}]


def test_what_others_wrote_is_passed_over(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Commits that touch none of our files are none, a merge is one step, and links and odd names are no files."""
    record = writer(any_remote, tmp_path, prefix="ops/fleet")
    record(sets__a_yaml="1")
    desk = open_workbench(any_remote, BRANCH)
    desk.pull()
    desk.commit({"NOTES.md": "mine", "sets/x.yaml": "not ours", "ops/fleet/sets/\x01odd\n.yaml": "odd"})
    desk.git("checkout", "--quiet", "-b", "side")
    (desk.folder / "ops/fleet/sets/link.yaml").symlink_to("a.yaml")
    desk.write({"ops/fleet/sets/a.yaml": "edited"})
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message=Edit on a side branch")
    desk.git("checkout", "--quiet", BRANCH)
    desk.git("merge", "--quiet", "--no-ff", "--message=Merge", "side")
    desk.push()
    found = changes(diary(any_remote, tmp_path, prefix="ops/fleet"))
    assert found == [
        {"sets/a.yaml": b"1"},
        {"sets/\x01odd\n.yaml": b"odd"},
        {"sets/a.yaml": b"edited", "sets/link.yaml": None},
    ]


def test_authors_are_found_near_the_top_and_deep_down(
    any_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """The whole past is not fetched for the newest commits; an unknown one, and what is no hash, is left out."""
    desk = open_workbench(any_remote)
    first = desk.commit({"a.yaml": "0"}, "Begin")
    for number in range(60):
        desk.git("commit", "--quiet", "--allow-empty", f"--message=Number {number} | of <many>\n\nBody\n")
    last = desk.push()
    found = origins.Origins(any_remote.address(), branch="main", folder=tmp_path / "origins")
    ada = ("Ada Lovelace", "ada@example.com")
    assert found.find([last, "--all", "", "HEAD"]) == {last: values.Origin(*ada, "Number 59 | of <many>")}
    assert found.find([last, first, "0" * 40]) == {
        last: values.Origin(*ada, "Number 59 | of <many>"),
        first: values.Origin(*ada, "Begin"),
    }


def test_authors_of_a_branch_that_is_not_there(any_remote: remotes.Served, tmp_path: Path) -> None:
    """Nothing is found, and that is no error."""
    found = origins.Origins(any_remote.address(), branch="main", folder=tmp_path / "origins")
    assert found.find([REVISION]) == {}
    assert found.find([]) == {}


def test_a_clock_that_was_set_back_parts_the_past_at_one_place(any_remote: remotes.Served, tmp_path: Path) -> None:
    """The last commit before the time is the first that is read, though one before it has a later time."""
    clock = iter(START + datetime.timedelta(minutes=number) for number in (0, 5, 2, 9))
    record = writer(any_remote, tmp_path, now=lambda: next(clock))
    for number in range(4):
        record(sets__a_yaml=str(number))
    found = changes(diary(any_remote, tmp_path), since=START + datetime.timedelta(minutes=3))
    assert found == [{"sets/a.yaml": b"2"}, {"sets/a.yaml": b"3"}]
