"""One battery for the cluster port: the real API server and the simulation must behave the same in all of it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime

import pytest

from gitsidecar import errors, handoff
from gitsidecar.model import outcomes, plans, pods
from tests.conformance import arenas
from tests.support import watching

Kind = outcomes.OutcomeKind
MARK = pods.Mark("logtail", "v1-00000000000000aa", "v1-00000000000000bb", "4f2a9c1", ("logtail",))


def _move(pod: pods.Pod, container: str = "logtail", image: str = "logtail:2") -> plans.Action:
    """Return the action that brings *container*, as it is in the row *pod*, to *image*."""
    live = pod.container(container)
    assert live is not None
    change = plans.ImageChange(container, live.index, live.is_native, live.image, image)
    return plans.Action(pod, "logtail", (change,), (MARK,))


def _eviction(pod: pods.Pod) -> plans.Eviction:
    now = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
    return plans.Eviction(pod, "logtail", "it lacks the sidecars", now, now)


def _images(pod: pods.Pod | None) -> dict[str, str]:
    return {} if pod is None else {container.name: container.image for container in pod.containers}


async def test_all_pods_are_listed(arena: arenas.Arena) -> None:
    """A list of several pages is one snapshot, in order of key, with the labels of the namespaces."""
    names = [f"web-{number:02}" for number in range(3 * arenas.PAGE_SIZE + 1)]
    for name in reversed(names):
        await arena.add_pod(name)
    cluster = arena.client()
    async with watching.started(cluster):
        snapshot = await cluster.observe()
    assert [pod.name for pod in snapshot.pods] == names
    assert snapshot.namespaces[arenas.NAMESPACE]["kubernetes.io/metadata.name"] == arenas.NAMESPACE
    assert _images(snapshot.pods[0]) == arenas.IMAGES


async def test_the_watch_sees_pods_come_change_and_go(arena: arenas.Arena) -> None:
    """Without being asked, the cache has a new pod, its new label, and then not the pod any more."""
    cluster = arena.client()
    async with watching.started(cluster) as eyes:
        assert (await cluster.observe()).pods == ()
        await arena.add_pod("web")
        await eyes.until(lambda: cluster.pod(arenas.NAMESPACE, "web"))
        await arena.set_label("web", "team", "blue")

        def labels() -> dict[str, str]:
            row = cluster.pod(arenas.NAMESPACE, "web")
            return {} if row is None else dict(row.labels)

        await eyes.until(lambda: labels() == {"app": "web", "team": "blue"})
        await arena.delete_pod("web")
        await eyes.until(lambda: cluster.pod(arenas.NAMESPACE, "web") is None)
        assert (await cluster.observe()).pods == ()


async def test_a_patch_changes_one_container_and_our_annotation(arena: arenas.Arena) -> None:
    """The other container, the labels and the UID stay; the marks are there to be read back."""
    before = await arena.add_pod("web")
    cluster = arena.client()
    async with watching.started(cluster):
        (pod,) = (await cluster.observe()).pods
        outcome = await cluster.execute(_move(pod))
    after = await arena.truth("web")
    assert outcome.kind is Kind.APPLIED
    assert _images(after) == {"app": "nginx:1", "logtail": "logtail:2"}
    assert (after.marks, after.has_annotations) == ((MARK,), True)
    assert (after.uid, after.labels) == (before.uid, before.labels)


async def test_our_own_write_is_observed_at_once(arena: arenas.Arena) -> None:
    """The snapshot right after an applied action has it, also when the watch has not told of it yet."""
    for number in range(10):
        await arena.add_pod(f"web-{number}")
    cluster = arena.client()
    async with watching.started(cluster):
        for pod in (await cluster.observe()).pods:
            await cluster.execute(_move(pod))
            row = next(each for each in (await cluster.observe()).pods if each.key == pod.key)
            assert (_images(row)["logtail"], row.marks) == ("logtail:2", (MARK,))
            assert cluster.pod(pod.namespace, pod.name) == row


async def test_a_pod_moves_twice(arena: arenas.Arena) -> None:
    """What was observed after the first move is good for the next one."""
    await arena.add_pod("web")
    cluster = arena.client()
    async with watching.started(cluster):
        for image in ("logtail:2", "logtail:3", "logtail:4"):
            (pod,) = (await cluster.observe()).pods
            assert (await cluster.execute(_move(pod, image=image))).kind is Kind.APPLIED
    assert _images(await arena.truth("web"))["logtail"] == "logtail:4"


async def test_a_native_sidecar_moves(arena: arenas.Arena) -> None:
    """A native sidecar's image is changed where it stands among the initContainers."""
    await arena.add_pod("web", is_native=True)
    cluster = arena.client()
    async with watching.started(cluster):
        (pod,) = (await cluster.observe()).pods
        outcome = await cluster.execute(_move(pod, "proxy", "proxy:2"))
    assert outcome.kind is Kind.APPLIED
    assert _images(await arena.truth("web")) == {"mesh": "mesh:1", "proxy": "proxy:2", **arenas.IMAGES}


