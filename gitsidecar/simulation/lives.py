"""The life of a pod as rows: what its status says after each thing that can happen to it."""

from __future__ import annotations

import dataclasses
import datetime
import random
from typing import Any

from gitsidecar.model import pods
from gitsidecar.simulation import identities

ENDED = ("Succeeded", "Failed")


def with_container(pod: pods.Pod, now: datetime.datetime, name: str, **changes: Any) -> pods.Pod:
    """Return *pod* with *changes* to the status of its container called *name*, settled."""
    containers = tuple(dataclasses.replace(each, **changes) if each.name == name else each for each in pod.containers)
    return settled(pod, now, containers=containers)


def settled(pod: pods.Pod, now: datetime.datetime, **changes: Any) -> pods.Pod:
    """Return *pod* with *changes*, and with the phase and the Ready condition that its containers then make."""
    containers: tuple[pods.Container, ...] = changes.get("containers", pod.containers)
    is_deleting = changes.get("is_deleting", pod.is_deleting)
    has_started = bool(pod.node) and all(each.container_id for each in containers)
    phase = pod.phase if pod.phase in ENDED else "Running" if has_started else "Pending"
    is_ready = phase == "Running" and not is_deleting and all(each.is_ready for each in containers)
    since = (pod.ready_since if pod.is_ready else now) if is_ready else None
    until = None if is_ready else (now if pod.is_ready else pod.unready_since)
    return dataclasses.replace(pod, phase=phase, is_ready=is_ready, ready_since=since, unready_since=until, **changes)


def grown(pod: pods.Pod, node: str, generator: random.Random) -> pods.Pod:
    """Return *pod*, fresh from its workload, as it is when all is well: on *node*, Ready since its creation."""
    containers = tuple(
        dataclasses.replace(
            each,
            container_id=identities.new_container_id(generator),
            image_id=identities.image_id(each.image),
            is_ready=True,
        )
        for each in pod.containers
    )
    return dataclasses.replace(
        pod, node=node, containers=containers, phase="Running", is_ready=True, ready_since=pod.created
    )


def unfinished(pod: pods.Pod) -> frozenset[str]:
    """
    Return the names of containers that are still to be started, as far as a row alone tells.

    Those that never ran, and those that our mark says were changed and that have the container ID of before. One that
    waits for an image or after a crash is stuck, not unfinished.
    """
    moved = {origin for mark in pod.marks if mark.move for origin in mark.move.origin}
    return frozenset(
        each.name
        for each in pod.containers
        if each.waiting in ("", "ContainerCreating", "PodInitializing")
        and (not each.container_id or (each.name, each.container_id) in moved)
    )
