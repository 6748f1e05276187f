"""`env` and `envFrom` of a container."""

from __future__ import annotations

from gitsidecar.manifests.schemas import bases


class FieldReference(bases.Model):
    """A field of the pod."""

    api_version: str | None = None
    field_path: bases.Text


class ResourceReference(bases.Model):
    """A resource of a container."""

    container_name: str | None = None
    resource: bases.Text
    divisor: bases.Quantity | None = None


class KeyReference(bases.Model):
    """A key of a ConfigMap or Secret."""

    name: bases.Text
    key: bases.Text
    optional: bool | None = None


class FileReference(bases.Model):
    """A variable in a file of a volume."""

    volume_name: bases.Text
    path: bases.Text
    key: bases.Text
    optional: bool | None = None


class Source(bases.Model):
    """`valueFrom`."""

    field_ref: FieldReference | None = None
    resource_field_ref: ResourceReference | None = None
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

    name: bases.Text
    optional: bool | None = None


class Import(bases.Model):
    """One entry of `envFrom`."""

    prefix: str | None = None
    config_map_ref: ObjectReference | None = None
    secret_ref: ObjectReference | None = None
