"""Probes and lifecycle hooks of a container."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from gitsidecar.manifests.schemas import bases


def _command_fault(words: list[str]) -> str:
    return "" if words else "is empty: write the program and its arguments, e.g. [cat, /ready]"


class Command(bases.Model):
    """`exec`."""

    command: Annotated[list[str], bases.checked_by(_command_fault)]


class Header(bases.Model):
    """One entry of `httpHeaders`."""

    name: bases.Header
    value: str


class Request(bases.Model):
    """`httpGet`."""

    path: str | None = None
    port: bases.PortReference
    host: str | None = None
    scheme: Literal["HTTP", "HTTPS"] | None = None
    http_headers: list[Header] | None = None


class Socket(bases.Model):
    """`tcpSocket`."""

    port: bases.PortReference
    host: str | None = None


class Rpc(bases.Model):
    """`grpc`."""

    port: bases.PortNumber
    service: str | None = None


class Pause(bases.Model):
    """`sleep`."""

    seconds: bases.Count


class Probe(bases.Model):
    """`livenessProbe`, `readinessProbe` or `startupProbe`."""

    exec_: Annotated[Command | None, pydantic.Field(alias="exec")] = None
    http_get: Request | None = None
    tcp_socket: Socket | None = None
    grpc: Rpc | None = None
    initial_delay_seconds: bases.Count | None = None
    timeout_seconds: bases.Count | None = None
    period_seconds: bases.Count | None = None
    success_threshold: bases.Count | None = None
    failure_threshold: bases.Count | None = None
    termination_grace_period_seconds: bases.Positive | None = None


class Hook(bases.Model):
    """`postStart` or `preStop`."""

    exec_: Annotated[Command | None, pydantic.Field(alias="exec")] = None
    http_get: Request | None = None
    tcp_socket: Socket | None = None
    sleep: Pause | None = None


class Lifecycle(bases.Model):
    """`lifecycle`."""

    post_start: Hook | None = None
    pre_stop: Hook | None = None
    stop_signal: bases.Text | None = None
