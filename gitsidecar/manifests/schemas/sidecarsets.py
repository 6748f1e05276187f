"""The SidecarSet itself, in its v1beta1 form."""

from __future__ import annotations

from typing import Literal

from gitsidecar.manifests.schemas import bases, selectors, sidecars, strategies, volumesources


class Metadata(bases.Model):
    """Name, labels and annotations; what a server adds is taken away before."""

    name: bases.Label
    """Name of the set: a-z, 0-9 and '-', at most 63."""

    labels: dict[bases.LabelKey, bases.LabelValue] | None = None
    """Labels of the set, by which RolloutPolicies and settings choose sets."""

    annotations: dict[bases.AnnotationKey, str] | None = None
    """`gitsidecar.io/adopt: "true"` also takes in pods that have all containers of the set by name."""


class SecretReference(bases.Model):
    """One entry of `imagePullSecrets`."""

    name: bases.Text
    """Name of a Secret in the pod's namespace."""


class Spec(bases.Model):
    """What is asked for."""

    selector: selectors.Selector
    """Labels of the pods that the set is for. Must not be empty."""

    namespace_selector: selectors.Selector | None = None
    """Labels of the pods' namespaces; without it all namespaces."""

    init_containers: list[sidecars.Sidecar] | None = None
    """Init containers of new pods; with `restartPolicy: Always` they are sidecars, whose image is updated in place."""

    containers: list[sidecars.Sidecar] | None = None
    """Containers of new pods, whose image is updated in place in running ones."""

    volumes: list[volumesources.Volume] | None = None
    """Volumes for these containers; a pod gets those that a container mounts."""

    update_strategy: strategies.UpdateStrategy | None = None
    """How running pods move to a new image."""

    injection_strategy: strategies.InjectionStrategy | None = None
    """What new pods get."""

    image_pull_secrets: list[SecretReference] | None = None
    """Secrets with which the nodes pull the images."""

    revision_history_limit: bases.Count | None = None
    """How many specs the status branch keeps besides those still needed; 10 if not given."""

    patch_pod_metadata: list[strategies.MetadataPatch] | None = None
    """Annotations for new pods, as far as the settings allow them."""

    custom_version: bases.LabelValue | None = None
    """Version of your own, by which `injectionStrategy.revision` can ask for this spec."""


class Manifest(bases.Model):
    """A whole document."""

    api_version: Literal["apps.kruise.io/v1beta1"]
    kind: Literal["SidecarSet"]
    """SidecarSet: containers that many pods have in common."""

    metadata: Metadata
    spec: Spec
