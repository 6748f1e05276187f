"""A pod with what is added to it, and the JSON Patch (RFC 6902) that says the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
Operation = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Growth:
    """What comes before and behind the items that a list has."""

    front: Sequence[Json] = ()
    back: Sequence[Json] = ()

    def __bool__(self) -> bool:
        return bool(self.front or self.back)


@dataclasses.dataclass(frozen=True, slots=True)
class Additions:
    """
    All that is added to one pod.

    `annotations` are those that it has in the end. `lists` are by field of `spec`. `secrets` are the names of
    imagePullSecrets, also those that the pod has already.
    """

    annotations: Mapping[str, str]
    lists: Mapping[str, Growth]
    secrets: Sequence[str] = ()


class Drawing:
    """The pod as it grows, and each step of it as an operation; the pod that it began with is left as it is."""

    def __init__(self, pod: Json) -> None:
        self.pod = dict(pod)
        self.operations: list[Operation] = []

    def add(self, additions: Additions) -> None:
        """Add everything."""
        self._annotate(additions.annotations)
        spec = self.pod["spec"] = dict(self.pod["spec"])
        for field, growth in additions.lists.items():
            if growth:
                spec[field] = self._grow(f"/spec/{field}", spec.get(field), growth)
        self._add_secrets(spec, additions.secrets)

    def _annotate(self, annotations: Mapping[str, str]) -> None:
        metadata = self.pod.get("metadata")
        present = (metadata or {}).get("annotations")
        if annotations == (present or {}):
            return
        self.pod["metadata"] = {**(metadata or {}), "annotations": dict(annotations)}
        if metadata is None:
            self._write("/metadata", {"annotations": dict(annotations)})
        elif present is None:
            self._write("/metadata/annotations", dict(annotations))
        else:
            for key, value in annotations.items():
                if present.get(key) != value:
                    self._write(f"/metadata/annotations/{_escape(key)}", value, is_there=key in present)

    def _grow(self, path: str, present: Sequence[Json] | None, growth: Growth) -> list[Json]:
        grown = [*growth.front, *(present or ()), *growth.back]
        if not present:
            self._write(path, grown)
            return grown
        for index, item in enumerate(growth.front):
            self._write(f"{path}/{index}", item)
        for item in growth.back:
            self._write(f"{path}/-", item)
        return grown

    def _add_secrets(self, spec: dict[str, Any], names: Sequence[str]) -> None:
        """Add those of *names* that are new; a list that holds one twice is written anew (reference §3.4)."""
        present = spec.get("imagePullSecrets") or []
        kept: dict[str, Json] = {}
        for each in present:
            kept.setdefault(each.get("name", ""), each)
        new = [{"name": name} for name in dict.fromkeys(names) if name not in kept]
        if not new:
            return
        if len(kept) == len(present):
            spec["imagePullSecrets"] = self._grow("/spec/imagePullSecrets", present, Growth(back=new))
        else:
            spec["imagePullSecrets"] = [*kept.values(), *new]
            self._write("/spec/imagePullSecrets", spec["imagePullSecrets"], is_there=True)

    def _write(self, path: str, value: Any, *, is_there: bool = False) -> None:
        self.operations.append({"op": "replace" if is_there else "add", "path": path, "value": value})


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
