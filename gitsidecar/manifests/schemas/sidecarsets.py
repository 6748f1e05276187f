"""The SidecarSet itself, in its v1beta1 form."""

from __future__ import annotations

from typing import Literal

from gitsidecar.manifests.schemas import bases, selectors, sidecars, strategies, volumesources


class Metadata(bases.Model):
    """Name, labels and annotations; what a server adds is taken away before."""

    name: bases.Label
    labels: dict[bases.LabelKey, bases.LabelValue] | None = None
    annotations: dict[bases.AnnotationKey, str] | None = None


class SecretReference(bases.Model):
    """One entry of `imagePullSecrets`."""

    name: bases.Text


class Spec(bases.Model):
    """What is asked for."""

    selector: selectors.Selector
    namespace_selector: selectors.Selector | None = None
    init_containers: list[sidecars.Sidecar] | None = None
    containers: list[sidecars.Sidecar] | None = None
    volumes: list[volumesources.Volume] | None = None
    update_strategy: strategies.UpdateStrategy | None = None
    injection_strategy: strategies.InjectionStrategy | None = None
    image_pull_secrets: list[SecretReference] | None = None
    revision_history_limit: bases.Count | None = None
    patch_pod_metadata: list[strategies.MetadataPatch] | None = None
    custom_version: bases.LabelValue | None = None


class Manifest(bases.Model):
    """A whole document."""

    api_version: Literal["apps.kruise.io/v1beta1"]
    kind: Literal["SidecarSet"]
    metadata: Metadata
    spec: Spec
