"""Where the dashboard may listen: on loopback, and elsewhere only where somebody says that this is meant."""

from __future__ import annotations

import pydantic
import pytest

from gitsidecar.settings import dashboards


@pytest.mark.parametrize("address", ["127.0.0.1:8082", "127.9.9.9:0", "[::1]:80", "localhost:80", "LOCALHOST:80"])
def test_loopback_needs_no_asking(address: str) -> None:
    """Only this machine, or this pod, can reach it."""
    assert dashboards.Dashboard(address=address).address == address


@pytest.mark.parametrize("address", ["0.0.0.0:8082", "[::]:80", ":80", "10.1.2.3:80", "page.example.com:80"])
def test_beyond_loopback_must_be_asked_for(address: str) -> None:
    """The words name the switch and what it means; with it, or where nothing is served, the address is taken."""
    with pytest.raises(pydantic.ValidationError, match="asks nobody who they are: set beyondLoopback to true"):
        dashboards.Dashboard(address=address)
    assert dashboards.Dashboard.model_validate({"address": address, "beyondLoopback": True}).address == address
    assert not dashboards.Dashboard(address=address, enabled=False).enabled


@pytest.mark.parametrize("name", ["page.example.com:443", "https://page.example.com", "*", ""])
def test_a_host_is_a_name_and_nothing_else(name: str) -> None:
    """What no browser could ever ask for is told, rather than never matched."""
    with pytest.raises(pydantic.ValidationError, match=r"hosts\.0"):
        dashboards.Dashboard(hosts=(name,))
