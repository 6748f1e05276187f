"""Every setting of the dashboard: whether `run` serves it, where, and by which names it may be asked for."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Self

import pydantic

from gitsidecar.manifests.schemas import bases
from gitsidecar.settings import forms, webhooks


def is_loopback(address: str) -> bool:
    """Say whether only this machine can reach *address* (host:port)."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Dashboard(forms.Section):
    """The read-only page that `gitsidecar run` shows to a browser."""

    enabled: bool = True
    """Whether `run` serves it. It asks neither Git nor the cluster for anything, and holds no secret."""

    address: forms.Address = "127.0.0.1:8082"
    """host:port to listen on; port 0 takes a free one. By loopback it is reached with `kubectl port-forward`."""

    beyond_loopback: bool = False
    """Whether the address may be one that other machines reach. The page asks nobody who they are: whoever reaches it
    reads the names, images and states of all pods."""

    hosts: Annotated[tuple[webhooks.DnsName, ...], forms.JsonText] = ()
    """Host names that a browser may ask for besides loopback's and the address's own, such as that of a proxy in front.
    Others are refused, because a stranger's page could point its own name at us. As a variable: the list in JSON."""

    @pydantic.model_validator(mode="after")
    def _check_address(self) -> Self:
        if self.enabled and not self.beyond_loopback and not is_loopback(self.address):
            raise bases.fault(
                f"address {self.address} can be reached from other machines, and the page asks nobody who they are: "
                "set beyondLoopback to true if that is what you want, else write 127.0.0.1"
            )
        return self
