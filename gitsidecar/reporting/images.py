"""Which images a spec brings, read from its document, and what differs from another spec's, in few words."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from gitsidecar.reporting import texts, yamls

_IMAGE = re.compile(r"((?:.*/)?[^/:@]*)(?::([^/@]*))?(?:@(.*))?", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One container whose image is another one; *old* is empty for a new container, *new* for one that is gone."""

    container: str
    old: str
    new: str

    def __str__(self) -> str:
        container = texts.one_line(self.container)
        if not (self.old and self.new):
            return f"{container} {texts.one_line(self.new) or 'is gone'}"
        repository, old = split(self.old)
        same, new = split(self.new)
        if repository != same:
            return f"{container} {texts.one_line(self.old)} -> {texts.one_line(self.new)}"
        return f"{container} {texts.one_line(old)} -> {texts.one_line(new)}"


def split(image: str) -> tuple[str, str]:
    """Return the repository of an image, and its tag, or its digest if it has none."""
    found = _IMAGE.fullmatch(image)
    assert found is not None, "it matches any text"
    repository, tag, digest = found.groups()
    return repository, tag or digest or "latest"


def of_document(document: str) -> Mapping[str, str]:
    """Return container → image of the SidecarSet in *document*; what a person has damaged counts as not there."""
    value = yamls.from_json(document)
    spec = value.get("spec") if isinstance(value, dict) else None
    lists = (spec.get(key) for key in ("initContainers", "containers")) if isinstance(spec, dict) else ()
    found = (each for entries in lists if isinstance(entries, list) for each in entries)
    return dict(pair for each in found if (pair := _pair(each)) is not None)


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """Return the containers of which the image differs, in order of *new*, then those that are gone."""
    names = [*new, *(name for name in old if name not in new)]
    found = (Change(name, old.get(name, ""), new.get(name, "")) for name in names)
    return tuple(each for each in found if each.old != each.new)


def _pair(container: Any) -> tuple[str, str] | None:
    name, image = (container.get(key) for key in ("name", "image")) if isinstance(container, dict) else (None, None)
    return (name, image) if isinstance(name, str) and isinstance(image, str) else None
