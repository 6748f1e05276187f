"""A set's document, as the status branch keeps it, back to the set."""

from __future__ import annotations

import json

import pydantic

from gitsidecar.manifests import building
from gitsidecar.manifests.schemas import sidecarsets as schemas
from gitsidecar.model import findings, sidecarsets


def restore(document: str, place: findings.Place) -> sidecarsets.SidecarSet:
    """
    Return the set whose `document` this is: ``restore(s.document, s.place) == s``.

    Only what building needs is checked: a set that was accepted once stays readable when a rule is added later. Raises
    ValueError, with words to show, when it is not such a document.
    """
    try:
        value = json.loads(document)
        manifest = schemas.Manifest.model_validate(value)
        return building.build(manifest, value, place)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place.file} is not a SidecarSet that gitsidecar kept: {field}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{place.file} is not a SidecarSet that gitsidecar kept: {error}") from error
