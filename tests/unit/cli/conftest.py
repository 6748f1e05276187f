"""The command run in this process, and folders with manifests and pods."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest

from gitsidecar.cli import main
from tests.support import podspecs, sidecarsets

Run = Callable[..., click.testing.Result]


@pytest.fixture
def run() -> Run:
    """Give a function that runs a verb in this process; nothing that it raises is hidden."""

    def invoke(*arguments: str | Path, stdin: str | bytes | None = None) -> click.testing.Result:
        words = [str(each) for each in arguments]
        result = click.testing.CliRunner().invoke(main.program, words, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Return a folder with one valid set."""
    folder = tmp_path / "good"
    folder.mkdir()
    (folder / "logtail.yaml").write_text(sidecarsets.text(maxUnavailable=1, partition=1))
    return folder


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Return a folder with a set of two errors and one of which a field is misspelt."""
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "a.yaml").write_text(
        "apiVersion: apps.kruise.io/v1beta1\nkind: SidecarSet\nmetadata: {name: a}\nspec: 5\n"
    )
    (folder / "b.yaml").write_text(sidecarsets.text(name="b", maxUnavailabel=1))
    return folder


@pytest.fixture
def pods(tmp_path: Path) -> Path:
    """Return a file with three Ready pods as kubectl saves them."""
    items = []
    for number in range(3):
        images = {"app": "app:1", "logtail": sidecarsets.OLD}
        pod = podspecs.pod(f"web-{number}", images, labels=sidecarsets.LABELS)
        pod["metadata"] |= {"uid": f"uid-{number}", "creationTimestamp": f"2026-11-0{number + 1}T00:00:00Z"}
        statuses = [{"name": name, "containerID": f"{name}-{number}", "ready": True} for name in images]
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-10T00:00:00Z"}
        pod["status"] = {"phase": "Running", "containerStatuses": statuses, "conditions": [ready]}
        items.append(pod)
    file = tmp_path / "pods.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return file
