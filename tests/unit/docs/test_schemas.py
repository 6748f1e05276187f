"""The JSON Schemas in docs/schemas: what `gitsidecar schema` prints, right for examples, no stricter than reading."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pydantic
import pytest
from click import testing

from gitsidecar.cli import jsonschemas, main
from gitsidecar.manifests import parsing, trees
from gitsidecar.manifests.schemas import bases, containers, policies, selectors, sidecars, sidecarsets, strategies
from gitsidecar.model import files, findings
from tests.support import refusals
from tests.unit.docs import pages

Json = dict[str, Any]
_FOLDER = pages.DOCS / "schemas"
_ALL = "gitsidecar"
_FILES = {
    "SidecarSet": ["SidecarSet"],
    "RolloutPolicy": ["RolloutPolicy"],
    "GitsidecarConfig": ["GitsidecarConfig"],
    _ALL: [],
}
_UPDATE = "GITSIDECAR_UPDATE_GOLDEN"
_MODELINE = re.compile(r"\A# yaml-language-server: \$schema=(\S+)\n")
_GOLDEN = pages.ROOT / "tests" / "unit" / "manifests" / "golden"
_EXAMPLES = [
    *sorted((pages.ROOT / "manifests-example").glob("*.yaml")),
    pages.DOCS / "examples" / "nights.yaml",
    *sorted((pages.DOCS / "examples" / "sidecars").glob("*.yaml")),
    *sorted((pages.DOCS / "examples" / "doubtful").glob("*.yaml")),
    pages.ROOT / "config" / "gitsidecar.yaml",
]


def _schema(name: str) -> Json:
    schema: Json = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return schema


def _errors(schema: Json, value: Any) -> list[str]:
    found = jsonschema.Draft7Validator(schema).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def _documents(file: Path) -> list[Any]:
    return [each.value for each in parsing.read(files.File(file.name, file.read_bytes())).documents]


@pytest.mark.parametrize("name", _FILES)
def test_files_are_what_the_command_prints(name: str) -> None:
    """The models and the files in docs/schemas change together."""
    printed = testing.CliRunner().invoke(main.program, ["schema", *_FILES[name]]).stdout
    file = _FOLDER / f"{name}.json"
    if os.environ.get(_UPDATE):
        file.write_text(printed, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == printed
    assert {each.stem for each in _FOLDER.iterdir()} == set(_FILES)


@pytest.mark.parametrize("name", _FILES)
def test_each_is_a_schema_of_draft_7(name: str) -> None:
    """It says so, is one, and every reference in it leads somewhere."""
    schema = _schema(name)
    assert schema["$schema"] == jsonschemas.DRAFT
    jsonschema.Draft7Validator.check_schema(schema)
    assert {reference.removeprefix("#/definitions/") for reference in _references(schema)} <= set(schema["definitions"])


@pytest.mark.parametrize("file", _EXAMPLES, ids=lambda file: str(file.relative_to(pages.ROOT)))
def test_every_example_names_its_schema_and_keeps_to_it(file: Path) -> None:
    """The editor's modeline leads to a schema of ours, by which each document of the example is right."""
    modeline = _MODELINE.match(file.read_text(encoding="utf-8"))
    assert modeline is not None
    target = (file.parent / modeline[1]).resolve()
    assert (target.parent, target.exists()) == (_FOLDER, True)
    for name in (target.stem, _ALL):
        for document in _documents(file):
            assert _errors(_schema(name), document) == []


@pytest.mark.parametrize("name", refusals.TAKEN)
def test_what_pods_can_have_is_right_for_the_editor(name: str) -> None:
    """The schema marks nothing that the reader takes."""
    assert _errors(_schema("SidecarSet"), _set(refusals.TAKEN[name])) == []


@pytest.mark.parametrize("file", sorted(_GOLDEN.glob("*.yaml")), ids=lambda file: file.name)
def test_the_schema_is_no_stricter_than_the_reader(file: Path) -> None:
    """A set or policy of the golden files about which the reader says nothing is right for the editor too."""
    found = trees.read(files.Tree("", (files.File("a.yaml", file.read_bytes()),))).found
    documents = parsing.read(files.File("a.yaml", file.read_bytes())).documents
    for document, after in zip(documents, [*documents[1:], None], strict=True):
        lines = range(document.values[()][0], after.values[()][0] if after else 10**6)
        said = [each for each in found if each.line in lines and each.level is not findings.Level.NOTE]
        if not said and isinstance(document.value, dict) and document.value.get("kind") in _FILES:
            assert _errors(_schema(_ALL), document.value) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"maxUnavailabel": 1}, "$.spec.updateStrategy"),
        ({"maxUnavailable": "5"}, "$.spec.updateStrategy.maxUnavailable"),
        ({"partition": -1}, "$.spec.updateStrategy.partition"),
        ({"type": "Rolling"}, "$.spec.updateStrategy.type"),
        ({"paused": "no"}, "$.spec.updateStrategy.paused"),
    ],
)
def test_an_editor_marks_common_mistakes(change: Json, path: str) -> None:
    """A field that is misspelt, or has another type or form, is marked where it stands."""
    value = _set(refusals.TAKEN["no source"])
    value["spec"]["updateStrategy"] = change
    [error] = jsonschema.Draft7Validator(_schema("SidecarSet")).iter_errors(value)
    assert error.json_path == path


def test_older_forms_are_right_for_the_editor() -> None:
    """`validate` tells how to write them today."""
    value = _set(refusals.TAKEN["no source"]) | {"apiVersion": "apps.kruise.io/v1alpha1"}
    value["spec"] |= {"namespace": "shop", "paused": True, "strategy": {"rollingUpdate": {"maxUnavailable": 1}}}
    assert _errors(_schema("SidecarSet"), value) == []
    assert _errors(_schema(_ALL), value) == []


def test_another_kind_is_told() -> None:
    """A file of ours does not hold a Deployment."""
    assert _errors(_schema(_ALL), {"apiVersion": "apps/v1", "kind": "Deployment"}) != []


def test_every_field_is_described() -> None:
    """An editor shows what each field of our own kinds and of a container is for; settings are described too."""
    modules = (sidecarsets, policies, strategies, selectors, sidecars)
    models = {
        each
        for module in modules
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, bases.Model) and each.__module__ == module.__name__
    }
    models |= {containers.Container}
    lacking = [f"{each.__name__}.{name}" for each in models for name in _undescribed(each)]
    assert sorted(lacking) == []
    config = _schema("GitsidecarConfig")["definitions"]
    assert [name for name, each in config.items() if not each.get("description")] == []


def _undescribed(model: type[pydantic.BaseModel]) -> list[str]:
    schema = jsonschemas.of_settings(model, model.__name__)
    sections = ("apiVersion", "metadata", "spec")  # every object has them
    return [name for name, each in schema["properties"].items() if name not in sections and "description" not in each]


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference
        for each in schema.values():
            yield from _references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _references(each)


def _set(case: refusals.Case) -> Json:
    spec = {"selector": {"matchLabels": {"app": "web"}}, case.field: [case.container], "volumes": case.volumes}
    head = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "a"}}
    return {**head, "spec": spec}
