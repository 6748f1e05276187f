"""What the reconciler asks of the world: four small protocols that adapters fulfil."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Protocol

from gitsidecar.model import files, outcomes, plans, pods


class Clock(Protocol):
    """Tell the time; the simulation's runs fast."""

    def now(self) -> datetime.datetime:
        """Return the current time, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds* of this clock's time."""


class Source(Protocol):
    """The source branch, seen through a mirror. Calls block: they run in the one Git thread."""

    def fetch(self) -> str:
        """
        Bring the newest revision into the mirror and return it (a full commit hash).

        Raises TransientError when the remote cannot be reached, StalledError for a wrong token or a missing branch.
        """

    def read(self, revision: str) -> files.Tree:
        """Return the manifest files of *revision* (``.yaml``, ``.yml``, ``.json`` under the configured path)."""


class StatusBranch(Protocol):
    """The branch that holds the audit trail. Calls block: they run in the one Git thread."""

    def load(self) -> Mapping[str, bytes]:
        """Return path → bytes of the branch's newest files as of a fresh fetch; empty when it does not exist yet."""

    def record(self, content: Mapping[str, bytes], message: str) -> str:
        """
        Make the branch's managed files exactly *content*, in one commit with *message*, and return its hash.

        Returns an empty string when the branch already holds the same bytes. Files that someone else put beside the
        managed ones are kept. A lost race is fetched, rebuilt and pushed again; nothing is ever forced.
        Raises TransientError or StalledError.
        """


class Cluster(Protocol):
    """The pods of one cluster: a cache kept fresh by a watch, and two ways to write."""

    async def start(self, changed: Callable[[], None]) -> None:
        """Begin to watch; *changed* is called (often, cheaply, on the loop's thread) whenever a pod's row changed."""

    async def observe(self) -> pods.Snapshot:
        """
        Return a whole, consistent snapshot that includes all our own writes so far.

        Raises TransientError while the cache has not been filled, StalledError when listing is forbidden.
        """

    def pod(self, namespace: str, name: str) -> pods.Pod | None:
        """Return the newest row of one pod from memory, or ``None``."""

    async def await_writes(self) -> bool:
        """
        Wait, a second at most, while the API server has asked to hold off all writes; say whether to send now.

        That is so when it is over, and when it will take so long that `execute` may as well defer the action. A caller
        that waits here, and not in `execute`, can be told to stop in between.
        """

    async def execute(self, action: plans.Action) -> outcomes.Outcome:
        """
        Send one action as one PATCH and say what became of it; nothing else but `evict` writes to a cluster.

        Never raises for a fault of one pod. Sends nothing, and defers, while all writes are held off.
        """

    async def evict(self, eviction: plans.Eviction) -> outcomes.Evicted:
        """
        Ask the API server to evict one pod, that very one, and say what became of it, as `execute` does.

        A PodDisruptionBudget that does not allow it defers this pod, and holds off nothing else.
        """

    async def close(self) -> None:
        """Stop watching and release every connection and task."""
