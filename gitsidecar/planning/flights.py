"""Moves under way: how far the kubelet has come with the images that we set, judged by container IDs (DESIGN §5.5)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from gitsidecar.model import pods

_NOTICED = datetime.timedelta(minutes=5)
"""By then every kubelet has looked: a container that still runs as before had its image put back in between."""


def has_restarted(pod: pods.Pod, move: pods.Move) -> bool:
    """Say whether every container that *move* changed runs, or ran, under another ID than before it."""
    return pod.has_seen_spec and has_replaced(pod, move)


def has_replaced(pod: pods.Pod, move: pods.Move) -> bool:
    """Say whether every container that *move* changed has another ID."""
    return all(_is_replaced(container, origin) for container, origin in _moved(pod, move))


def serves_anew(pod: pods.Pod, move: pods.Move) -> bool:
    """
    Say whether every container that *move* changed has another ID and is ready, whatever the kubelet has seen since.

    Somebody else's change of the pod makes the kubelet lag again, long after our move has landed.
    """
    return has_replaced(pod, move) and serves(pod, move)


def has_landed(pod: pods.Pod, move: pods.Move) -> bool:
    """
    Say whether what *move* did to the pod is over: its containers have restarted and are ready again.

    Unlike *finished* this does not ask for the whole pod: an application that fails on its own is none of our doing.
    """
    return has_restarted(pod, move) and serves(pod, move)


def serves(pod: pods.Pod, move: pods.Move) -> bool:
    """Say whether every container that *move* changed is ready, be it the one from before."""
    return all(container.is_ready for container, _ in _moved(pod, move))


def is_down_since(pod: pods.Pod, move: pods.Move) -> bool:
    """
    Say whether the pod stopped to be Ready with *move* or before it, and has not been Ready since, though its
    containers run again.

    One that came back and failed later, on its own, lost readiness long after the move. One that we moved on while it
    was down lost it long before: with an earlier move of ours, where *move* says that the pod served before us.
    """
    return not pod.is_ready and pod.unready_since is not None and pod.unready_since - move.at <= _NOTICED


def is_unnoticed(pod: pods.Pod, move: pods.Move, now: datetime.datetime) -> bool:
    """
    Say whether the kubelet has not begun *move*: it serves as before, and a second write could hide the first.

    Moving such a pod on would note the ID of a container that the first write is about to replace, and its end would
    be taken for the end of the second.
    """
    if abs(now - move.at) > _NOTICED:
        return False
    if not pod.has_seen_spec:
        return True
    return any(container.is_ready and not _is_replaced(container, origin) for container, origin in _moved(pod, move))


def trouble(pod: pods.Pod, move: pods.Move) -> str:
    """Return which moved container cannot start and why, e.g. ``logtail ImagePullBackOff``, or an empty string."""
    for container, _ in _moved(pod, move):
        if container.trouble:
            return f"{container.name} {container.trouble}"
    return ""


def unreplaced(pod: pods.Pod, move: pods.Move) -> tuple[tuple[str, str], ...]:
    """Return the part of `move.origin` that has not restarted yet, which a second move must not forget."""
    return tuple(
        (container.name, origin) for container, origin in _moved(pod, move) if not _is_replaced(container, origin)
    )


def _moved(pod: pods.Pod, move: pods.Move) -> Iterator[tuple[pods.Container, str]]:
    for name, origin in move.origin:
        container = pod.container(name)
        if container is not None:  # a mark that a template carried over from another pod may name one that isn't here
            yield container, origin


def _is_replaced(container: pods.Container, origin: str) -> bool:
    return container.container_id not in ("", origin)
