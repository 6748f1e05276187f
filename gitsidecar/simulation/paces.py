"""How long things take in the simulated cluster, in seconds of its clock; each span is drawn evenly by the seed."""

from __future__ import annotations

import dataclasses

Span = tuple[float, float]
"""The least and the most seconds that something takes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Pace:
    """The figures of a small, healthy cluster with its images at hand."""

    scheduling: Span = (0.05, 0.5)
    noticing: Span = (0.05, 0.5)  # until a kubelet has seen a changed spec
    starting: Span = (1.0, 3.0)  # of a container that never ran: pull, create, start
    restarting: Span = (1.0, 4.0)  # of a container whose image changed: stop, pull, start
    readying: Span = (0.5, 2.0)  # from the start until the readiness probe succeeds
    crashing: Span = (0.5, 2.0)  # from the start until a crashing image ends
    pull_retry: Span = (10.0, 10.0)  # first wait after a failed pull; doubles up to `longest_wait`
    crash_retry: Span = (10.0, 10.0)  # first wait after a crash; doubles up to `longest_wait`
    longest_wait: float = 300.0
    ending: Span = (0.5, 3.0)  # from a deletion until the pod is gone
    replacing: Span = (0.1, 1.0)  # until a workload's controller acts
