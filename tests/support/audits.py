"""What was written to a cluster and by whom, from the API server's own audit log."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

# One line for each write to a pod, once it has been answered. Reads are left out: they would be most of the log.
POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {
            "level": "Metadata",
            "verbs": ["create", "update", "patch", "delete", "deletecollection"],
            "resources": [{"group": "", "resources": ["pods", "pods/*"]}],
        },
        {"level": "None"},
    ],
}


@dataclasses.dataclass(frozen=True, slots=True)
class Write:
    """One write request: *pod* is "namespace/name", *subresource* may be "", *code* is the HTTP status answered."""

    verb: str
    pod: str
    subresource: str
    code: int


def read(log: Path, *, user: str) -> tuple[Write, ...]:
    """Return the writes of *user* in the order in which they were answered."""
    events = (json.loads(line) for line in log.read_text().splitlines())
    return tuple(_write(event) for event in events if event["user"]["username"] == user)


def _write(event: dict[str, Any]) -> Write:
    ref = event["objectRef"]
    return Write(
        verb=event["verb"],
        pod=f"{ref.get('namespace', '')}/{ref.get('name', '')}",
        subresource=ref.get("subresource", ""),
        code=event["responseStatus"]["code"],
    )
