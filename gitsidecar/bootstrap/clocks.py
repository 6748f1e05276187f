"""The one wall clock; everybody else is handed the time."""

from __future__ import annotations

import asyncio
import datetime


class WallClock:
    """The real time."""

    def now(self) -> datetime.datetime:
        """Return the current time in UTC."""
        return datetime.datetime.now(datetime.UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds*."""
        await asyncio.sleep(seconds)
