"""Runs each test of the battery in every arena."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conformance import arenas
from tests.support import apis


@pytest.fixture(params=[pytest.param("apiserver", marks=pytest.mark.apiserver), "simulation"])
async def arena(request: pytest.FixtureRequest) -> AsyncIterator[arenas.Arena]:
    """Return a cluster without pods."""
    if request.param == "simulation":
        yield arenas.SimulatedArena()
        return
    server = request.getfixturevalue("apiserver")
    async with apis.connected(server) as api:
        yield arenas.RealArena(server, api)
