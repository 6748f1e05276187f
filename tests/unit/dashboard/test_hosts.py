"""By which names the page may be asked for: ours, and no name that somebody has pointed at us."""

from __future__ import annotations

import pytest

from gitsidecar.dashboard import hosts

LOOPBACK = "127.0.0.1:8082"
EVERYWHERE = "0.0.0.0:8082"


@pytest.mark.parametrize(
    ("address", "header"),
    [
        (LOOPBACK, "127.0.0.1:8082"),
        (LOOPBACK, "localhost:31337"),  # as kubectl port-forward has it
        (LOOPBACK, "LOCALHOST"),
        (LOOPBACK, "[::1]:8082"),
        ("10.1.2.3:80", "10.1.2.3"),
        ("pages.example.com:80", "pages.example.com"),
        (EVERYWHERE, "10.1.2.3:8082"),
        ("[::]:80", "[2001:db8::7]:80"),
        ("[2001:DB8:0:0:0:0:0:7]:80", "[2001:db8::7]:80"),
        ("[2001:db8::7]:80", "[2001:db8:0::7]:80"),
        (LOOPBACK, "[2001:db8::8]:8082"),
        (":80", "10.1.2.3"),
        (LOOPBACK, "proxy.example.com."),
    ],
)
def test_our_names(address: str, header: str) -> None:
    """Loopback's names, the address itself, any IP address where it stands for all, and what the settings name."""
    assert hosts.Hosts(address, ["proxy.example.com", "2001:db8:0:0::8"]).has(header)


@pytest.mark.parametrize(
    ("address", "header"),
    [
        (LOOPBACK, "evil.example:8082"),
        (LOOPBACK, "localhost.evil.example"),
        (LOOPBACK, "127.0.0.1.evil.example:8082"),
        (LOOPBACK, "10.1.2.3:8082"),
        (LOOPBACK, ""),
        (LOOPBACK, "[::1"),
        (LOOPBACK, "[evil.example]"),
        (EVERYWHERE, "evil.example"),
        (EVERYWHERE, ""),
        (":80", ""),
        ("10.1.2.3:80", "10.1.2.4"),
    ],
)
def test_names_of_others(address: str, header: str) -> None:
    """A name that was rebound to our address, or none at all, is not ours."""
    expected = header == "[::1"  # a bracket that is never closed is no name of anybody else's
    assert hosts.Hosts(address).has(header) is expected
