"""What a SidecarSet adds to a container: where it is put and what it takes over from the application."""

from __future__ import annotations

from typing import Literal

from gitsidecar.manifests.schemas import bases, containers, variables


class UpgradeStrategy(bases.Model):
    """`upgradeStrategy`."""

    upgrade_type: Literal["ColdUpgrade", "HotUpgrade"] | None = None
    hot_upgrade_empty_image: bases.Image | None = None


class SharePolicy(bases.Model):
    """`shareVolumePolicy` or `shareVolumeDevicePolicy`."""

    type: Literal["enabled", "disabled"] | None = None


class ContainerNameSource(bases.Model):
    """`sourceContainerNameFrom`."""

    field_ref: variables.FieldReference


class Transfer(bases.Model):
    """One entry of `transferEnv`."""

    source_container_name: bases.Label | None = None
    source_container_name_from: ContainerNameSource | None = None
    env_name: bases.VariableName | None = None
    env_names: list[bases.VariableName] | None = None


class Expressions(bases.Model):
    """Expressions for cpu and memory."""

    cpu: str | None = None
    memory: str | None = None


class ResourceExpressions(bases.Model):
    """`resourcesExpr`."""

    limits: Expressions | None = None
    requests: Expressions | None = None


class ResourcesPolicy(bases.Model):
    """`resourcesPolicy`."""

    target_containers_mode: Literal["sum", "max"]
    target_containers_name_regex: bases.Text | None = None
    resources_expr: ResourceExpressions


class Sidecar(containers.Container):
    """One entry of `containers` or `initContainers`."""

    pod_inject_policy: Literal["BeforeAppContainer", "AfterAppContainer"] | None = None
    upgrade_strategy: UpgradeStrategy | None = None
    share_volume_policy: SharePolicy | None = None
    share_volume_device_policy: SharePolicy | None = None
    transfer_env: list[Transfer] | None = None
    resources_policy: ResourcesPolicy | None = None
