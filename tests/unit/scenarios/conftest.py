"""The world in which most scenarios begin: four running pods on the old image, watched."""

from __future__ import annotations

import pytest

from tests.support import benches


@pytest.fixture
async def bench() -> benches.Bench:
    """Return four pods on the old image, watched; nothing is pushed yet."""
    made = benches.Bench()
    await made.start()
    return made
