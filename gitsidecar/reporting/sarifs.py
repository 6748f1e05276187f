"""Findings as SARIF 2.1.0, which code scanning of GitHub and others reads."""

from __future__ import annotations

import urllib.parse
from collections.abc import Sequence
from typing import Any

from gitsidecar.model import findings, rules
from gitsidecar.reporting import validations

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
"""What a relative path is relative to, by the name that the readers of SARIF have for the repository's top."""


def to_sarif(found: Sequence[findings.Finding], version: str) -> dict[str, Any]:
    """Return *found* as a log of one run of this *version*; files below the repository's top have relative names."""
    driver = {
        "name": "gitsidecar",
        "semanticVersion": version,
        "rules": [{"id": rule.value, "shortDescription": {"text": rule.asks}} for rule in rules.Rule],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each) for each in found],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(found: findings.Finding) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": _artifact(found.file),
            # GitHub shows nothing without a line.
            "region": {"startLine": found.line or 1, "startColumn": found.column or 1},
        }
    }
    if found.field:
        location["logicalLocations"] = [{"fullyQualifiedName": found.field, "kind": "member"}]
    rule = found.rule or rules.Rule.FILE
    return {
        "ruleId": rule.value,
        "ruleIndex": list(rules.Rule).index(rule),
        "level": found.level.value,
        "message": {"text": validations.words(found)},
        "locations": [location],
    }


def _artifact(file: str) -> dict[str, str]:
    uri = urllib.parse.quote(file, errors="replace")
    if file.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": _ROOT}
