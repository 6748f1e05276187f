"""Rules for what a set asks of new pods as a whole: the spec that they get, and the annotations."""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.model import findings

_REVISION: documents.Path = ("spec", "injectionStrategy", "revision")
_PATCHES: documents.Path = ("spec", "patchPodMetadata")
_OURS = "gitsidecar.io/"
_SPEC_HASH = re.compile(r"v[0-9]+-[0-9a-f]{16}")
_MAX_BYTES = 256 * 1024
"""Of all annotations of a pod: Kubernetes refuses one with more."""


def check(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong, or without effect, in `injectionStrategy` and `patchPodMetadata` of *spec*."""
    revision = drafts.mapping(spec.get("injectionStrategy")).get("revision")
    if isinstance(revision, dict):
        yield from _check_revision(draft, revision)
    yield from _check_patches(draft, drafts.items(spec.get("patchPodMetadata")))


def _check_revision(draft: drafts.Draft, revision: Mapping[str, Any]) -> Iterator[findings.Finding]:
    name, version = revision.get("revisionName"), revision.get("customVersion")
    if not name and not version:
        yield draft.finding(_REVISION, "names no revision: write revisionName or customVersion", at_key=True)
    if isinstance(name, str) and name and not _SPEC_HASH.fullmatch(name):
        message = (
            f"{names.shown(name)} is no spec hash: write one of those that history/ on the status branch lists, "
            f"e.g. v1-0123456789abcdef, or customVersion"
        )
        yield draft.finding((*_REVISION, "revisionName"), message)
    if name and version:
        message = "has no effect beside revisionName: remove one of the two"
        yield draft.finding((*_REVISION, "customVersion"), message, findings.Level.WARNING, at_key=True)


def _check_patches(draft: drafts.Draft, patches: list[Any]) -> Iterator[findings.Finding]:
    counts = collections.Counter(key for patch in patches for key in _annotations(patch))
    for index, patch in enumerate(patches):
        path: documents.Path = (*_PATCHES, index, "annotations")
        if drafts.mapping(patch).get("annotations") == {}:
            yield draft.finding(path, "is empty: write at least one annotation", at_key=True)
        is_merged = drafts.mapping(patch).get("patchPolicy") == "MergePatchJson"
        for key, value in _annotations(patch).items():
            if counts[key] > 1:
                yield draft.finding((*path, key), "is patched by two entries: keep it in one", at_key=True)
            if key.lower().startswith(_OURS):
                message = f"annotations of {_OURS} are gitsidecar's own: remove it"
                yield draft.finding((*path, key), message, at_key=True)
            if is_merged and isinstance(value, str) and not _is_json(value):
                message = """is not JSON, as MergePatchJson needs it: write e.g. '{"logtail": 1}', or Overwrite"""
                yield draft.finding((*path, key), message)
    if sum(map(_size, patches)) > _MAX_BYTES:
        yield draft.finding(_PATCHES, "is more than the 256 KiB of annotations that a pod may have", at_key=True)


def _annotations(patch: Any) -> Mapping[str, Any]:
    return drafts.mapping(drafts.mapping(patch).get("annotations"))


def _size(patch: Any) -> int:
    return sum(len(f"{key}{value}".encode(errors="replace")) for key, value in _annotations(patch).items())


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)
