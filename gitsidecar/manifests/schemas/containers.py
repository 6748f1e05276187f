"""A container as in core/v1, all fields."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from gitsidecar.manifests.schemas import bases, probes, securities, variables


class Port(bases.Model):
    """One entry of `ports`."""

    name: bases.PortName | None = None
    container_port: bases.PortNumber
    host_port: Annotated[int, pydantic.Field(ge=0, le=65535)] | None = None
    host_ip: str | None = None
    protocol: Literal["TCP", "UDP", "SCTP"] | None = None


class Claim(bases.Model):
    """One entry of `resources.claims`."""

    name: bases.Label
    request: str | None = None


class Resources(bases.Model):
    """`resources`."""

    limits: dict[bases.LabelKey, bases.Quantity] | None = None
    requests: dict[bases.LabelKey, bases.Quantity] | None = None
    claims: list[Claim] | None = None


class ResizePolicy(bases.Model):
    """One entry of `resizePolicy`."""

    resource_name: Literal["cpu", "memory"]
    restart_policy: Literal["NotRequired", "RestartContainer"]


class ExitCodes(bases.Model):
    """The exit codes that a restart rule is for."""

    operator: Literal["In", "NotIn"]
    values: list[int] | None = None


class RestartRule(bases.Model):
    """One entry of `restartPolicyRules`."""

    action: Literal["Restart", "RestartAllContainers"]
    exit_codes: ExitCodes | None = None


class Mount(bases.Model):
    """One entry of `volumeMounts`."""

    name: bases.Label
    mount_path: bases.Text
    read_only: bool | None = None
    recursive_read_only: Literal["Disabled", "IfPossible", "Enabled"] | None = None
    sub_path: str | None = None
    sub_path_expr: str | None = None
    mount_propagation: Literal["None", "HostToContainer", "Bidirectional"] | None = None


class Device(bases.Model):
    """One entry of `volumeDevices`."""

    name: bases.Label
    device_path: bases.Text


class Container(bases.Model):
    """A container."""

    name: bases.Label
    image: bases.Image
    command: list[str] | None = None
    args: list[str] | None = None
    working_dir: str | None = None
    ports: list[Port] | None = None
    env_from: list[variables.Import] | None = None
    env: list[variables.Variable] | None = None
    resources: Resources | None = None
    resize_policy: list[ResizePolicy] | None = None
    restart_policy: Literal["Always", "OnFailure", "Never"] | None = None
    restart_policy_rules: list[RestartRule] | None = None
    volume_mounts: list[Mount] | None = None
    volume_devices: list[Device] | None = None
    liveness_probe: probes.Probe | None = None
    readiness_probe: probes.Probe | None = None
    startup_probe: probes.Probe | None = None
    lifecycle: probes.Lifecycle | None = None
    termination_message_path: str | None = None
    termination_message_policy: Literal["File", "FallbackToLogsOnError"] | None = None
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    security_context: securities.SecurityContext | None = None
    stdin: bool | None = None
    stdin_once: bool | None = None
    tty: bool | None = None
