"""What a SidecarSet adds to a container: where it is put and what it takes over from the application."""

from __future__ import annotations

from typing import Literal

from gitsidecar.manifests.schemas import bases, containers


class UpgradeStrategy(bases.Model):
    """`upgradeStrategy`."""

    upgrade_type: Literal["ColdUpgrade", "HotUpgrade"] | None = None
    """ColdUpgrade restarts the container; HotUpgrade injects a pair, of which one idles."""

    hot_upgrade_empty_image: bases.Image | None = None
    """Image of the idle one of the pair."""


class SharePolicy(bases.Model):
    """`shareVolumePolicy` or `shareVolumeDevicePolicy`."""

    type: Literal["enabled", "disabled"] | None = None
    """`enabled` copies those of the application's containers."""


class LabelField(bases.Model):
    """A label or annotation of the pod."""

    api_version: str | None = None
    """v1, or nothing."""

    field_path: bases.Text
    """`metadata.labels['key']` or `metadata.annotations['key']`."""


class ContainerNameSource(bases.Model):
    """`sourceContainerNameFrom`."""

    field_ref: LabelField
    """The label or annotation of the pod that names the container."""


class Transfer(bases.Model):
    """One entry of `transferEnv`."""

    source_container_name: bases.Label | None = None
    """The application's container that has the variables."""

    source_container_name_from: ContainerNameSource | None = None
    """Where the pod says which container that is."""

    env_name: bases.VariableName | None = None
    """One variable."""

    env_names: list[bases.VariableName] | None = None
    """Several variables."""


class Expressions(bases.Model):
    """Expressions for cpu and memory."""

    cpu: str | None = None
    """Such as `500m`, `cpu*50%` or `max(cpu*50%, 50m)`."""

    memory: str | None = None
    """Such as `1Gi`, `memory*20%` or `memory*20% + 100Mi`."""


class ResourceExpressions(bases.Model):
    """`resourcesExpr`."""

    limits: Expressions | None = None
    """Limits, by expressions over those of the targets."""

    requests: Expressions | None = None
    """Requests, by expressions over those of the targets."""


class ResourcesPolicy(bases.Model):
    """`resourcesPolicy`."""

    target_containers_mode: Literal["sum", "max"]
    """Whether the targets' resources are added up, or the highest counts."""

    target_containers_name_regex: bases.Text | None = None
    """Regular expression (RE2) of the names of the targets; all if not given."""

    resources_expr: ResourceExpressions
    """What the container gets."""


class Sidecar(containers.Container):
    """One entry of `containers` or `initContainers`."""

    pod_inject_policy: Literal["BeforeAppContainer", "AfterAppContainer"] | None = None
    """Whether it stands before or after the application's own containers."""

    upgrade_strategy: UpgradeStrategy | None = None
    """How a running pod takes a new image."""

    share_volume_policy: SharePolicy | None = None
    """Whether it mounts what the application's containers mount."""

    share_volume_device_policy: SharePolicy | None = None
    """Whether it has the devices of the application's containers."""

    transfer_env: list[Transfer] | None = None
    """Variables to copy from the application's containers."""

    resources_policy: ResourcesPolicy | None = None
    """Resources reckoned from those of the application's containers, in place of `resources`."""
