"""What drives the simulated cluster: a timeline, one seeded generator, and the pace of things."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

from gitsidecar.simulation import paces, timelines


@dataclasses.dataclass(frozen=True, slots=True)
class Engine:
    """All chance in the cluster is drawn from `random`, in the order of events: same seed, same calls, same story."""

    timeline: timelines.Timeline
    random: random.Random
    pace: paces.Pace

    def draw(self, span: paces.Span, *, factor: float = 1.0) -> float:
        """Return a number of seconds out of *span*, times *factor*."""
        return self.random.uniform(*span) * factor

    def after(self, span: paces.Span, event: Callable[[], None], *, factor: float = 1.0) -> None:
        """Let *event* happen after a time drawn from *span*, times *factor*."""
        self.timeline.after(self.draw(span, factor=factor), event)

    def happens(self, probability: float) -> bool:
        """Say whether a thing of that *probability* happens this time."""
        return probability > 0 and self.random.random() < probability
