"""One document to a SidecarSet or RolloutPolicy, or to every reason why not."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import pydantic

from gitsidecar.manifests import (
    building,
    cleaning,
    documents,
    drafts,
    kinds,
    names,
    older,
    refusing,
    unsupported,
    wording,
)
from gitsidecar.manifests.rules import policies as policy_rules
from gitsidecar.manifests.rules import sets as set_rules
from gitsidecar.manifests.schemas import policies as policy_schemas
from gitsidecar.manifests.schemas import sidecarsets as schemas
from gitsidecar.model import findings, policies, rules, sidecarsets

_MAX_FINDINGS = 200
"""Of one document's rules: who has broken so many reads no further."""

_Manifest = TypeVar("_Manifest", bound=pydantic.BaseModel)


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """
    A document that is, or was meant as, a SidecarSet or a RolloutPolicy.

    `name` is empty when none could be read; `place` is where it stands. `accepted` is the set, ``None`` when `found`
    has errors. `policy` is ``None`` for a set, and for a policy there in any case: refused, it still holds. `draft` is
    what was checked, ``None`` when nothing was.
    """

    document: documents.Document
    name: str
    place: findings.Place
    found: tuple[findings.Finding, ...]
    accepted: sidecarsets.SidecarSet | None = None
    policy: policies.RolloutPolicy | None = None
    draft: drafts.Draft | None = None

    @property
    def kind(self) -> str:
        return kinds.KIND if self.policy is None else kinds.POLICY

    def finding(self, message: str) -> findings.Finding:
        """Return an error at the name."""
        return self.document.finding(("metadata", "name"), message)


def read(each: kinds.Sorted) -> Entry:
    """Return what *each* (not of the role OTHER) comes to, with all that is to be said about it at once."""
    document = each.document
    bare = Entry(document, name_of(document.value), document.finding(("metadata", "name"), "").place, each.found)
    match each.role:
        case kinds.Role.SET:
            return _read_set(bare)
        case kinds.Role.POLICY:
            return _read_policy(bare)
    return bare


def name_of(value: Any) -> str:
    """Return the name that a document gives itself, or an empty string when it gives none that can be one."""
    name = drafts.mapping(drafts.mapping(value).get("metadata")).get("name")
    return name if isinstance(name, str) and not names.label_fault(name) else ""


def _read_set(bare: Entry) -> Entry:
    draft = older.modernise(bare.document)
    manifest, faults = _validate(draft, schemas.Manifest, (older.V1BETA1, kinds.KIND))
    told = itertools.islice(set_rules.check(draft), _MAX_FINDINGS)
    found = (*_found(bare, draft, faults, told), *findings.by(rules.Rule.UNSUPPORTED, unsupported.check(draft)))
    accepted = None
    if manifest is not None and not _errors(found):
        accepted = building.build(manifest, draft.value, bare.place)
    return dataclasses.replace(bare, found=found, accepted=accepted, draft=draft)


def _read_policy(bare: Entry) -> Entry:
    draft = cleaning.clean(bare.document, _is_vital_in_policies)
    manifest, faults = _validate(draft, policy_schemas.Manifest, (kinds.POLICY_VERSION, kinds.POLICY))
    told = itertools.islice(policy_rules.check(draft), _MAX_FINDINGS)
    found = tuple(_found(bare, draft, faults, told))
    if manifest is not None and not _errors(found):
        policy = building.build_policy(manifest, draft.value, bare.place)
    else:
        policy = refusing.refuse(bare.name, bare.place, [refusing.target_of(bare.document)], _errors(found))
    return dataclasses.replace(bare, found=found, policy=policy, draft=draft)


def _found(
    bare: Entry, draft: drafts.Draft, faults: Iterable[findings.Finding], told: Iterable[findings.Finding]
) -> Iterator[findings.Finding]:
    yield from bare.found
    yield from findings.by(rules.Rule.OLDER_FORM, draft.found)
    yield from findings.by(rules.Rule.FIELD, faults)
    yield from findings.by(rules.Rule.TOGETHER, told)


def _is_vital_in_policies(path: documents.Path) -> bool:
    return path[0] == "spec" and len(path) > 1  # read as absent, a forgotten value would open what was to be closed


def _errors(found: Iterable[findings.Finding]) -> list[findings.Finding]:
    return [finding for finding in found if finding.level is findings.Level.ERROR]


def _validate(
    draft: drafts.Draft, model: type[_Manifest], head: tuple[str, str]
) -> tuple[_Manifest | None, tuple[findings.Finding, ...]]:
    """Return the manifest, or ``None`` and the reasons; *head* is the right apiVersion and kind."""
    # Faults of these two have been told already; with them right, the fields are checked all the same.
    value = {**draft.value, "apiVersion": head[0], "kind": head[1]}
    try:
        return model.model_validate(value), ()
    except pydantic.ValidationError as error:
        return None, tuple(wording.explain(error, draft, model=model))
