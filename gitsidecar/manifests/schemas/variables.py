"""`env` and `envFrom` of a container."""

from __future__ import annotations

from typing import Annotated

from gitsidecar.manifests import names
from gitsidecar.manifests.schemas import bases, references


def _prefix_fault(text: str) -> str:
    return names.variable_fault(text) if text else ""


class KeyReference(bases.Model):
    """A key of a ConfigMap or Secret."""

    name: bases.ObjectName
    key: bases.ConfigKey
    optional: bool | None = None


class FileReference(bases.Model):
    """A variable in a file of a volume."""

    volume_name: bases.Text
    path: bases.Text
    key: bases.VariableName
    optional: bool | None = None


class Source(bases.Model):
    """`valueFrom`."""

    field_ref: references.VariableField | None = None
    resource_field_ref: references.VariableResource | None = None
    config_map_key_ref: KeyReference | None = None
    secret_key_ref: KeyReference | None = None
    file_key_ref: FileReference | None = None


class Variable(bases.Model):
    """One entry of `env`."""

    name: bases.VariableName
    value: str | None = None
    value_from: Source | None = None


class ObjectReference(bases.Model):
    """A whole ConfigMap or Secret."""

    name: bases.ObjectName
    optional: bool | None = None


class Import(bases.Model):
    """One entry of `envFrom`."""

    prefix: Annotated[str, bases.checked_by(_prefix_fault)] | None = None
    config_map_ref: ObjectReference | None = None
    secret_ref: ObjectReference | None = None