async def test_a_pod_without_annotations_moves(arena: arenas.Arena) -> None:
    """Our annotation is the first one that the pod has."""
    await arena.add_pod("web", is_annotated=False)
    cluster = arena.client()
    async with watching.started(cluster):
        (pod,) = (await cluster.observe()).pods
        assert not pod.has_annotations
        outcome = await cluster.execute(_move(pod))
    assert outcome.kind is Kind.APPLIED
    assert (await arena.truth("web")).marks == (MARK,)


async def test_a_changed_image_is_a_conflict(arena: arenas.Arena) -> None:
    """Somebody else was faster: nothing is written, and the next snapshot has the pod as it is."""
    stale = await arena.add_pod("web")
    await arena.set_image("web", "logtail", "logtail:9")
    cluster = arena.client()
    async with watching.started(cluster):
        await cluster.observe()
        outcome = await cluster.execute(_move(stale))
        (row,) = (await cluster.observe()).pods
    assert outcome.kind is Kind.CONFLICT
    assert "logtail:9" in outcome.message
    assert _images(row)["logtail"] == "logtail:9"
    assert (await arena.truth("web")).marks == ()


async def test_marks_that_changed_meanwhile_are_a_conflict(arena: arenas.Arena) -> None:
    """A patch made from an older row does not take away the mark that another process has set since."""
    await arena.add_pod("web")
    other = dataclasses.replace(MARK, set_name="proxy")
    cluster = arena.client()
    async with watching.started(cluster):
        (bare,) = (await cluster.observe()).pods
        await cluster.execute(dataclasses.replace(_move(bare), changes=()))
        (stale,) = (await cluster.observe()).pods
        assert stale.annotation == handoff.write([MARK])
        both = dataclasses.replace(_move(stale), changes=(), marks=(MARK, other))
        assert (await cluster.execute(both)).kind is Kind.APPLIED
        outcome = await cluster.execute(_move(stale))
        (row,) = (await cluster.observe()).pods
    assert outcome.kind is Kind.CONFLICT
    assert "sidecars" in outcome.message
    assert (row.marks, _images(row)) == ((MARK, other), arenas.IMAGES)


async def test_another_container_in_its_place_is_a_conflict(arena: arenas.Arena) -> None:
    """The container's name is tested too, not only its place."""
    pod = await arena.add_pod("web")
    action = _move(pod)
    (change,) = action.changes
    cluster = arena.client()
    async with watching.started(cluster):
        await cluster.observe()
        for index in (0, 7):
            moved = dataclasses.replace(action, changes=(dataclasses.replace(change, index=index),))
            assert (await cluster.execute(moved)).kind is Kind.CONFLICT
    assert _images(await arena.truth("web")) == arenas.IMAGES


