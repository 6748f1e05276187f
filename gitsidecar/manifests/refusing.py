"""RolloutPolicies that were refused: they open nothing, and hold what they cover until they are mended."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import pydantic

from gitsidecar.manifests import building, documents, drafts
from gitsidecar.manifests.schemas import policies as schemas
from gitsidecar.model import findings, policies

_ENDING = "what it covers is held until it is mended or removed"


def refuse(
    name: str, place: findings.Place, targets: Iterable[policies.Target], errors: Sequence[findings.Finding]
) -> policies.RolloutPolicy:
    """
    Return the policy that stands for a refused manifest with these *errors*.

    Without a *name* its place stands in: it holds all the same.
    """
    who = f"RolloutPolicy {name}" if name else "a RolloutPolicy without a usable name"
    places = list(dict.fromkeys(str(each.place) for each in sorted(errors)))
    rejection = f"{who} was refused{listed(places)}; {_ENDING}"
    return policies.RolloutPolicy(name or str(place), place, tuple(dict.fromkeys(targets)), rejection=rejection)


def is_nameless(policy: policies.RolloutPolicy) -> bool:
    """Say whether *policy* stands for a manifest of which no name could be read."""
    return bool(policy.rejection) and policy.name == str(policy.place)


def target_of(document: documents.Document) -> policies.Target:
    """Return which sets a refused *document* seems to mean; all of them, when that part is doubtful itself."""
    spec = drafts.mapping(drafts.mapping(document.value).get("spec"))
    written = {field: spec[field] for field in ("sidecarSets", "sidecarSetSelector") if field in spec}
    if document.faults or len(written) != 1 or None in written.values():
        return policies.Target()
    try:
        return building.build_target(schemas.Targets.model_validate(written))
    except pydantic.ValidationError:
        return policies.Target()


def join(refused: policies.RolloutPolicy, last: policies.RolloutPolicy) -> policies.RolloutPolicy:
    """Return the *last* good form of a *refused* policy, which covers what either of the two means."""
    targets = tuple(dict.fromkeys((*last.targets, *refused.targets)))
    return dataclasses.replace(last, place=refused.place, targets=targets, rejection=refused.rejection)


def miss(last: policies.RolloutPolicy, unread: Sequence[str]) -> policies.RolloutPolicy:
    """Return the *last* good form of a policy that may stand in one of the *unread* files."""
    reason = f"RolloutPolicy {last.name} is missing while files could not be read{listed(unread)}"
    return dataclasses.replace(last, rejection=f"{reason}; what it covers is held until they can be")


def listed(words: Sequence[str]) -> str:
    """Return *words* in parentheses, three of them and how many more; nothing for none."""
    if not words:
        return ""
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    return f" ({', '.join(words[:3])}{more})"
