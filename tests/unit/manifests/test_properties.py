"""Whatever the files hold, reading gives an answer: a set or a policy, or the reasons why not."""

from __future__ import annotations

import copy
import json
import pathlib
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.manifests import restoring, trees
from gitsidecar.model import desires, files

_FULL: dict[str, Any] = yaml.safe_load((pathlib.Path(__file__).parent / "golden" / "full.yaml").read_text())
_NIGHTS: dict[str, Any] = yaml.safe_load(
    (pathlib.Path(__file__).parents[3] / "manifests-example" / "nights.yaml").read_text().replace("+01:00", "Z")
)
for _freeze in _NIGHTS["spec"]["freezes"]:
    _freeze.update({key: _freeze[key].isoformat() for key in ("from", "until")})  # PyYAML made times of them

_words = st.sampled_from(
    [
        *(b"apiVersion: apps.kruise.io/v1alpha1\n", b"kind: SidecarSet\n", b"kind: List\nitems:\n"),
        *(b"metadata: {name: a}\n", b"spec:\n", b"  containers: [", b"{name: a, image: b}", b"]\n", b"  selector: {"),
        *(b"}", b"---\n", b"- ", b": ", b"*a", b"&a ", b"!!str ", b"? ", b'"', b"'", b"\t", b"\n", b"|", b">", b"{{"),
        *(b"\x00", b"\xff", b"\xef\xbb\xbf"),
    ]
)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("50%")
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def _read(content: bytes) -> desires.Desired:
    return trees.read(files.Tree("r1", (files.File("set.yaml", content),)))


@given(st.binary(max_size=200) | st.lists(_words, max_size=25).map(b"".join))
def test_any_bytes_give_an_answer(content: bytes) -> None:
    """Any bytes at all are read without an exception, and every finding has words."""
    desired = _read(content)
    assert all(str(finding) and finding.message for finding in desired.found)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, member in members for each in _paths(member, (*path, key)))]


_ALL_PATHS = [path for path in _paths(_FULL) if path]


def _put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    try:
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = value
    except (LookupError, TypeError):
        pass  # the change before this one took the place away


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(_ALL_PATHS), _values), min_size=1, max_size=3))
def test_any_value_in_any_field_gives_an_answer(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """A full document with fields replaced by anything is accepted and restored alike, or refused with its reasons."""
    document = copy.deepcopy(_FULL)
    for path, value in changes:
        _put(document, path, copy.deepcopy(value))
    desired = _read(json.dumps(document).encode())
    for each in desired.sets:
        assert restoring.restore(each.document, each.place) == each
    assert desired.sets or desired.found
    assert desired.sets or document["kind"] != "SidecarSet" or desired.rejections


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from([path for path in _paths(_NIGHTS) if path]), _values), max_size=3))
def test_any_value_in_a_policy_opens_nothing(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """A policy with fields replaced by anything is accepted and restored alike, or stays as one that holds."""
    document = copy.deepcopy(_NIGHTS)
    for path, value in changes:
        _put(document, path, copy.deepcopy(value))
    desired = _read(json.dumps(document).encode())
    for each in desired.policies:
        assert bool(each.rejection) == bool(desired.rejections)
        assert each.rejection or restoring.restore_policy(each.document, each.place) == each
    assert desired.policies or desired.unread or document["kind"] != "RolloutPolicy"
