"""
The models as JSON Schemas for editors.

Draft 7, because that is what editors' YAML language servers know best. A schema says less than the models: rules that
need more than one field stay with `validate`. It never refuses what the models take, save a field without a value.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import pydantic
from pydantic import json_schema

from gitsidecar.manifests import older
from gitsidecar.manifests.schemas import policies, sidecarsets

Json = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
_REFERENCE = "#/definitions/{model}"


def of_sidecar_sets() -> Json:
    """Return the schema of a SidecarSet, its older forms included."""
    schema = _of_manifest(sidecarsets.Manifest, "SidecarSet")
    schema["properties"]["apiVersion"] = {"enum": [older.V1BETA1, older.V1ALPHA1]}
    definitions = schema["definitions"]
    update = definitions["UpdateStrategy"]
    rolling = {"type": "object", "description": "Older form: write its fields in spec.updateStrategy."}
    definitions["Spec"]["properties"] |= {
        "namespace": {"type": "string", "description": "v1alpha1 only: the one namespace of the pods."},
        "paused": {"type": "boolean", "description": "Older form of updateStrategy.paused."},
        "strategy": {
            **update,
            "description": "Older form of updateStrategy.",
            "properties": {**update["properties"], "rollingUpdate": rolling},
        },
    }
    return schema


def of_policies() -> Json:
    """Return the schema of a RolloutPolicy."""
    return _of_manifest(policies.Manifest, "RolloutPolicy")


def of_settings(model: type[pydantic.BaseModel], title: str) -> Json:
    """Return the schema of settings, in which a field without a value is fine."""
    return _of_model(model, title, _Generator)


def _of_manifest(model: type[pydantic.BaseModel], title: str) -> Json:
    return _of_model(model, title, _WithoutNulls)


def _of_model(model: type[pydantic.BaseModel], title: str, generator: type[_Generator]) -> Json:
    schema = model.model_json_schema(ref_template=_REFERENCE, schema_generator=generator)
    definitions = {name: _plain(each) for name, each in sorted(schema.pop("$defs", {}).items())}
    return {"$schema": DRAFT, "title": title, **_plain(schema), "definitions": definitions}


def by_kind(schemas: Mapping[str, Json]) -> Json:
    """Return one schema for files of several kinds: that of the kind that a document says it is."""
    definitions: Json = {}
    for kind, schema in schemas.items():
        whole = {name: each for name, each in schema.items() if name not in ("$schema", "definitions")}
        parts = {f"{kind}.{name}": each for name, each in schema["definitions"].items()}
        definitions |= _moved({kind: whole, **parts}, kind)
    return {
        "$schema": DRAFT,
        "title": f"{', '.join(schemas)}: by kind",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(schemas)}},
        "allOf": [
            {"if": {"properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/definitions/{kind}"}}
            for kind in schemas
        ],
        "definitions": definitions,
    }


class _Generator(json_schema.GenerateJsonSchema):
    """Takes descriptions from the docstrings of fields, which pydantic does not look for by itself, to start faster."""

    def model_schema(self, schema: Any) -> Json:
        made = super().model_schema(schema)
        names = {field.alias or name: name for name, field in schema["cls"].model_fields.items()}
        for alias, inner in made["properties"].items():
            if words := _docstrings(schema["cls"]).get(names[alias]):
                inner["description"] = words
        return made


class _WithoutNulls(_Generator):
    """Marks a field without a value, of which `validate` warns too."""

    def nullable_schema(self, schema: Any) -> Json:
        return self.generate_inner(schema["schema"])


@functools.cache
def _docstrings(model: type[pydantic.BaseModel]) -> Mapping[str, str]:
    """Return what stands below each field of *model* and of what it is built upon."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, pydantic.BaseModel) and each is not pydantic.BaseModel:
            found |= _own_docstrings(each)
    return found


def _own_docstrings(model: type[pydantic.BaseModel]) -> Iterator[tuple[str, str]]:
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef)
    for field, after in zip(definition.body, definition.body[1:], strict=False):
        match field, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                yield name, " ".join(words.split())


def _plain(schema: Any) -> Any:
    """Return *schema* without what pydantic adds for itself: titles, and defaults that mean nothing."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: each for name, each in schema.items() if not _is_noise(name, each)}
    if "$ref" in kept and len(kept) > 1:  # beside which draft 7 sees nothing
        kept = {"allOf": [{"$ref": kept.pop("$ref")}], **kept}
    return {name: _fields(each) if name == "properties" else _plain(each) for name, each in kept.items()}


def _fields(properties: Json) -> Json:
    return {name: _plain(each) for name, each in properties.items()}  # a field may be called like a keyword


def _is_noise(name: str, value: Any) -> bool:
    if name == "default":
        return value is None or isinstance(value, dict)
    return (name == "title" and isinstance(value, str)) or (name, value) == ("format", "path")


def _moved(schema: Any, kind: str) -> Any:
    """Return *schema* with its references below *kind*."""
    if isinstance(schema, list):
        return [_moved(each, kind) for each in schema]
    if not isinstance(schema, dict):
        return schema
    base = _REFERENCE.format(model="")
    return {
        name: f"{base}{kind}.{each.removeprefix(base)}"
        if name == "$ref" and isinstance(each, str)
        else _moved(each, kind)
        for name, each in schema.items()
    }
