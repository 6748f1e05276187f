"""The scheduler: it binds pods to nodes, round and round."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence

from gitsidecar.model import pods
from gitsidecar.simulation import engines, stores


class Scheduler:
    """Gives each pod without a node the next one; it knows no full nodes."""

    def __init__(self, store: stores.Store, engine: engines.Engine, nodes: Sequence[str]) -> None:
        self._store = store
        self._engine = engine
        self._nodes = itertools.cycle(nodes)

    def next_node(self) -> str:
        """Return the node whose turn it is."""
        return next(self._nodes)

    def schedule(self, pod: pods.Pod, then: Callable[[pods.Pod], None]) -> None:
        """Bind *pod* to a node a little later, if it still is there, and then call *then* with its row."""

        def bind() -> None:
            row = self._store.find(pod)
            if row is not None and row.is_active and not row.node:
                node = self.next_node()
                then(self._store.put(dataclasses.replace(row, node=node), f"scheduled to {node}"))

        self._engine.after(self._engine.pace.scheduling, bind)
