"""What holds for every pod and any sets."""

from __future__ import annotations

import copy
import json
from typing import Any

import hypothesis
from hypothesis import strategies as st

from gitsidecar.injection import applications, injecting
from gitsidecar.model import sidecarsets
from tests.unit.injection import builders, drawing

_laws = hypothesis.settings(max_examples=100, deadline=None)


@_laws
@hypothesis.given(drawing.some_pods(), drawing.some_sets())
def test_the_patch_makes_the_result(pod: builders.Json, sets: list[sidecarsets.SidecarSet]) -> None:
    """What the API server makes of the patch is the pod that is told, and it is JSON."""
    injection = builders.inject(pod, *sets)
    assert builders.applied(pod, injection.patch) == injection.pod
    assert json.loads(json.dumps(injection.patch)) == list(injection.patch)


@_laws
@hypothesis.given(drawing.some_pods(), drawing.some_sets())
def test_once_is_enough(pod: builders.Json, sets: list[sidecarsets.SidecarSet]) -> None:
    """A pod that went through injection is not changed by another."""
    once = builders.inject(pod, *sets)
    twice = builders.inject(copy.deepcopy(dict(once.pod)), *sets)
    assert (twice.pod, twice.patch) == (once.pod, ())


@_laws
@hypothesis.given(drawing.some_pods(), drawing.some_sets())
def test_what_comes_in_stays_as_it_is(pod: builders.Json, sets: list[sidecarsets.SidecarSet]) -> None:
    """The pod that is handed in is not written to, and the same pod gets the same answer again."""
    before = copy.deepcopy(pod)
    first = builders.inject(pod, *sets)
    assert pod == before
    assert builders.inject(pod, *sets) == first


@_laws
@hypothesis.given(drawing.some_pods(), drawing.some_sets())
def test_the_application_is_left_alone(pod: builders.Json, sets: list[sidecarsets.SidecarSet]) -> None:
    """Its containers, init containers and volumes are all there, unchanged, and in their order."""
    injection = builders.inject(pod, *sets)
    for field in ("containers", "initContainers", "volumes"):
        present = pod["spec"].get(field, [])
        names = {each["name"] for each in present}
        assert [each for each in injection.pod["spec"].get(field, []) if each["name"] in names] == present


@_laws
@hypothesis.given(drawing.some_pods(), drawing.some_sets(), st.randoms(use_true_random=False))
def test_the_order_of_the_sets_is_no_matter(
    pod: builders.Json, sets: list[sidecarsets.SidecarSet], random: Any
) -> None:
    """They apply in order of name."""
    shuffled = list(sets)
    random.shuffle(shuffled)
    assert builders.inject(pod, *shuffled) == builders.inject(pod, *sets)


@_laws
@hypothesis.given(drawing.some_pods(), drawing.some_sets())
def test_the_result_is_a_pod_that_can_be(pod: builders.Json, sets: list[sidecarsets.SidecarSet]) -> None:
    """No name is there twice, no path of a container, no variable of one, and every mount has its volume."""
    spec = builders.inject(pod, *sets).pod["spec"]
    containers = [*spec["containers"], *spec.get("initContainers", ())]
    volumes = [each["name"] for each in spec["volumes"]]
    assert _is_unique([each["name"] for each in containers])
    assert _is_unique(volumes)
    for each in containers:
        mounts, devices = each.get("volumeMounts", ()), each.get("volumeDevices", ())
        assert _is_unique([*(mount["mountPath"] for mount in mounts), *(device["devicePath"] for device in devices)])
        assert _is_unique([variable["name"] for variable in each.get("env", ())])
        assert {mount["name"] for mount in (*mounts, *devices)} <= set(volumes)


def _is_unique(values: list[str]) -> bool:
    return len(values) == len(set(values))


@_laws
@hypothesis.given(drawing.some_pods(), drawing.some_sets())
def test_a_set_is_in_or_out(pod: builders.Json, sets: list[sidecarsets.SidecarSet]) -> None:
    """Each set has its mark and its containers, or a fault and nothing of either."""
    injection = builders.inject(pod, *sets)
    after = applications.read(injection.pod)
    assert isinstance(after, applications.Application)
    faults = {note.set_name for note in injection.notes if note.is_fault}
    for each in sets:
        assert (each.name in injection.injected) != (each.name in faults)
        assert (each.name in after.marks) == (each.name in injection.injected) or not injection.injected


_FIELDS = (
    "metadata",
    "spec",
    "labels",
    "annotations",
    "containers",
    "initContainers",
    "volumes",
    "name",
    "env",
    "volumeMounts",
    "mountPath",
    "imagePullSecrets",
    "restartPolicy",
    "ports",
    "hostPort",
    "hostNetwork",
    "hostUsers",
    "os",
    "resources",
    "requests",
    "valueFrom",
    "fileKeyRef",
    "terminationGracePeriodSeconds",
)
_ALL_SIDED: builders.Json = {
    "name": "l",
    "image": "l:1",
    "ports": [{"containerPort": 81, "hostPort": 82}],
    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    "env": [{"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "a", "key": "A"}}}],
    "securityContext": {"runAsUser": 1},
    "resources": {"requests": {"cpu": "1"}},
    "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_FIELDS), inner, max_size=4),
    max_leaves=20,
)


@_laws
@hypothesis.given(_JSON)
def test_any_json_gets_an_answer(value: Any) -> None:
    """Whatever comes as a pod is injected or named unreadable; nothing is raised."""
    injection = injecting.inject(value, builders.chosen([builders.one(containers=[_ALL_SIDED])]))
    assert bool(injection.patch) != bool(injection.notes)
