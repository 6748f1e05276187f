"""The hashes decide which pods move: pinned to the character, and blind to what changes nothing."""

from __future__ import annotations

import copy
import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from gitsidecar.manifests import hashes, restoring, shapes, trees
from gitsidecar.model import files, sidecarsets

_HERE = pathlib.Path(__file__)
_FULL: dict[str, Any] = yaml.safe_load((_HERE.parent / "golden" / "full.yaml").read_text())
_SPEC: dict[str, Any] = _FULL["spec"]


def _set(path: pathlib.Path) -> sidecarsets.SidecarSet:
    (found,) = trees.read(files.Tree("r1", (files.File(path.name, path.read_bytes()),))).sets
    return found


@pytest.mark.parametrize(
    ("file", "spec_hash", "shape_hash"),
    [
        ("manifests-example/logtail.yaml", "v1-6964f0a2b57ad740", "v1-78f13d4bac60c6d4"),
        ("manifests-example/canary.yaml", "v1-a1a6cb2ba1ed3fd6", "v1-495417e31f980040"),
        ("manifests-example/native-sidecar.yaml", "v1-700ef873aa33fad8", "v1-d28f2f7da9d66777"),
        ("tests/unit/manifests/golden/full.yaml", "v1-468e679fda4fe977", "v1-ded218696e61a19e"),
        ("manifests-example/hot-upgrade.yaml", "v1-6ff3ce56e521fa90", "v1-eb3a8b8beaf4cf2a"),
    ],
)
def test_hashes_are_pinned(file: str, spec_hash: str, shape_hash: str) -> None:
    """
    The hashes of known sets stay as they are.

    Changing a value here would move every pod of every cluster, or hold it as not upgradable, at the next release. A
    new form of hash gets a new version prefix and is compared beside the old one.
    """
    found = _set(_HERE.parents[3] / file)
    assert (found.spec_hash, found.shape_hash) == (spec_hash, shape_hash)


def test_what_is_refused_by_now_keeps_its_hashes() -> None:
    """A set that was accepted before a rule was there is restored from the status branch, and moves no pod."""
    found = _set(_HERE.parent / "golden" / "full.yaml")
    document = json.loads(found.document)
    document["spec"]["containers"][0]["resources"]["claims"] = [{"name": "gpu", "request": "one"}]
    kept = restoring.restore(json.dumps(document), found.place)
    assert (kept.spec_hash, kept.shape_hash) == ("v1-3b1faa6e14cd4033", "v1-81a347e2f20e9d86")


def _reverse(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(spec: dict[str, Any]) -> None:
        here: Any = spec
        for part in path:
            here = here[int(part)] if part.isdigit() else here[part]
        here.reverse()

    return change


def _update(field: str, value: Any, index: int = 0, within: str = "containers") -> Callable[[dict[str, Any]], None]:
    return lambda spec: spec[within][index].update({field: value})


def _take(field: str, index: int = 0) -> Callable[[dict[str, Any]], None]:
    return lambda spec: spec["containers"][index].pop(field)


def _changed(change: Callable[[dict[str, Any]], None]) -> hashes.Hashes:
    spec = copy.deepcopy(_SPEC)
    change(spec)
    return hashes.compute(spec)


@pytest.mark.parametrize(
    "change",
    [
        _reverse("containers"),
        _reverse("initContainers"),
        _reverse("containers", "0", "env"),
        _reverse("containers", "0", "volumeMounts"),
        _update(
            "resources",
            _SPEC["containers"][0]["resources"]
            | {"limits": {"memory": "0.5Gi", "cpu": "1000m", "nvidia.com/gpu": "1"}},
        ),
        _take("stdin"),
        _take("tty"),
        _take("shareVolumeDevicePolicy"),
        _update("workingDir", "", 1),
        _update("env", [], 1),
        _update("resources", {}, 1),
        _update("podInjectPolicy", "BeforeAppContainer", 1),
        _update("podInjectPolicy", "AfterAppContainer", 0, "initContainers"),
        _update("shareVolumePolicy", {"type": "disabled"}, 1),
        _update("upgradeStrategy", {"upgradeType": "ColdUpgrade"}, 1),
        _update("image", "other:1", 1, "initContainers"),
        lambda spec: spec["volumes"].clear(),
        lambda spec: spec["selector"].update(matchLabels={"app": "other"}),
        lambda spec: spec["updateStrategy"].update(partition=0),
        lambda spec: spec.pop("patchPodMetadata"),
        lambda spec: spec.pop("injectionStrategy"),
    ],
)
def test_what_changes_nothing_in_a_pod_changes_no_hash(change: Callable[[dict[str, Any]], None]) -> None:
    """Order of named lists, equal quantities, our own defaults and all that running pods do not hold are not hashed."""
    assert _changed(change) == hashes.compute(_SPEC)


@pytest.mark.parametrize(
    "change",
    [
        _reverse("containers", "0", "envFrom"),
        _update("args", ["other"]),
        _update("imagePullPolicy", "Always"),
        _take("imagePullPolicy"),
        _take("podInjectPolicy"),
        _take("transferEnv"),
        _take("shareVolumePolicy"),
        _take("resourcesPolicy", 1),
        _update("securityContext", {"privileged": False}, 1),
        _update("upgradeStrategy", {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"}),
        _update("upgradeStrategy", {"upgradeType": "ColdUpgrade", "hotUpgradeEmptyImage": "empty:2"}),
        _update("name", "renamed", 1),
        lambda spec: spec["containers"].pop(),
        lambda spec: spec["initContainers"].pop(0),
        _update("command", ["x"], 0, "initContainers"),
    ],
)
def test_what_a_pod_would_hold_otherwise_changes_both(change: Callable[[dict[str, Any]], None]) -> None:
    """Any other change of a container is one of shape: it cannot be made in place."""
    before, after = hashes.compute(_SPEC), _changed(change)
    assert after.spec != before.spec
    assert after.shape != before.shape


@pytest.mark.parametrize("within", ["containers", "initContainers"])
def test_an_image_changes_the_spec_hash_alone(within: str) -> None:
    """A new image of a container or native sidecar, tagged or not, changes the spec and leaves the shape."""
    before, after = hashes.compute(_SPEC), _changed(_update("image", "other", 0, within))
    assert after.spec != before.spec
    assert after.shape == before.shape


def test_the_shape_is_what_a_pod_shows() -> None:
    """A sidecar's shape has the core fields as written, quantities as the API server shows them, nothing of ours."""
    container = {
        "name": "a",
        "image": "a:1",
        "env": [{"name": "B", "value": ""}, {"name": "A", "value": "é"}],
        "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}},
        "livenessProbe": {"exec": {"command": [""]}, "initialDelaySeconds": 0},
        "securityContext": {"privileged": False, "runAsUser": 0},
        "tty": False,
        "args": [],
        "podInjectPolicy": "AfterAppContainer",
    }
    assert shapes.shape(container) == (
        '{"env":[{"name":"A","value":"é"},{"name":"B"}],"livenessProbe":{"exec":{"command":[""]}},'
        '"resources":{"limits":{"cpu":"500m","memory":"1Gi"}},"securityContext":{"privileged":false,"runAsUser":0}}'
    )
