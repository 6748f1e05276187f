"""Pydantic's errors in our words: what is wrong there, and what to write instead."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

import pydantic
from pydantic_core import ErrorDetails

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.manifests.schemas import bases, policies, sidecarsets
from gitsidecar.model import findings

_MAX_ERRORS = 100

_MISSING = {
    "selector": "write the labels of the pods to manage, e.g. selector: {matchLabels: {app: nginx}}",
    "matchSelector": "write the labels of the pods meant, e.g. matchSelector: {matchLabels: {app: nginx}}",
    "image": "write e.g. image: registry/logtail:0.16.18",
    "name": "write e.g. name: logtail",
    "metadata": "write metadata: {name: ...}",
    "spec": "write spec: with a selector and containers",
    "operator": "write In, NotIn, Exists or DoesNotExist",
    "containerPort": "write e.g. containerPort: 8080",
    "mountPath": "write e.g. mountPath: /var/log/nginx",
    "command": "write the program and its arguments, e.g. command: [cat, /ready]",
    "secretName": "write the name of the Secret, e.g. secretName: logtail",
}
_MISSING_IN_POLICIES = {
    "name": "write e.g. name: nights",
    "spec": "write spec: with windows, freezes or podsPerMinute",
    "type": "write Allow or Deny",
    "schedule": "write e.g. schedule: '0 22 * * MON-FRI'",
    "duration": "write e.g. duration: 4h",
    "reason": "say why, it is shown to whoever waits, e.g. reason: Christmas trade",
}

# Fields that people know from elsewhere: what is called what here.
_ELSEWHERE: dict[documents.Path, str] = {
    ("spec", "namespace"): (
        "exists in v1alpha1 only: write namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ...}}"
    ),
    ("metadata", "namespace"): (
        "a SidecarSet belongs to no namespace: to keep it to one, write "
        "spec.namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ...}}"
    ),
    ("metadata", "generateName"): "write metadata.name: a file in Git needs a name that stays",
    ("spec", "template"): "a SidecarSet has no template: write spec.containers",
    ("spec", "updateStrategy", "rollingUpdate"): "write its fields directly under updateStrategy",
    ("spec", "updateStrategy", "maxSurge"): "a pod is updated in place, so there is no surge: remove it",
}
_ELSEWHERE_IN_POLICIES: dict[documents.Path, str] = {
    ("metadata", "namespace"): "a RolloutPolicy belongs to no namespace: remove it",
    ("metadata", "generateName"): "write metadata.name: a file in Git needs a name that stays",
    ("spec", "selector"): "it is sets that are chosen, not pods: write sidecarSetSelector or sidecarSets",
    ("spec", "paused"): "write a freeze, which says why: freezes: [{reason: ...}]",
    ("spec", "maxUnavailable"): "stands in the SidecarSet's updateStrategy: remove it",
    ("spec", "timeZone"): "stands in each window: move it there",
}


def explain(
    error: pydantic.ValidationError, draft: drafts.Draft, *, model: type[pydantic.BaseModel] = sidecarsets.Manifest
) -> Iterator[findings.Finding]:
    """Yield a finding for each error of the validation of *draft* by *model*."""
    details = error.errors(include_url=False)
    for each in details[:_MAX_ERRORS]:
        yield _explain(each, draft, model)
    if len(details) > _MAX_ERRORS:
        yield draft.finding((), f"and {len(details) - _MAX_ERRORS} more errors: mend the ones above first")


def known_fields(model: type[pydantic.BaseModel], path: documents.Path) -> tuple[str, ...]:
    """Return the names of the fields that stand at *path* of *model*, or nothing when they are free."""
    here: Any = model
    for part in path:
        here = _inner(here, part)
    here = _strip(here)
    return tuple(_fields(here)) if isinstance(here, type) and issubclass(here, pydantic.BaseModel) else ()


def _explain(error: ErrorDetails, draft: drafts.Draft, model: type[pydantic.BaseModel]) -> findings.Finding:
    is_key = bool(error["loc"]) and error["loc"][-1] == "[key]"
    path: documents.Path = error["loc"][:-1] if is_key else error["loc"]
    kind = error["type"]
    if kind == "missing":
        return draft.finding(path, f"is missing: {_hint(path, model)}", at_key=True)
    if kind == "extra_forbidden":
        return draft.finding(path, _unknown(path, model), at_key=True)
    return draft.finding(path, _message(error), at_key=is_key)


def _hint(path: documents.Path, model: type[pydantic.BaseModel]) -> str:
    field = str(path[-1])
    hints = {**_MISSING, **(_MISSING_IN_POLICIES if model is policies.Manifest else {})}
    return f"write {field}: ..." if field == "spec" and len(path) > 1 else hints.get(field, f"write {field}: ...")


def _unknown(path: documents.Path, model: type[pydantic.BaseModel]) -> str:
    elsewhere = {sidecarsets.Manifest: _ELSEWHERE, policies.Manifest: _ELSEWHERE_IN_POLICIES}.get(model, {}).get(path)
    if elsewhere:
        return elsewhere
    known = known_fields(model, path[:-1])
    hint = names.suggestion(str(path[-1]), known)
    if not hint and len(known) <= 12:
        hint = f"known are {_join(known, 'and')}"
    return "is not a known field" + (f": {hint}" if hint else "")


def _message(error: ErrorDetails) -> str:
    value, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case bases.FAULT:
            return str(context["words"])
        case "string_type":
            return f"must be text, not {_noun(value)}" + (
                "" if isinstance(value, dict | list) else ": put it in quotes"
            )
        case "int_type" | "int_from_float":
            return f"must be a whole number, not {_noun(value)}{_number_hint(value)}"
        case "bool_type":
            return f"must be true or false, not {_noun(value)}{_truth_hint(value)}"
        case "list_type":
            return f"must be a list, not {_noun(value)}: begin each item with '- '"
        case "dict_type" | "model_type":
            return f"must be a mapping of fields, not {_noun(value)}: write 'name: value' lines, indented"
        case "literal_error":
            return _choice(value, str(context["expected"]))
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
    return error["msg"]


def _choice(value: Any, expected: str) -> str:
    choices = [each.strip("'") for each in expected.replace(" or ", ", ").split(", ") if each != "''"]
    if not isinstance(value, str):
        return f"must be {_join(choices, 'or')}"
    hint = names.suggestion(value, choices)
    return f"{names.shown(value)} is not known: write {_join(choices, 'or')}" + (f"; {hint}" if hint else "")


def _noun(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int():
            return "a number"
        case float():
            return "a decimal number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return "this"


def _number_hint(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 9:
        return ""
    if value[0] == "0" and len(value) > 1 and not set(value) & {"8", "9"}:
        return f": readers differ on the leading zero, write {int(value, 8)} if it is octal, or {int(value)}"
    return f": write {int(value)} without quotes and leading zeros"


def _truth_hint(value: Any) -> str:
    plain = value.lower() if isinstance(value, str) else value
    if plain in ("yes", "on", "y", "true", "1", 1):
        return ": write true, without quotes"
    if plain in ("no", "off", "n", "false", "0", 0):
        return ": write false, without quotes"
    return ""


def _join(words: Iterable[str], last: str) -> str:
    *before, end = words
    return f"{', '.join(before)} {last} {end}" if before else end


def _fields(model: type[pydantic.BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _inner(annotation: Any, part: str | int) -> Any:
    here = _strip(annotation)
    if isinstance(here, type) and issubclass(here, pydantic.BaseModel):
        return _fields(here).get(str(part))
    arguments = typing.get_args(here)
    return arguments[-1] if arguments else None


def _strip(annotation: Any) -> Any:
    """Return what is left of *annotation* without ``Annotated`` and ``| None``."""
    while True:
        arguments = typing.get_args(annotation)
        if typing.get_origin(annotation) is typing.Annotated:
            annotation = arguments[0]
        elif typing.get_origin(annotation) in (typing.Union, types.UnionType):
            annotation = next(each for each in arguments if each is not types.NoneType)
        else:
            return annotation
