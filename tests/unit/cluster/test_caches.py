"""In whatever order lists, events and answers come, the newest row stays and a deleted one does not return."""

from __future__ import annotations

from gitsidecar.cluster import caches
from gitsidecar.model import pods
from tests.unit.cluster import rows

KEY = "shop/web"


def _cache(*listed: pods.Pod, version: str = "10") -> caches.Cache[pods.Pod]:
    cache: caches.Cache[pods.Pod] = caches.Cache(lambda pod: pod.key)
    cache.replace({pod.key: pod for pod in listed}, version)
    return cache


def test_an_event_brings_a_row() -> None:
    """An event of a new pod is seen, and moves the version on."""
    cache = _cache()
    assert cache.see(rows.row(version="11"))
    assert cache.rows[KEY].resource_version == "11"
    assert cache.version == "11"


def test_a_change_that_no_planner_sees_is_not_told() -> None:
    """A new version of the same row is kept and not told; the revision moves on all the same."""
    cache = _cache(rows.row())
    before = cache.revision
    assert not cache.see(rows.row(version="11"))
    assert cache.rows[KEY].resource_version == "11"
    assert cache.revision > before


def test_an_old_event_does_not_undo_our_write() -> None:
    """The echo of an earlier change comes after the answer to our patch: the answer stays."""
    cache = _cache(rows.row())
    assert cache.fold(rows.row(version="13", phase="ours"))
    assert not cache.see(rows.row(version="12", phase="older"))
    assert cache.rows[KEY].phase == "ours"
    assert cache.see(rows.row(version="14", phase="newer"))


def test_versions_are_numbers() -> None:
    """Version 100 is later than version 99."""
    cache = _cache(rows.row(version="99"), version="99")
    assert cache.fold(rows.row(version="100", phase="ours"))


def test_a_late_answer_does_not_bring_a_pod_back() -> None:
    """The watch has told of a deletion; the answer to a patch from before it comes too late."""
    cache = _cache(rows.row())
    assert cache.drop(rows.row(version="12"))
    assert not cache.fold(rows.row(version="11"))
    assert KEY not in cache.rows


def test_a_late_deletion_does_not_take_the_next_pod() -> None:
    """A pod of the same name was read already when the deletion of the one before comes."""
    cache = _cache(rows.row())
    assert cache.fold(rows.row(version="13", uid="next"))
    assert not cache.drop(rows.row(version="12"))
    assert cache.rows[KEY].uid == "next"


def test_a_list_keeps_what_we_wrote_after_it_began() -> None:
    """A list as of version 12 comes in after the answer to a patch that is version 13."""
    cache = _cache(rows.row())
    cache.fold(rows.row(version="13", phase="ours"))
    cache.replace({KEY: rows.row(version="11")}, "12")
    assert cache.rows[KEY].phase == "ours"


def test_a_list_takes_what_is_gone() -> None:
    """A row that is not in a newer list is gone, also when we wrote it."""
    cache = _cache(rows.row(), rows.row("db"))
    cache.fold(rows.row(version="13", phase="ours"))
    assert cache.replace({}, "14")
    assert cache.rows == {}


def test_a_list_with_earlier_versions_is_believed() -> None:
    """After etcd was restored from a backup, versions go back; rows from before must not stay for ever."""
    cache = _cache(rows.row(version="99"), rows.row("db", version="98"), version="99")
    cache.replace({KEY: rows.row(version="5", phase="restored")}, "6")
    assert [row.phase for row in cache.rows.values()] == ["restored"]
    assert cache.see(rows.row(version="7", phase="newer"))


def test_the_same_list_again_is_not_told() -> None:
    """A second list that shows nothing new is no change; the first one always is."""
    cache = _cache(rows.row())
    assert not cache.replace({KEY: rows.row(version="11")}, "12")
    assert cache.replace({KEY: rows.row(version="13", phase="Failed")}, "14")
    fresh: caches.Cache[pods.Pod] = caches.Cache(lambda pod: pod.key)
    assert fresh.replace({}, "1")


def test_what_was_touched_is_handed_out_once() -> None:
    """Rows that came, changed or went are named, also where no planner sees it; after a list it may be all."""
    cache = _cache(rows.row(), rows.row("db"))
    assert cache.take_touched() is None
    cache.see(rows.row(version="11"))
    cache.drop(rows.row("db", version="12"))
    cache.fold(rows.row("ours", version="13"))
    assert cache.take_touched() == {KEY, "shop/db", "shop/ours"}
    assert cache.take_touched() == set()
    cache.replace({}, "14")
    assert cache.take_touched() is None


def test_what_was_touched_does_not_pile_up() -> None:
    """While nobody asks, pods may come and go by the thousand; then it may be all."""
    cache = _cache()
    cache.take_touched()
    for number in range(11, 3011):
        cache.see(rows.row(f"job-{number}", version=str(number)))
    assert cache.take_touched() is None