async def test_another_pod_of_the_name_is_left_alone(arena: arenas.Arena) -> None:
    """The pod that was planned is gone when another one, with another UID, has taken its name."""
    stale = await arena.add_pod("web")
    await arena.delete_pod("web")
    await arena.add_pod("web")
    cluster = arena.client()
    async with watching.started(cluster):
        await cluster.observe()
        outcome = await cluster.execute(_move(stale))
    assert outcome.kind is Kind.GONE
    assert _images(await arena.truth("web")) == arenas.IMAGES


async def test_a_deleted_pod_is_gone(arena: arenas.Arena) -> None:
    """A pod that is not there any more is no fault."""
    stale = await arena.add_pod("web")
    cluster = arena.client()
    async with watching.started(cluster):
        await cluster.observe()
        await arena.delete_pod("web")
        outcome = await cluster.execute(_move(stale))
    assert outcome.kind is Kind.GONE


async def test_an_evicted_pod_goes(arena: arenas.Arena) -> None:
    """The very next snapshot has it as ending, or not at all, and the other pod as before."""
    for name in ("web", "other"):
        await arena.add_pod(name)
    cluster = arena.client()
    async with watching.started(cluster):
        other, pod = (await cluster.observe()).pods
        outcome = await cluster.evict(_eviction(pod))
        active = [each.name for each in (await cluster.observe()).pods if each.is_active]
    assert (outcome.kind, outcome.message) == (Kind.APPLIED, "")
    assert active == [other.name]


async def test_another_pod_of_the_name_is_not_evicted(arena: arenas.Arena) -> None:
    """The pod that was to be evicted is gone when another one, with another UID, has taken its name."""
    stale = await arena.add_pod("web")
    await arena.delete_pod("web")
    await arena.add_pod("web")
    cluster = arena.client()
    async with watching.started(cluster):
        await cluster.observe()
        outcome = await cluster.evict(_eviction(stale))
    assert outcome.kind is Kind.GONE
    assert (await arena.truth("web")).is_active


async def test_a_deleted_pod_cannot_be_evicted(arena: arenas.Arena) -> None:
    """A pod that is not there any more is no fault."""
    stale = await arena.add_pod("web")
    cluster = arena.client()
    async with watching.started(cluster):
        await cluster.observe()
        await arena.delete_pod("web")
        outcome = await cluster.evict(_eviction(stale))
    assert outcome.kind is Kind.GONE


async def test_a_disruption_budget_defers_one_pod(arena: arenas.Arena) -> None:
    """The budget is named, the pod stays, and no other write waits for it."""
    for name in ("web", "other"):
        await arena.add_pod(name)
    await arena.protect("web")
    cluster = arena.client()
    async with watching.started(cluster):
        other, pod = (await cluster.observe()).pods
        outcome = await cluster.evict(_eviction(pod))
        assert (outcome.kind, outcome.retry_after) == (Kind.DEFERRED, 60.0)
        assert outcome.message == "the PodDisruptionBudget web allows none now"
        assert await cluster.await_writes()
        assert (await cluster.execute(_move(other))).kind is Kind.APPLIED
        assert (await cluster.evict(_eviction(other))).kind is Kind.APPLIED
    assert (await arena.truth("web")).is_active


async def test_a_reader_may_not_evict(arena: arenas.Arena) -> None:
    """Without the right to evict, the outcome says so and the pod stays."""
    await arena.add_pod("web")
    cluster = arena.client(may_write=False)
    async with watching.started(cluster):
        (pod,) = (await cluster.observe()).pods
        outcome = await cluster.evict(_eviction(pod))
    assert outcome.kind is Kind.FORBIDDEN
    assert "forbidden" in outcome.message.lower()
    assert (await arena.truth("web")).is_active


