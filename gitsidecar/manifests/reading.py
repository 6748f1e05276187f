"""One document to a SidecarSet, or to every reason why not."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pydantic

from gitsidecar.manifests import building, documents, drafts, kinds, names, older, unsupported, wording
from gitsidecar.manifests.rules import sets as rules
from gitsidecar.manifests.schemas import sidecarsets as schemas
from gitsidecar.model import findings, sidecarsets

_MAX_FINDINGS = 200
"""Of one document's rules: who has broken so many reads no further."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """
    A document that is, or was meant as, a SidecarSet.

    `name` is empty when none could be read; `place` is where it stands. `accepted` is ``None`` when `found` has errors.
    """

    document: documents.Document
    name: str
    place: findings.Place
    found: tuple[findings.Finding, ...]
    accepted: sidecarsets.SidecarSet | None = None

    def finding(self, message: str) -> findings.Finding:
        """Return an error at the set's name."""
        return self.document.finding(("metadata", "name"), message)


def read(each: kinds.Sorted) -> Entry:
    """Return what *each* (not of the role OTHER) comes to, with all that is to be said about it at once."""
    document = each.document
    name = name_of(document.value)
    place = document.finding(("metadata", "name"), "").place
    if each.role is not kinds.Role.SET:
        return Entry(document, name, place, each.found)
    draft = older.modernise(document)
    checked = _validate(draft)
    told = itertools.islice(rules.check(draft), _MAX_FINDINGS)
    found = (*each.found, *draft.found, *checked.found, *told, *unsupported.check(draft))
    if checked.manifest is None or any(finding.level is findings.Level.ERROR for finding in found):
        return Entry(document, name, place, found)
    return Entry(document, name, place, found, building.build(checked.manifest, draft.value, place))


def name_of(value: Any) -> str:
    """Return the name that a document gives itself, or an empty string when it gives none that can be one."""
    name = drafts.mapping(drafts.mapping(value).get("metadata")).get("name")
    return name if isinstance(name, str) and not names.label_fault(name) else ""


@dataclasses.dataclass(frozen=True, slots=True)
class _Checked:
    manifest: schemas.Manifest | None
    found: tuple[findings.Finding, ...] = ()


def _validate(draft: drafts.Draft) -> _Checked:
    # Faults of these two have been told already; with them right, the fields are checked all the same.
    value = {**draft.value, "apiVersion": older.V1BETA1, "kind": kinds.KIND}
    try:
        return _Checked(schemas.Manifest.model_validate(value))
    except pydantic.ValidationError as error:
        return _Checked(None, tuple(wording.explain(error, draft)))
