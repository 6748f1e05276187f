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
    """Name of the container in the pod."""

    image: bases.Image
    """Image; a change of this alone reaches running pods."""

    command: list[str] | None = None
    """Program, in place of the image's entrypoint."""

    args: list[str] | None = None
    """Arguments."""

    working_dir: str | None = None
    """Folder in which the program starts."""

    ports: list[Port] | None = None
    """Ports, by number and name."""

    env_from: list[variables.Import] | None = None
    """Variables of whole ConfigMaps and Secrets."""

    env: list[variables.Variable] | None = None
    """Variables."""

    resources: Resources | None = None
    """Requests and limits."""

    resize_policy: list[ResizePolicy] | None = None
    """What a resize of a resource does."""

    restart_policy: Literal["Always", "OnFailure", "Never"] | None = None
    """In an init container, Always makes it a sidecar that runs as long as the pod."""

    restart_policy_rules: list[RestartRule] | None = None
    """Restarts by exit code."""

    volume_mounts: list[Mount] | None = None
    """Where volumes of the set are mounted."""

    volume_devices: list[Device] | None = None
    """Where volumes of the set are devices."""

    liveness_probe: probes.Probe | None = None
    """Restarts the container when it fails."""

    readiness_probe: probes.Probe | None = None
    """Makes the pod not Ready when it fails."""

    startup_probe: probes.Probe | None = None
    """Holds the other probes back until it has succeeded."""

    lifecycle: probes.Lifecycle | None = None
    """What runs after the start and before the end."""

    termination_message_path: str | None = None
    """File with the message at the end."""

    termination_message_policy: Literal["File", "FallbackToLogsOnError"] | None = None
    """Where the message at the end comes from."""

    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is pulled. Better written out: the default depends on the tag."""

    security_context: securities.SecurityContext | None = None
    """What the container may do on its node."""

    stdin: bool | None = None
    """Whether standard input stays open."""

    stdin_once: bool | None = None
    """Whether it closes after the first session."""

    tty: bool | None = None
    """Whether there is a terminal."""
