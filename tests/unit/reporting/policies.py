"""RolloutPolicies and small reports that hold some, made by hand, for the reporting tests."""

from __future__ import annotations

import json
from typing import Any

from gitsidecar.model import findings, policies, reports
from gitsidecar.reporting import yamls
from tests.unit.reporting import builders as b

WINDOW = {"type": "Deny", "schedule": "0 8 * * 1-5", "duration": "10h", "timeZone": "Europe/Berlin"}
FREEZE = {"from": "2026-12-20T00:00:00Z", "until": "2027-01-03T00:00:00Z", "reason": "the shops' busy weeks"}
REFUSAL = "RolloutPolicy quiet was refused (policies/quiet.yaml:7:5); what it covers is held until it is mended"


def document(name: str = "quiet", **spec: Any) -> str:
    """Return a manifest as a policy's document, canonical as the real one is."""
    metadata = {"name": name}
    value = {"apiVersion": "gitsidecar.io/v1alpha1", "kind": "RolloutPolicy", "metadata": metadata, "spec": spec}
    return yamls.to_json(value)


def policy(name: str = "quiet", **fields: Any) -> reports.PolicyReport:
    """Return the report of a policy for `logtail` with one window, unless *fields* say otherwise."""
    place = findings.Place(f"policies/{name}.yaml", 3, 1)
    return reports.PolicyReport(
        **{"name": name, "place": place, "sets": ("logtail",), "document": document(name, windows=[WINDOW]), **fields}
    )


def restore(text: str, place: findings.Place) -> policies.RolloutPolicy:
    """Return the policy that `document` made *text* for; raises as the real one does."""
    try:
        name, spec = json.loads(text)["metadata"]["name"], json.loads(text)["spec"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a RolloutPolicy: {error!r}") from error
    return policies.RolloutPolicy(name, place, pods_per_minute=spec.get("podsPerMinute"), document=text)


def set_report(name: str = "logtail", updated: int = 4, **fields: Any) -> reports.SetReport:
    """Return the report of a set with ten pods that roll out."""
    wanted = b.sidecar_set(name)
    since = "2026-11-24T01:00:00Z"
    values = {
        "name": name,
        "place": wanted.place,
        "commit": b.REVISION,
        "generation": 2,
        "spec_hash": wanted.spec_hash,
        "stable": "",
        "matched": 10,
        "updated": updated,
        "images": {"logtail": {b.OLD: 10 - updated, b.NEW: updated}},
        "workloads": (reports.Workload("shop", "Deployment/web", 10, updated, 10),),
        "conditions": tuple(
            reports.Condition(type_, False, "RollingOut", "goes on", since) for type_ in ("Complete", "Blocked")
        ),
        "manifest": wanted.document,
        "documents": {wanted.spec_hash: wanted.document},
    }
    return reports.SetReport(**{**values, **fields})


def report(*policies: reports.PolicyReport, sets: tuple[reports.SetReport, ...] | None = None) -> reports.Report:
    """Return a report of *policies*, and of one set unless others are given."""
    return reports.Report("prod", b.REVISION, (set_report(),) if sets is None else sets, (), policies)
