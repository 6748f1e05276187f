"""Volumes whose files Kubernetes writes: ConfigMaps, Secrets, fields of the pod, and several of these together."""

from __future__ import annotations

from typing import Annotated, Any, Self

import pydantic

from gitsidecar.manifests.schemas import bases, references

_LEAST_SECONDS = 600
_MOST_SECONDS = 1 << 32


class Reference(bases.Model):
    """The name of an object."""

    name: bases.Text


class Item(bases.Model):
    """One key, and the file that it becomes."""

    key: bases.Text
    path: bases.FilePath
    mode: bases.FileMode | None = None


class ConfigMap(bases.Model):
    """`configMap`: the keys of a ConfigMap as files."""

    name: bases.Text
    items: list[Item] | None = None
    default_mode: bases.FileMode | None = None
    optional: bool | None = None


class Secret(bases.Model):
    """`secret`: the keys of a Secret as files."""

    secret_name: bases.Text
    items: list[Item] | None = None
    default_mode: bases.FileMode | None = None
    optional: bool | None = None


class FieldItem(bases.Model):
    """A field of the pod, or a resource of a container, and the file that it becomes."""

    path: bases.FilePath
    field_ref: references.FileField | None = None
    resource_field_ref: references.FileResource | None = None
    mode: bases.FileMode | None = None

    @pydantic.model_validator(mode="after")
    def _check_source(self) -> Self:
        if (self.field_ref is None) == (self.resource_field_ref is None):
            raise bases.fault("needs exactly one of fieldRef and resourceFieldRef")
        return self


class DownwardApi(bases.Model):
    """`downwardAPI`: what Kubernetes knows of the pod, as files."""

    items: list[FieldItem] | None = None
    default_mode: bases.FileMode | None = None


class Keys(bases.Model):
    """A ConfigMap or Secret among others."""

    name: bases.Text
    items: list[Item] | None = None
    optional: bool | None = None


class Fields(bases.Model):
    """What Kubernetes knows of the pod, among others."""

    items: list[FieldItem] | None = None


class Token(bases.Model):
    """`serviceAccountToken`."""

    path: bases.FilePath
    audience: str | None = None
    expiration_seconds: Annotated[int, pydantic.Field(ge=_LEAST_SECONDS, le=_MOST_SECONDS)] | None = None


class Part(bases.Model):
    """One entry of `sources`."""

    config_map: Keys | None = None
    secret: Keys | None = None
    downward_api: Annotated[Fields | None, pydantic.Field(alias="downwardAPI")] = None
    service_account_token: Token | None = None
    cluster_trust_bundle: dict[str, Any] | None = None
    pod_certificate: dict[str, Any] | None = None

    @pydantic.model_validator(mode="after")
    def _check_count(self) -> Self:
        if len(self.model_fields_set) > 1:
            raise bases.fault("is more than one source: begin another '- ' for each")
        return self


class Projected(bases.Model):
    """`projected`: several of these in one folder."""

    sources: list[Part] | None = None
    default_mode: bases.FileMode | None = None