async def test_a_reader_may_not_write(arena: arenas.Arena) -> None:
    """Without the right to patch, the outcome says so and nothing is changed; observing goes on."""
    await arena.add_pod("web")
    cluster = arena.client(may_write=False)
    async with watching.started(cluster):
        (pod,) = (await cluster.observe()).pods
        outcome = await cluster.execute(_move(pod))
        assert len((await cluster.observe()).pods) == 1
    assert outcome.kind is Kind.FORBIDDEN
    assert "forbidden" in outcome.message.lower()
    assert _images(await arena.truth("web")) == arenas.IMAGES


async def test_a_stranger_may_not_list(arena: arenas.Arena) -> None:
    """A forbidden list is never an empty one: the pass stops until a person acts."""
    await arena.add_pod("web")
    cluster = arena.client(may_read=False)
    async with watching.started(cluster):
        with pytest.raises(errors.StalledError, match="403"):
            await cluster.observe()


async def test_an_expired_watch_lists_again(arena: arenas.Arena) -> None:
    """What came and went while the server had forgotten our version is in the cache afterwards."""
    await arena.add_pod("old")
    await arena.add_pod("kept")
    cluster = arena.client()
    async with watching.started(cluster) as eyes:
        await cluster.observe()
        await arena.expire(cluster)
        await arena.add_pod("new")
        await arena.delete_pod("old")
        await eyes.until(lambda: cluster.pod(arenas.NAMESPACE, "new"))
        await eyes.until(lambda: cluster.pod(arenas.NAMESPACE, "old") is None)
        assert [pod.name for pod in (await cluster.observe()).pods] == ["kept", "new"]


async def test_a_restart_in_mid_watch_loses_nothing(arena: arenas.Arena) -> None:
    """After the server's restart the watch goes on, and so do writes."""
    await arena.add_pod("web")
    cluster = arena.client()
    async with watching.started(cluster) as eyes:
        await cluster.observe()
        await arena.restart()
        await arena.add_pod("new")
        await eyes.until(lambda: cluster.pod(arenas.NAMESPACE, "new"))
        row = next(each for each in (await cluster.observe()).pods if each.name == "new")
        assert (await cluster.execute(_move(row))).kind is Kind.APPLIED
        await arena.set_label("web", "team", "blue")
        await eyes.until(lambda: "team" in getattr(cluster.pod(arenas.NAMESPACE, "web"), "labels", {}))


async def test_no_server_is_a_deferral(arena: arenas.Arena) -> None:
    """A write while the server restarts is applied, or deferred and applied later; it is never raised."""
    await arena.add_pod("web")
    cluster = arena.client()
    async with watching.started(cluster):
        (pod,) = (await cluster.observe()).pods
        restart = asyncio.create_task(arena.restart())
        try:
            kinds = {(await cluster.execute(_move(pod))).kind for _ in range(3)}
        finally:
            await restart
    assert kinds <= {Kind.APPLIED, Kind.DEFERRED, Kind.CONFLICT}


async def test_all_patches_get_through_a_throttle(arena: arenas.Arena) -> None:
    """Simultaneous writes that are refused with 429 wait as told, and each is applied once in the end."""
    for number in range(12):
        await arena.add_pod(f"web-{number:02}")
    cluster = arena.client()
    refused: list[outcomes.Outcome] = []

    async def insist(pod: pods.Pod) -> outcomes.OutcomeKind:
        while (outcome := await cluster.execute(_move(pod))).kind is Kind.DEFERRED:
            refused.append(outcome)
            while not await cluster.await_writes():
                pass
        return outcome.kind

    async with watching.started(cluster), contextlib.AsyncExitStack() as stack:
        snapshot = await cluster.observe()
        await stack.enter_async_context(arena.throttled())
        kinds = await asyncio.gather(*map(insist, snapshot.pods))
        moved = [_images(row)["logtail"] for row in (await cluster.observe()).pods]
    assert set(kinds) == {Kind.APPLIED}
    assert set(moved) == {"logtail:2"}
    assert refused
    assert any("429" in outcome.message for outcome in refused)
    assert all(outcome.retry_after for outcome in refused)
