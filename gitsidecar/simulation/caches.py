"""A client's watch cache: rows as the watch has brought them so far, with its lags, gaps and lists."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from gitsidecar import errors
from gitsidecar.model import pods
from gitsidecar.simulation import rows, worlds

_LIST_AGAIN = 1.0  # seconds until a list that was forbidden is tried once more


class Cache:
    """
    What one client knows of a world.

    It is filled by a list and kept by a watch; when the watch is lost it stays as it was, told of nothing, until the
    next list. What the client reads on its own (`read`) counts at once and is never undone by a late event.
    """

    def __init__(self, world: worlds.World) -> None:
        self._world = world
        self._changed: Callable[[], None] = _tell_nobody
        self._rows: rows.Rows | None = None
        self._is_open = False
        self._is_watching = False
        self._is_forbidden = False
        self._session = 0  # events, lists and losses of an earlier one are void
        self._newest_arrival = world.timeline.now
        self._snapshot: tuple[tuple[pods.Pod, ...], pods.Snapshot] | None = None

    def open(self, changed: Callable[[], None]) -> None:
        """List, watch, and call *changed* on every change from now on."""
        self._changed, self._is_open = changed, True
        self._world.store.watchers.append(self._see)
        self._world.store.namespace_watchers.append(self._see_namespaces)
        self._world.watch_losses.append(self.lose)
        self._list(self._session)

    def close(self) -> None:
        """Forget everything and hear of nothing more."""
        self._session += 1
        self._rows, self._is_watching, self._is_forbidden, self._changed = None, False, False, _tell_nobody
        if self._is_open:
            self._is_open = False
            self._world.store.watchers.remove(self._see)
            self._world.store.namespace_watchers.remove(self._see_namespaces)
            self._world.watch_losses.remove(self.lose)

    def lose(self, seconds: float) -> None:
        """Lose the watch, if there is one, and list again *seconds* later."""
        if not self._is_open:
            return
        self._session += 1
        self._is_watching = False
        session = self._session
        self._world.timeline.after(seconds, lambda: self._list(session))

    def snapshot(self) -> pods.Snapshot:
        """Return all rows. Raises TransientError before the first list, StalledError while listing is forbidden."""
        if self._is_forbidden:
            raise errors.StalledError(
                "listing pods is forbidden (403) in the simulated cluster; allow it with forbid_reads(False)"
            )
        if self._rows is None:
            raise errors.TransientError("the pods have not been listed yet; call start and wait for the first list")
        all_rows, namespaces = self._rows.all(), self._world.store.namespaces
        known = self._snapshot
        if known is None or known[0] is not all_rows or known[1].namespaces is not namespaces:
            self._snapshot = known = (all_rows, pods.snapshot(all_rows, namespaces))
        return known[1]

    def find(self, key: str) -> pods.Pod | None:
        """Return the newest row known of that key, or ``None``."""
        return self._rows.find(key) if self._rows is not None else None

    def read(self, key: str) -> None:
        """Read one pod anew, as the answer to a write or a GET brings it."""
        if self._rows is None:
            return
        row = self._world.store.rows.find(key)
        if row is not None:
            self._rows.put(row)
        else:
            self._rows.remove(key)

    def _list(self, session: int) -> None:
        if session != self._session:
            return
        api, timeline = self._world.api, self._world.timeline
        if api.is_down and api.down_until is not None:
            timeline.at(api.down_until, lambda: self._list(session))
            return
        self._is_forbidden = api.is_forbidding_reads
        if self._is_forbidden:
            timeline.after(_LIST_AGAIN, lambda: self._list(session))
            return
        self._session += 1
        self._rows = rows.Rows(self._world.store.rows.all())
        self._is_watching = True
        self._changed()

    def _see(self, pod: pods.Pod, is_gone: bool) -> None:
        """Let one event of the watch arrive after the lag, never before an earlier one."""
        if not self._is_watching:
            return
        timeline, lag, session = self._world.timeline, self._world.api.faults.watch_lag, self._session
        if lag == 0 and self._newest_arrival <= timeline.now:
            self._take_in(pod, is_gone)
            return
        self._newest_arrival = max(self._newest_arrival, timeline.now + datetime.timedelta(seconds=lag))
        timeline.at(self._newest_arrival, lambda: self._arrive(session, pod, is_gone))

    def _arrive(self, session: int, pod: pods.Pod, is_gone: bool) -> None:
        if session == self._session:
            self._take_in(pod, is_gone)

    def _take_in(self, pod: pods.Pod, is_gone: bool) -> None:
        known = self.find(pod.key)
        if self._rows is None:
            return
        if is_gone and known is not None and known.uid == pod.uid:
            self._rows.remove(pod.key)
        elif not is_gone and (known is None or int(known.resource_version) < int(pod.resource_version)):
            self._rows.put(pod)
        else:
            return
        self._changed()

    def _see_namespaces(self) -> None:
        if self._is_watching:
            self._changed()


def _tell_nobody() -> None:
    """Stand in for `changed` where nobody listens."""
