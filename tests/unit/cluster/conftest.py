"""A server that says what the test tells it to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import scripted


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[scripted.ScriptedServer]:
    """Run a scripted server for one test."""
    async with scripted.running(tmp_path) as running:
        yield running
