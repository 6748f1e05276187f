"""Which names a browser may have asked for: a page of somebody else's that points its own name at us gets nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


class Hosts:
    """
    The names that *address* (host:port) is known by: itself, those of loopback, and *others*.

    A name that was rebound to our address is never among them, and never is an IP address. So an address that stands
    for all of the machine's may be asked for by any of them.
    """

    def __init__(self, address: str, others: Iterable[str] = ()) -> None:
        host = _plain(address.rpartition(":")[0])
        self._names = {"localhost", host, *(_plain(each) for each in others)} - {""}
        ip = _ip(host)
        self._is_everywhere = host == "" or (ip is not None and ip.is_unspecified)

    def has(self, header: str) -> bool:
        """Say whether the *header* Host names us."""
        name = _plain(_without_port(header))
        ip = _ip(name)
        return name in self._names or (ip is not None and (ip.is_loopback or self._is_everywhere))


def _without_port(header: str) -> str:
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0]


def _plain(name: str) -> str:
    """Return *name* in the one form in which it is compared: an IPv6 address has many."""
    name = name.lower().rstrip(".").strip("[]")
    return str(_ip(name) or name)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
