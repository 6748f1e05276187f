"""A document on its way to a model: in its newest form, but still tied to what the person wrote."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from gitsidecar.manifests import documents
from gitsidecar.model import findings


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """
    A document in its newest form (a SidecarSet in v1beta1).

    `origins` maps a field that was moved to the path at which it was written. `found` tells what was moved.
    """

    document: documents.Document
    value: Mapping[str, Any]
    origins: Mapping[documents.Path, documents.Path] = dataclasses.field(default_factory=dict)
    found: tuple[findings.Finding, ...] = ()

    def finding(
        self,
        path: documents.Path,
        message: str,
        level: findings.Level = findings.Level.ERROR,
        *,
        at_key: bool = False,
    ) -> findings.Finding:
        """Return a finding about *path* (of the newest form), placed and named as the person wrote it."""
        return self.document.finding(self._written(path), message, level, at_key=at_key)

    def _written(self, path: documents.Path) -> documents.Path:
        for end in range(len(path), 0, -1):
            origin = self.origins.get(path[:end])
            if origin is not None:
                return origin + path[end:]
        return path


def mapping(value: Any) -> Mapping[str, Any]:
    """Return *value* if it is a mapping, else an empty one: rules look past what the models refuse anyway."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return *value* if it is a list, else an empty one."""
    return value if isinstance(value, list) else []
