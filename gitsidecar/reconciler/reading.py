"""The read phase: what is desired at a revision, and what a follower takes over of the history that goes with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from gitsidecar import errors, ports
from gitsidecar.manifests import restoring
from gitsidecar.model import desires
from gitsidecar.reconciler import desiring, following, recording

Recorder = recording.Recorder | following.Follower

InGit = Callable[..., Awaitable[Any]]
"""Call something that blocks where all such calls of Git are made, one at a time."""


class Reader:
    """Reads a revision of *source* once, beside the history that *recorder* has of it."""

    def __init__(self, source: ports.Source, recorder: Recorder, in_git: InGit) -> None:
        self._source = source
        self._recorder = recorder
        self._in_git = in_git
        self._desired: desires.Desired | None = None

    async def read(self, revision: str, stall: errors.StalledError | None) -> desires.Desired:
        """
        Return what is desired at *revision*, or what was last, where *stall* says why the branch cannot be followed.

        Raises TransientError, StalledError.
        """
        if not self._recorder.is_loaded:
            await self._load()
        if not revision:
            return desiring.remembered(self._recorder.history, stall)
        desired = self._desired
        if desired is None or desired.revision != revision:
            tree, history = await self._in_git(self._source.read, revision), self._recorder.history
            desired = await asyncio.to_thread(desiring.desire, tree, history)
            self._desired = desired if history is self._recorder.history else None  # else it was loaded meanwhile
        return desired if stall is None else desiring.stalled(desired, stall)

    async def follow(self) -> bool:
        """
        As a follower, take over what others have recorded meanwhile; say whether that is anything new.

        It comes before a new revision is taken: what was stable until then must be known before it is planned with.
        """
        if not isinstance(self._recorder, following.Follower):
            return False
        before = self._recorder.last_good
        is_new = await self._load()
        if self._recorder.last_good != before:  # they may stand in what was read
            self._desired = None
        return is_new

    async def _load(self) -> bool:
        return bool(await self._in_git(self._recorder.load, restoring.restore, restoring.restore_policy))
