"""Rules for when a container restarts: the rules by exit code, and by resource when it is resized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts
from gitsidecar.model import findings

_MOST_RULES, _MOST_CODES = 20, 255


def check(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with the restarts of *container*, which stands at *path* of *draft*."""
    rules, here = drafts.items(container.get("restartPolicyRules")), (*path, "restartPolicyRules")
    if rules and "restartPolicy" not in container:
        yield draft.finding(here, "needs restartPolicy beside it: write e.g. restartPolicy: Never", at_key=True)
    if len(rules) > _MOST_RULES:
        yield draft.finding(here, f"has {len(rules)} rules: use at most {_MOST_RULES}", at_key=True)
    for index, rule in enumerate(rules):
        codes = drafts.mapping(rule).get("exitCodes")
        if isinstance(rule, dict) and codes is None:
            yield draft.finding((*here, index), "names no exitCodes: write e.g. {operator: In, values: [42]}")
        count = len(drafts.items(drafts.mapping(codes).get("values")))
        if count > _MOST_CODES:
            where = (*here, index, "exitCodes", "values")
            yield draft.finding(where, f"has {count} codes: use at most {_MOST_CODES}", at_key=True)
    yield from _check_resizes(draft, (*path, "resizePolicy"), drafts.items(container.get("resizePolicy")))


def _check_resizes(draft: drafts.Draft, path: documents.Path, listed: list[Any]) -> Iterator[findings.Finding]:
    first: dict[str, int] = {}
    for index, each in enumerate(listed):
        name = drafts.mapping(each).get("resourceName")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            yield draft.finding((*path, index), f"{name} is already resizePolicy[{first[name]}]: remove one")
