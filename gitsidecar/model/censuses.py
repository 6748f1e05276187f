"""
How many pods of a set are what: sums that can be kept by adding and taking away, without counting all pods anew.

A census maps a key to a number of pods. The single counts have keys of one part; the others are made by the functions
below.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping

from gitsidecar.model import pods

Key = tuple[str, ...]
Census = Mapping[Key, int]

MATCHED: Key = ("matched",)
UPDATED: Key = ("updated",)
FINISHED: Key = ("finished",)
READY: Key = ("ready",)
UPDATED_READY: Key = ("updatedReady",)
MISSING: Key = ("missing",)
NOT_UPGRADABLE: Key = ("notUpgradable",)
UNAVAILABLE: Key = ("unavailable",)
"""Those that use budget: `planning.standings.Standing.is_unavailable`."""
IN_LANE: Key = ("inLane",)
STARTING: Key = ("starting",)
"""Those that carry the latest spec without our doing and do not serve yet, as new pods do."""

_IMAGE, _SPEC, _OWNER = "image", "spec", "owner"


def image(container: str, name: str) -> Key:
    """Return the key of the matched pods whose *container* has the image *name*."""
    return (_IMAGE, container, name)


def spec(spec_hash: str) -> Key:
    """Return the key of the matched pods whose annotation names *spec_hash*."""
    return (_SPEC, spec_hash)


def owner(count: Key, pod: pods.Pod) -> Key:
    """Return the key of those of *count* (MATCHED, UPDATED, READY or MISSING) that have the owner of *pod*."""
    return (_OWNER, pod.namespace, pod.workload or f"Pod/{pod.name}", *count)


def images(census: Census) -> Iterator[tuple[str, str, int]]:
    """Yield container, image and number of pods."""
    for key, number in census.items():
        if key[0] == _IMAGE:
            yield key[1], key[2], number


def specs(census: Census) -> frozenset[str]:
    """Return the spec hashes that matched pods' annotations name."""
    return frozenset(key[1] for key in census if key[0] == _SPEC)


def owners(census: Census) -> dict[tuple[str, str], dict[Key, int]]:
    """Return (namespace, workload) → count → number of pods."""
    found: dict[tuple[str, str], dict[Key, int]] = collections.defaultdict(dict)
    for key, number in census.items():
        if key[0] == _OWNER:
            found[key[1], key[2]][key[3:]] = number
    return found


def add(census: dict[Key, int], other: Census, times: int = 1) -> None:
    """Add *other* to *census* so many *times*; what comes to nothing is left out."""
    for key, number in other.items():
        total = census.get(key, 0) + times * number
        if total:
            census[key] = total
        else:
            census.pop(key, None)
