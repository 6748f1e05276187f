"""A set's pods by owner, in no more lines than a file can bear."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence

from gitsidecar.model import censuses, reports

_MOST = 1000
_RUN = re.compile(r"(Job/.+)-\d{8,}")
"""A CronJob calls its Jobs by its own name and the minutes since 1970."""


def workloads(census: censuses.Census) -> tuple[tuple[reports.Workload, ...], reports.Rest | None]:
    """
    Return the workloads in order of namespace and name, and the sum of those that are too many.

    Listed are those in which most is left to do. The runs of a CronJob are one workload: each would be a line that
    comes and goes, and a commit each time.
    """
    found = every(census)
    if len(found) <= _MOST:
        return found, None
    ranked = sorted(found, key=lambda each: each.updated - each.matched - each.missing)
    listed = sorted(ranked[:_MOST], key=lambda each: (each.namespace, each.name))
    return tuple(listed), _rest(ranked[_MOST:])


def every(census: censuses.Census) -> tuple[reports.Workload, ...]:
    """Return all workloads in order of namespace and name, however many they are."""
    found: dict[tuple[str, str], collections.Counter[censuses.Key]] = collections.defaultdict(collections.Counter)
    for (namespace, name), counts in censuses.owners(census).items():
        found[namespace, _owner(name)].update(counts)
    return tuple(_workload(*key, counts) for key, counts in sorted(found.items()))


def _owner(name: str) -> str:
    run = _RUN.fullmatch(name)
    return f"{run[1]}-*" if run is not None else name


def _workload(namespace: str, name: str, counts: collections.Counter[censuses.Key]) -> reports.Workload:
    return reports.Workload(
        namespace,
        name,
        matched=counts[censuses.MATCHED],
        updated=counts[censuses.UPDATED],
        ready=counts[censuses.READY],
        missing=counts[censuses.MISSING],
    )


def _rest(others: Sequence[reports.Workload]) -> reports.Rest:
    return reports.Rest(
        len(others),
        matched=sum(each.matched for each in others),
        updated=sum(each.updated for each in others),
        ready=sum(each.ready for each in others),
        missing=sum(each.missing for each in others),
    )
