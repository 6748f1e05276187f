"""Wait for what another process or task brings about: ask again and again, with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
_PAUSE = 0.05


async def until(ask: Callable[[], _T | None], *, what: Callable[[], str] | str, seconds: float = 30.0) -> _T:
    """
    Return the first answer of *ask* that is neither ``None`` nor ``False``; it may block for a moment.

    *ask* runs in a thread, so that servers and kubelets of the test's own loop go on meanwhile. Raises AssertionError
    with *what* was waited for after *seconds*; a function is asked only then, for the newest state.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = await asyncio.to_thread(ask)
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not after {seconds:g} s: {what if isinstance(what, str) else what()}")
        await asyncio.sleep(_PAUSE)
