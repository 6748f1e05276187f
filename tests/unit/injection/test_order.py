"""Where injected containers stand (reference §3.3, §3.4, case 60; DESIGN §6: sets in order of name)."""

from __future__ import annotations

import pytest

from tests.unit.injection import builders

_NEW = {"name": "new-sidecar-1", "image": "n:1"}
_FIRST, _SECOND = ({"name": f"sidecar-{n}", "image": "s:1", "podInjectPolicy": "AfterAppContainer"} for n in (1, 2))


@pytest.mark.parametrize(
    ("present", "brought", "expected"),
    [
        (["app"], [_NEW, _FIRST, _SECOND], ["new-sidecar-1", "app", "sidecar-1", "sidecar-2"]),
        (["app"], [_NEW], ["new-sidecar-1", "app"]),
        (["app"], [_FIRST, _SECOND], ["app", "sidecar-1", "sidecar-2"]),
        ([], [_NEW, _FIRST, _SECOND], ["new-sidecar-1", "sidecar-1", "sidecar-2"]),
        (["app", "app-2"], [_SECOND, _FIRST], ["app", "app-2", "sidecar-2", "sidecar-1"]),
    ],
)
def test_containers_stand_before_or_behind_the_application(
    present: list[str], brought: list[builders.Json], expected: list[str]
) -> None:
    """Each block keeps the order in which the set writes it."""
    injection = builders.inject(builders.pod(*present), builders.one(containers=brought))
    assert builders.names(injection) == expected


@pytest.mark.parametrize("brought", [[_FIRST, _SECOND], [_NEW, _FIRST, _SECOND]])
def test_a_container_of_the_pod_is_never_replaced(brought: list[builders.Json]) -> None:
    """Where the reference would put its own in the place of the pod's, the set stays out as a whole."""
    pod = builders.pod("sidecar-1", "app", "sidecar-2")
    injection = builders.inject(pod, builders.one(containers=brought))
    assert injection.pod == pod
    assert "ConflictingSets" in injection.refusal


def test_sets_apply_in_order_of_name() -> None:
    """Blocks of the first set by name come first, in whatever order the sets are handed in."""
    sets = [builders.one(name, containers=[{"name": f"of-{name}", "image": "i:1"}]) for name in "bca"]
    assert builders.names(builders.inject(builders.pod("app"), *sets)) == ["of-a", "of-b", "of-c", "app"]


def test_init_containers_stand_behind_the_applications_by_default() -> None:
    """Those of all sets are sorted by name."""
    sets = [
        builders.one("x", initContainers=[{"name": "c", "image": "i:1"}, {"name": "a", "image": "i:1"}]),
        builders.one("y", initContainers=[{"name": "b", "image": "i:1"}]),
    ]
    injection = builders.inject(builders.pod("app", initContainers=[{"name": "mine", "image": "i:1"}]), *sets)
    assert builders.names(injection, "initContainers") == ["mine", "a", "b", "c"]
    assert builders.names(builders.inject(builders.pod("app"), *sets), "initContainers") == ["a", "b", "c"]
