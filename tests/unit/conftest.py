"""What all unit tests share: none leaves the process's log in another form than it found it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _log_kept() -> Iterator[None]:
    """Put the log back: commands that a test runs in this process set it up for themselves (`telemetry.logs`)."""
    root, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = root, level
    structlog.reset_defaults()
