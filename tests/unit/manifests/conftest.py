"""What the tests of manifests share: a good SidecarSet and RolloutPolicy, changes to them, and calls that read them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from gitsidecar.manifests import trees
from gitsidecar.model import desires, files

ReadText = Callable[[str | bytes], desires.Desired]
ReadChanged = Callable[..., desires.Desired]
Changed = Callable[..., dict[str, Any]]

REMOVED = object()

_GOOD: dict[str, Any] = {
    "apiVersion": "apps.kruise.io/v1beta1",
    "kind": "SidecarSet",
    "metadata": {"name": "logtail"},
    "spec": {
        "selector": {"matchLabels": {"app": "nginx"}},
        "containers": [{"name": "logtail", "image": "log-service/logtail:0.16.16"}],
    },
}
_GOOD_POLICY: dict[str, Any] = {
    "apiVersion": "gitsidecar.io/v1alpha1",
    "kind": "RolloutPolicy",
    "metadata": {"name": "nights"},
    "spec": {"podsPerMinute": 30},
}


def _change(document: dict[str, Any], path: str, value: Any) -> None:
    """Set the field at *path* (dots between names, numbers for items, ``~`` for a dot in a name)."""
    parts = [int(part) if part.isdigit() else part.replace("~", ".") for part in path.split(".")]
    here: Any = document
    for part in parts[:-1]:
        here = here[part] if isinstance(part, int) else here.setdefault(part, {})
    if value is REMOVED:
        del here[parts[-1]]
    else:
        here[parts[-1]] = value


def _changed(good: dict[str, Any], changes: tuple[Any, ...]) -> dict[str, Any]:
    document = copy.deepcopy(good)
    for path, value in zip(changes[::2], changes[1::2], strict=True):
        _change(document, path, value)
    return document


@pytest.fixture(scope="session")
def removed() -> object:
    """Return what stands for a field that is taken away."""
    return REMOVED


@pytest.fixture(scope="session")
def changed() -> Changed:
    """Return a function that gives a good document with fields changed: path, value, path, value, and so on."""

    return lambda *changes: _changed(_GOOD, changes)


@pytest.fixture(scope="session")
def changed_policy() -> Changed:
    """Return a function as `changed`, for a good RolloutPolicy."""
    return lambda *changes: _changed(_GOOD_POLICY, changes)


@pytest.fixture(scope="session")
def read_text() -> ReadText:
    """Return a function that reads one file."""

    def read(text: str | bytes) -> desires.Desired:
        content = text if isinstance(text, bytes) else text.encode()
        return trees.read(files.Tree("r1", (files.File("set.yaml", content),)))

    return read


@pytest.fixture(scope="session")
def read_changed(changed: Changed, read_text: ReadText) -> ReadChanged:
    """Return a function that reads a good document with fields changed, written as JSON."""

    def read(*changes: Any) -> desires.Desired:
        return read_text(json.dumps(changed(*changes)))

    return read


@pytest.fixture(scope="session")
def read_policy(changed_policy: Changed, read_text: ReadText) -> ReadChanged:
    """Return a function that reads a good policy with fields changed, written as JSON."""

    def read(*changes: Any) -> desires.Desired:
        return read_text(json.dumps(changed_policy(*changes)))

    return read
