"""Fields of the pod, and resources of its containers, as variables and as files: those that Kubernetes hands out."""

from __future__ import annotations

import re
from typing import Annotated, Self

import pydantic

from gitsidecar.manifests import names, quantities
from gitsidecar.manifests.schemas import bases

_COMMON = ("metadata.name", "metadata.namespace", "metadata.uid")
_VARIABLES = (
    *_COMMON,
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_FILES = (*_COMMON, "metadata.labels", "metadata.annotations")
_ONE = ("metadata.labels['key']", "metadata.annotations['key']")
_KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']*)'\]")

_RESOURCES = tuple(
    f"{field}.{name}" for field in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)
_PAGES = ("limits.hugepages-", "requests.hugepages-")
_CPU_DIVISORS = ("0", "1", "1m")
_DIVISORS = ("0", "1", *(f"1{prefix}{i}" for prefix in "kMGTPE" for i in ("", "i") if prefix + i != "ki"), "1Ki")
"""As the API server writes them; 0 means 1."""


def _variable_fault(path: str) -> str:
    return _field_fault(path, _VARIABLES)


def _file_fault(path: str) -> str:
    return _field_fault(path, _FILES)


def _field_fault(path: str, known: tuple[str, ...]) -> str:
    if path in known:
        return ""
    if form := _KEYED.fullmatch(path):
        return names.key_fault(form[2]) if form[1] == "labels" else names.annotation_key_fault(form[2])
    if path in _FILES:
        return f"all of them are handed out in files only: write {path}['key']"
    return f"{names.shown(path)} is not handed out here: write {_or((*_ONE, *known))}"


def _version_fault(version: str) -> str:
    return "" if version in ("", "v1") else f"{names.shown(version)} is not known: write v1, or remove it"


def _resource_fault(name: str) -> str:
    if name in _RESOURCES or name.startswith(_PAGES):
        return ""
    return f"{names.shown(name)} is not handed out: write {_or(_RESOURCES)}"


def _or(known: tuple[str, ...]) -> str:
    return f"{', '.join(known[:-1])} or {known[-1]}"


Version = Annotated[str, bases.checked_by(_version_fault)]


class VariableField(bases.Model):
    """A field of the pod, in a variable."""

    api_version: Version | None = None
    field_path: Annotated[str, bases.checked_by(_variable_fault)]


class FileField(bases.Model):
    """A field of the pod, in a file."""

    api_version: Version | None = None
    field_path: Annotated[str, bases.checked_by(_file_fault)]


class VariableResource(bases.Model):
    """A resource of a container, by default of the one that has the variable."""

    container_name: str | None = None
    resource: Annotated[str, bases.checked_by(_resource_fault)]
    divisor: bases.Quantity | None = None

    @pydantic.model_validator(mode="after")
    def _check_divisor(self) -> Self:
        if self.divisor is None:
            return self
        is_cpu = self.resource.endswith(".cpu")
        known, words = (_CPU_DIVISORS, "1 or 1m") if is_cpu else (_DIVISORS, "1, 1k, 1M, 1Ki, 1Mi and the like")
        if quantities.canonical(self.divisor) not in known:
            raise bases.fault(f"has a divisor that Kubernetes does not know for {self.resource}: write {words}")
        return self


class FileResource(VariableResource):
    """A resource of a container, which must be named."""

    container_name: bases.Text
