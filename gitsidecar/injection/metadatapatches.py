"""`patchPodMetadata`: annotations that a set gives to a pod, and which keys it may give (reference §3.8, §2.2)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from gitsidecar.injection import templates
from gitsidecar.model import regexes, selectors, sidecarsets

_OURS = "gitsidecar.io/"


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """
    Which annotations the sets whose labels *selector* matches may give: one of *expressions* matches in their keys.

    Each of them has no `regexes.fault`.
    """

    selector: selectors.Selector
    expressions: tuple[str, ...]


Whitelist = Sequence[Rule] | None
"""``None`` allows every key; an empty one allows none."""


def fault(sidecar_set: sidecarsets.SidecarSet, patches: Iterable[templates.MetadataPatch], whitelist: Whitelist) -> str:
    """Say which of *patches* the set may not make, and why, or nothing."""
    rules = [rule for rule in whitelist or () if rule.selector.matches(sidecar_set.labels)]
    allowed = [expression for rule in rules for expression in rule.expressions]
    for patch in patches:
        if patch.key.startswith(_OURS):
            return f"patchPodMetadata gives annotation {patch.key}: those of {_OURS} are gitsidecar's own, remove it"
        if whitelist is not None and not any(regexes.matches(each, patch.key) for each in allowed):
            return f"patchPodMetadata gives annotation {patch.key}, which the settings do not allow: remove it there"
    return ""


def patch(annotations: Mapping[str, str], patches: Iterable[templates.MetadataPatch]) -> dict[str, str]:
    """
    Return *annotations* with *patches* made, in order.

    Raises ValueError, with words to show and no values in them, when one that is to be merged is not JSON.
    """
    patched = dict(annotations)
    for each in patches:
        present = patched.get(each.key)
        if each.policy == "Overwrite":
            patched[each.key] = each.value
        elif each.policy == "MergePatchJson":
            patched[each.key] = _merge_text(each.key, present, each.value)
        elif present is None:
            patched[each.key] = each.value
    return patched


def _merge_text(key: str, present: str | None, value: str) -> str:
    if not present:
        return value
    target, change = _read(present, f"annotation {key} of the pod"), _read(value, f"patchPodMetadata of {key}")
    try:
        merged = merge(target, change)
        return json.dumps(merged, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except RecursionError as error:
        raise ValueError(f"annotation {key} is nested too deep to merge: write it flatter") from error


def merge(target: Any, change: Any) -> Any:
    """Return *target* with *change* merged in as RFC 7396 has it: a null takes the member away."""
    if not isinstance(change, dict):
        return change
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in change.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def _read(text: str, subject: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{subject} is not JSON and cannot be merged: write JSON, or another patchPolicy") from error


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)
