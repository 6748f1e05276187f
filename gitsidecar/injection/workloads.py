"""The pods that a manifest describes: a Pod itself, or the template of a workload; also the items of a list."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]

_TEMPLATES: Mapping[tuple[str, str], Path] = {
    ("", "Pod"): (),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
_GROUPS = {kind: group for group, kind in _TEMPLATES}
_LIST = "List"


@dataclasses.dataclass(frozen=True, slots=True)
class Described:
    """
    A pod that a document describes, and where in it: `pod` is what stands there, whatever that is.

    `kind`, `namespace` and `name` are those of the object that is written; the latter two may be empty.
    """

    path: Path
    pod: Any
    kind: str
    namespace: str = ""
    name: str = ""

    @property
    def title(self) -> str:
        """Return what people call it: ``Deployment shop/web``."""
        return f"{self.kind} {'/'.join(filter(None, (self.namespace, self.name))) or 'without a name'}"


def find(document: Any, path: Path = (), kind: str = "") -> Iterator[Described]:
    """Yield the pods of *document*, which stands at *path*; *kind* is what it is when it does not say so itself."""
    if not isinstance(document, Mapping):
        return
    version, kind = document.get("apiVersion"), document.get("kind") or kind
    if not isinstance(kind, str):
        return
    if kind.endswith(_LIST) and isinstance(document.get("items"), list):
        for index, item in enumerate(document["items"]):
            yield from find(item, (*path, "items", index), kind.removesuffix(_LIST))
    elif kind in _GROUPS and (not version or str(version).rpartition("/")[0] == _GROUPS[kind]):
        yield _described(document, path, kind)


def put(document: Any, path: Path, pod: Any) -> Any:
    """Return *document* with *pod* at *path*; the document that is handed in is left as it is."""
    if not path:
        return pod
    copy: Any = list(document) if isinstance(document, list) else dict(document)
    copy[path[0]] = put(document[path[0]], path[1:], pod)
    return copy


def pointer(path: Path) -> str:
    """Return *path* as the beginning of a JSON Pointer."""
    return "".join(f"/{part}" for part in path)


def _described(document: Mapping[str, Any], path: Path, kind: str) -> Described:
    inner = _TEMPLATES[_GROUPS[kind], kind]
    pod: Any = document
    for part in inner:
        pod = pod.get(part) if isinstance(pod, Mapping) else None
    metadata = document.get("metadata")
    named = metadata if isinstance(metadata, Mapping) else {}
    name = named.get("name") or named.get("generateName") or ""
    return Described((*path, *inner), pod, kind, str(named.get("namespace") or ""), str(name))
