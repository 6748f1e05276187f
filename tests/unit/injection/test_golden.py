"""
Whole pods, as they start: each folder of `golden` has the sets, the pod, the pod injected, and what is said.

A number in a folder's name is that of the case in the reference, §9.4 and §9.5.
"""

from __future__ import annotations

import pathlib

import pytest
import yaml

from gitsidecar.injection import choosing
from gitsidecar.reporting import yamls
from tests.unit.injection import builders

_FOLDER = pathlib.Path(__file__).parent / "golden"
_CASES = sorted(path.name for path in _FOLDER.iterdir())


@pytest.mark.parametrize("name", _CASES)
def test_a_pod_is_injected_as_it_stands_written(name: str) -> None:
    """The injected pod and the notes of a golden folder are exactly those written there."""
    folder = _FOLDER / name
    pod = yaml.safe_load((folder / "pod.yaml").read_text())
    choice = choosing.choose(pod, builders.sets((folder / "sets.yaml").read_text()), builders.SHOP)
    injection = builders.inject(pod, *choice.sets)
    told = "".join(f"{each}\n" for each in (*choice.notes, *injection.notes))
    assert yamls.dump(injection.pod).decode() == (folder / "result.yaml").read_text()
    assert told == (folder / "notes.txt").read_text()
    assert builders.applied(pod, injection.patch) == injection.pod
