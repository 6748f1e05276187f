"""A container with HotUpgrade stands twice in a pod: it counts, its drift is seen, and no running pod is half moved."""

from __future__ import annotations

from typing import Any

import pytest

from gitsidecar.model import plans, pods, sidecarsets
from tests.unit.planning import builders

EMPTY = "empty:1"
NAMES = ("logtail-1", "logtail-2")


def _set(image: str = builders.NEW, **fields: Any) -> sidecarsets.SidecarSet:
    """Return a set of one hot container; *more* are ordinary ones beside it."""
    pair = tuple(
        sidecarsets.Sidecar(name, each, pair="logtail") for name, each in zip(NAMES, (image, EMPTY), strict=True)
    )
    return builders.sidecar_set(image, sidecars=(*pair, *fields.pop("more", ())), **fields)


def _pod(number: int = 1, images: tuple[str, str] = (builders.NEW, EMPTY), **fields: Any) -> pods.Pod:
    """Return a pod as it is injected: the application, the one that works and the idle one."""
    live = [
        builders.container(name, image, index=at) for at, (name, image) in enumerate(zip(NAMES, images, strict=True))
    ]
    mark = pods.Mark("logtail", f"v1-{images[0]}", builders.SHAPE, "0000000", NAMES)
    containers = (builders.container("app", "nginx:1", index=2), *live, *fields.pop("more", ()))
    return builders.pod(number, **{"marks": (mark,), "containers": containers, **fields})


def test_a_freshly_injected_pod_is_updated() -> None:
    """A pod whose pair has the set's image and the empty one carries the latest spec, and is finished when Ready."""
    planned = builders.plan_set(_set(), [_pod()])
    assert [pod.name for pod in planned.updated] == ["pod-1"]
    assert [pod.name for pod in planned.finished] == ["pod-1"]
    assert not planned.actions
    assert not planned.held


def test_a_drifted_pod_is_held_and_not_moved() -> None:
    """A new image moves no running pod, whatever the budget; the hold says which container is why, and the way out."""
    planned = builders.plan_set(_set(max_unavailable="100%"), [_pod(images=(builders.OLD, EMPTY)), _pod(2)])
    assert not planned.actions
    assert builders.reasons(planned) == {"1": "NotUpgradable"}
    assert planned.held[0].message == (
        "container logtail is of HotUpgrade, and no running pod with such a pair is moved; released when the pod is "
        "recreated"
    )


def test_what_stands_beside_a_pair_is_held_too() -> None:
    """A set that uses HotUpgrade is never half done: its ordinary containers wait for the new pod as well."""
    wanted = _set(more=(sidecarsets.Sidecar("cold", "cold:2"),))
    mark = pods.Mark("logtail", "v1-a", builders.SHAPE, "0", (*NAMES, "cold"))
    planned = builders.plan_set(wanted, [_pod(more=(builders.container("cold", "cold:1", index=3),), marks=(mark,))])
    assert not planned.actions
    assert builders.reasons(planned) == {"1": "NotUpgradable"}


@pytest.mark.parametrize(
    ("images", "is_updated"),
    [
        ((EMPTY, builders.NEW), True),  # OpenKruise moved it once: now the second works
        ((builders.NEW, builders.NEW), False),
        ((EMPTY, EMPTY), False),
        ((EMPTY, builders.OLD), False),
        ((builders.OLD, builders.NEW), False),  # in the middle of an upgrade that somebody else makes
    ],
)
def test_either_of_the_pair_may_work(images: tuple[str, str], is_updated: bool) -> None:
    """An adopting set takes in pods that were upgraded hot before: which of the two has the image is no drift."""
    planned = builders.plan_set(_set(is_adopting=True), [_pod(images=images, marks=())])
    assert len(planned.matched) == 1
    assert bool(planned.updated) is is_updated
    assert bool(planned.holds) is not is_updated


def test_images_do_not_swap_between_other_containers() -> None:
    """What a pair may do, two ordinary containers may not: each has the image that the set gives it."""
    wanted = builders.sidecar_set(
        sidecars=(sidecarsets.Sidecar(NAMES[0], builders.NEW), sidecarsets.Sidecar(NAMES[1], EMPTY))
    )
    assert builders.moves(builders.plan_set(wanted, [_pod(images=(EMPTY, builders.NEW))])) == ["1"]


def test_a_pod_without_one_of_the_pair_is_missing() -> None:
    """Our mark names both; a template that carried it over to a pod without them does not count."""
    bare = _pod(containers=(builders.container("app", "nginx:1", index=0), builders.container("logtail-1")))
    planned = builders.plan_set(_set(), [bare])
    assert not planned.matched
    assert [pod.name for pod in planned.missing] == ["pod-1"]


@pytest.mark.parametrize("is_adopting", [False, True])
def test_a_set_that_becomes_hot_holds_its_pods_by_their_shape(is_adopting: bool) -> None:
    """Pods with the one container of before cannot get a pair: held, with what they lack, until they are recreated."""
    planned = builders.plan_set(_set(shape_hash="v1-hot", is_adopting=is_adopting), [builders.pod(1)])
    [hold] = planned.holds
    assert hold.reason is plans.HoldReason.NOT_UPGRADABLE
    assert "logtail-1: not in the pod; logtail-2: not in the pod; logtail: no longer in the set" in hold.message


def test_two_sets_with_one_pair_are_rivals() -> None:
    """It is the names in the pod by which two sets claim a container."""
    other = _set(name="other", is_adopting=True)
    ours, theirs = builders.plan_sets([_set(), other], [_pod()]).sets
    assert builders.reasons(ours) == builders.reasons(theirs) == {"1": "ConflictingSets"}
    assert "container logtail-1 is claimed by SidecarSet other" in ours.held[0].message


def test_new_pods_are_not_counted_as_held() -> None:
    """With every running pod held, the numbers tell: two old ones, not upgradable, and one new one that is finished."""
    found = [_pod(1, (builders.OLD, EMPTY)), _pod(2, (builders.OLD, EMPTY)), _pod(3)]
    planned = builders.plan_set(_set(), found)
    assert planned.count(("matched",)) == 3
    assert planned.count(("notUpgradable",)) == 2
    assert planned.count(("finished",)) == 1
