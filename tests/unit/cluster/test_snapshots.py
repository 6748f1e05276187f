"""A snapshot is always what the caches hold, and of the one before it keeps every chunk that no change is in."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.cluster import caches, snapshots
from gitsidecar.manifests import pods as reading
from gitsidecar.model import pods
from tests.unit.cluster import rows

LISTED = 400  # pods, in four chunks
NAME_LABEL = "kubernetes.io/metadata.name"
PODS = tuple(rows.row(f"web-{index:04}", has_annotations=index % 2 == 0) for index in range(3 * LISTED))
CHANGES = st.fixed_dictionaries(
    {"namespace": st.sampled_from(["shop", "bank"]), "phase": st.sampled_from(["Running", "Failed"])}
)
STEPS = st.tuples(
    st.sampled_from(["list", "see", "drop", "fold"]),
    st.integers(0, len(PODS) - 1),
    st.sampled_from([1, 1, 3, 500]),
    CHANGES,
    st.booleans(),
)


class Scene:
    """The two caches and the snapshots of them; each event has the next version."""

    def __init__(self, listed: Iterable[pods.Pod] = PODS[:LISTED]) -> None:
        self.cache: caches.Cache[pods.Pod] = caches.Cache(lambda pod: pod.key)
        self.namespaces: caches.Cache[snapshots.Namespace] = caches.Cache(lambda namespace: namespace.name)
        self.snapshots = snapshots.Snapshots(self.cache, self.namespaces)
        self._version = 100
        self.relist(listed)
        self.namespaces.replace({}, "1")

    def relist(self, found: Iterable[pods.Pod]) -> None:
        self.cache.replace({pod.key: self._next(pod) for pod in found}, str(self._version))

    def tell(self, kind: str, found: list[pods.Pod]) -> None:
        if kind == "list":
            self.relist(found)
        else:
            for pod in found:
                {"see": self.see, "drop": self.drop, "fold": self.fold}[kind](pod)

    def see(self, pod: pods.Pod) -> None:
        self.cache.see(self._next(pod))

    def fold(self, pod: pods.Pod) -> None:
        self.cache.fold(self._next(pod))

    def drop(self, pod: pods.Pod) -> None:
        self.cache.drop(self._next(pod))

    def name(self, name: str, labels: Mapping[str, str]) -> None:
        self._version += 1
        self.namespaces.see(snapshots.Namespace(name, labels, str(self._version)))

    def _next(self, pod: pods.Pod) -> pods.Pod:
        self._version += 1
        return dataclasses.replace(pod, resource_version=str(self._version))


def _as_used(found: Iterable[pods.Pod]) -> list[pods.Pod]:
    """Return pods without the versions that neither a plan nor a write looks at."""
    return [dataclasses.replace(pod, resource_version="") if pod.has_annotations else pod for pod in found]


def _chunk(snapshot: pods.Snapshot, pod: pods.Pod) -> int:
    return pods.chunk_of(pod.key, len(snapshot.chunks))


def _replaced(before: pods.Snapshot, after: pods.Snapshot) -> list[int]:
    """Return which chunks are not the same tuple any more."""
    pairs = zip(before.chunks, after.chunks, strict=True)
    return [index for index, (old, new) in enumerate(pairs) if old is not new]


@given(st.lists(STEPS, max_size=8), st.sampled_from([0, 1, LISTED]))
@settings(deadline=None)
def test_a_snapshot_is_what_the_cache_holds(
    steps: list[tuple[str, int, int, dict[str, str], bool]], listed: int
) -> None:
    """After any lists, events, deletions and answers, looked at in between or not, a snapshot is as one made anew."""
    with asyncio.Runner() as runner:
        scene = Scene(PODS[:listed])
        for kind, first, number, changes, is_looked_at in steps:
            found = [dataclasses.replace(pod, **changes) for pod in PODS[first : first + number]]  # type: ignore[arg-type]
            scene.tell(kind, found)
            if is_looked_at:
                runner.run(scene.snapshots.take())
        snapshot = runner.run(scene.snapshots.take())
    anew = reading.snapshot(scene.cache.rows.values(), {})
    assert _as_used(snapshot.pods) == _as_used(anew.pods)
    assert snapshot.namespaces == anew.namespaces
    assert all(_chunk(snapshot, pod) == index for index, chunk in enumerate(snapshot.chunks) for pod in chunk)
    assert all(list(chunk) == sorted(chunk, key=lambda pod: pod.key) for chunk in snapshot.chunks)


async def test_an_event_replaces_only_its_chunk() -> None:
    """A pod that changed, came or went makes its own chunk anew, and every other is the same tuple as before."""
    scene = Scene()
    changed, new, gone = PODS[7], PODS[LISTED], PODS[8]
    for pod, tell in ((dataclasses.replace(changed, phase="Failed"), scene.see), (new, scene.see), (gone, scene.drop)):
        before = await scene.snapshots.take()
        tell(pod)
        after = await scene.snapshots.take()
        assert _replaced(before, after) == [_chunk(before, pod)]


async def test_an_answer_to_a_write_replaces_only_its_chunk() -> None:
    """What our own patch came to is in the very next snapshot."""
    scene = Scene()
    before = await scene.snapshots.take()
    scene.fold(dataclasses.replace(PODS[7], phase="ours"))
    after = await scene.snapshots.take()
    index = _chunk(before, PODS[7])
    assert _replaced(before, after) == [index]
    assert [pod.name for pod in after.chunks[index] if pod.phase == "ours"] == [PODS[7].name]


async def test_without_a_change_there_is_no_new_snapshot() -> None:
    """Who looks twice gets the same object."""
    scene = Scene()
    assert await scene.snapshots.take() is await scene.snapshots.take()


async def test_a_new_version_alone_replaces_nothing() -> None:
    """Of a pod with annotations nobody asks for the version: others write to it all the time, and nothing is new."""
    scene = Scene()
    before = await scene.snapshots.take()
    scene.see(PODS[8])
    assert await scene.snapshots.take() is before


async def test_a_new_version_counts_where_a_write_needs_it() -> None:
    """A pod without annotations is patched at the version that was seen, so it must be the newest."""
    scene = Scene()
    before = await scene.snapshots.take()
    scene.see(PODS[7])
    after = await scene.snapshots.take()
    index = _chunk(before, PODS[7])
    assert _replaced(before, after) == [index]
    assert scene.cache.rows[PODS[7].key] in after.chunks[index]


async def test_chunks_grow_with_the_pods() -> None:
    """Three times as many pods stand in more chunks, none of which is far from its size."""
    scene = Scene()
    before = await scene.snapshots.take()
    for pod in PODS[LISTED:]:
        scene.see(pod)
        await scene.snapshots.take()
    after = await scene.snapshots.take()
    assert len(after.pods) == len(PODS)
    assert len(after.chunks) >= 2 * len(before.chunks)
    assert max(map(len, after.chunks)) < 3 * pods.CHUNK


async def test_many_changes_at_once_are_all_there() -> None:
    """So many events between two looks that all chunks are made anew lose none of them."""
    scene = Scene(PODS)
    await scene.snapshots.take()
    for pod in PODS:
        scene.see(dataclasses.replace(pod, phase="Failed"))
    assert {pod.phase for pod in (await scene.snapshots.take()).pods} == {"Failed"}


async def test_who_stops_waiting_takes_nothing_away() -> None:
    """A pass that is cancelled while all chunks are made anew leaves a whole snapshot to the next."""
    scene = Scene()
    await scene.snapshots.take()
    scene.relist(PODS)
    waiting = asyncio.create_task(scene.snapshots.take())
    await asyncio.sleep(0)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    assert waiting.cancelled()
    assert len((await scene.snapshots.take()).pods) == len(PODS)


async def test_who_asks_while_another_waits_sees_it_all() -> None:
    """While all chunks are made, an event comes and somebody else asks: both get the event, in the same snapshot."""
    scene = Scene()
    first = asyncio.create_task(scene.snapshots.take())
    await asyncio.sleep(0)
    scene.see(dataclasses.replace(PODS[8], phase="Failed"))
    second = await scene.snapshots.take()
    assert [pod.name for pod in second.pods if pod.phase == "Failed"] == [PODS[8].name]
    assert await first is second


async def test_namespaces_stay_the_same_object() -> None:
    """Neither a pod nor a new version of a namespace makes another mapping; other labels do."""
    scene = Scene()
    scene.name("shop", {"env": "test"})
    before = (await scene.snapshots.take()).namespaces
    scene.see(dataclasses.replace(PODS[7], phase="Failed"))
    scene.name("shop", {"env": "test"})
    assert (await scene.snapshots.take()).namespaces is before
    scene.name("shop", {"env": "prod"})
    assert (await scene.snapshots.take()).namespaces == {"shop": {"env": "prod"}}


async def test_a_namespace_not_told_of_yet_has_its_name() -> None:
    """It has the label of its name as soon as a pod is in it, and is gone with its last pod."""
    scene = Scene()
    early = dataclasses.replace(PODS[0], namespace="bank")
    scene.name("shop", {"env": "test"})
    before = await scene.snapshots.take()
    scene.see(early)
    during = await scene.snapshots.take()
    scene.drop(early)
    after = await scene.snapshots.take()
    assert during.namespaces == {"shop": {"env": "test"}, "bank": {NAME_LABEL: "bank"}}
    assert after.namespaces == before.namespaces == {"shop": {"env": "test"}}
