"""SidecarSets as a person pushes them, as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

OLD, NEW, NEWEST = (f"log-service/logtail:0.16.{number}" for number in (16, 18, 20))
LABELS = {"app": "web"}


def text(
    image: str = NEW,
    name: str = "logtail",
    *,
    selector: Mapping[str, str] | None = None,
    container: str = "logtail",
    **update: Any,
) -> str:
    """Return a SidecarSet that adopts pods with *container*; *update* is its updateStrategy."""
    manifest = {
        "apiVersion": "apps.kruise.io/v1beta1",
        "kind": "SidecarSet",
        "metadata": {"name": name, "annotations": {"gitsidecar.io/adopt": "true"}},
        "spec": {
            "selector": {"matchLabels": dict(selector or LABELS)},
            "updateStrategy": update,
            "containers": [{"name": container, "image": image}],
        },
    }
    return yaml.safe_dump(manifest, sort_keys=False)
