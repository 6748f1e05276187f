"""The document of a set or policy, as the status branch keeps it, back to what it is of."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pydantic

from gitsidecar.manifests import building
from gitsidecar.manifests.schemas import policies as policy_schemas
from gitsidecar.manifests.schemas import sidecarsets as schemas
from gitsidecar.model import findings, policies, sidecarsets

_T = TypeVar("_T")


def restore(document: str, place: findings.Place) -> sidecarsets.SidecarSet:
    """
    Return the set whose `document` this is: ``restore(s.document, s.place) == s``.

    Only what building needs is checked: a set that was accepted once stays readable when a rule is added later. Raises
    ValueError, with words to show, when it is not such a document.
    """
    return _restore(document, place, "SidecarSet", _build)


def restore_policy(document: str, place: findings.Place) -> policies.RolloutPolicy:
    """Return the policy whose `document` this is, as `restore` does for a set."""
    return _restore(document, place, "RolloutPolicy", _build_policy)


def _restore(document: str, place: findings.Place, kind: str, build: Callable[[Any, findings.Place], _T]) -> _T:
    refusal = f"{place.file} is not a {kind} that gitsidecar kept"
    try:
        return build(json.loads(document), place)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{refusal}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{refusal}: {error}") from error


def _build(value: Any, place: findings.Place) -> sidecarsets.SidecarSet:
    return building.build(schemas.Manifest.model_validate(value), value, place)


def _build_policy(value: Any, place: findings.Place) -> policies.RolloutPolicy:
    return building.build_policy(policy_schemas.Manifest.model_validate(value), value, place)
