"""
What a kubelet would say next of a pod: the status of each container, one step at a time, as values.

As the real one does, it reports images by their full names, and containers in order of name, not in that of the spec.
"""

from __future__ import annotations

import datetime
import enum
import hashlib
import secrets
from collections.abc import Container
from typing import Any

from tests.support import podspecs

Json = dict[str, Any]

_BACK_OFF = "ImagePullBackOff"


class Need(enum.IntEnum):
    """Name what a pod needs next; the greatest of its containers' needs comes first."""

    NOTHING = 0
    REPORT = 1  # nothing changes but the generation that the kubelet has seen
    RESTART = 2  # a stopped container is to be started on the image of the spec
    START = 3  # a container has never been started
    STOP = 4  # a container runs on an image that the spec has no longer


def need(pod: Json, broken: Container[str]) -> Need:
    """Say what *pod* needs next; images in *broken* cannot be pulled."""
    known = podspecs.statuses(pod)
    needs = [_need(each, known.get(each["name"]), broken) for each in podspecs.containers(pod)]
    has_seen_spec = pod.get("status", {}).get("observedGeneration") == pod["metadata"].get("generation")
    return max([*needs, Need.NOTHING if has_seen_spec else Need.REPORT])


def after_stop(pod: Json, now: datetime.datetime) -> Json:
    """Return the pod's status once every container whose image changed has been stopped; the others run on."""
    known = podspecs.statuses(pod)
    for each in podspecs.containers(pod):
        status = known.get(each["name"])
        if status is not None and _need(each, status, ()) is Need.STOP:
            known[each["name"]] = _stopped(status, now)
    return _pod_status(pod, known, now)


def after_start(pod: Json, broken: Container[str], now: datetime.datetime) -> Json:
    """Return the pod's status once every container that does not run was started, or failed to for a *broken* image."""
    known = podspecs.statuses(pod)
    for each in podspecs.containers(pod):
        status = known.get(each["name"])
        if _need(each, status, broken) in (Need.START, Need.RESTART):
            known[each["name"]] = _pulling(each, status) if each["image"] in broken else _running(each, status, now)
    for each in pod["spec"].get("initContainers", ()):
        known.setdefault(each["name"], _completed(each, now))  # an ordinary one: it ran and ended long ago
    return _pod_status(pod, known, now)


def as_seen(pod: Json, now: datetime.datetime) -> Json:
    """Return the pod's status as it is, with the newest generation seen."""
    return _pod_status(pod, podspecs.statuses(pod), now)


def full_name(image: str) -> str:
    """Return *image* as a runtime reports it: with the registry, and `library/`, that a short name leaves out."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def _need(container: Json, status: Json | None, broken: Container[str]) -> Need:
    if status is None:
        return Need.START
    if "running" in status["state"]:
        return Need.NOTHING if status["image"] == full_name(container["image"]) else Need.STOP
    waiting = status["state"].get("waiting", {})
    is_given_up = waiting.get("message") == _pull_message(container) and container["image"] in broken
    return Need.NOTHING if is_given_up else Need.RESTART


def _running(container: Json, before: Json | None, now: datetime.datetime) -> Json:
    has_run = before is not None and bool(before.get("containerID"))
    return {
        "name": container["name"],
        "image": full_name(container["image"]),
        "imageID": f"sha256:{hashlib.sha256(container['image'].encode()).hexdigest()}",
        "containerID": f"containerd://{secrets.token_hex(32)}",
        "restartCount": before["restartCount"] + 1 if before is not None and has_run else 0,
        "ready": True,
        "started": True,
        "state": {"running": {"startedAt": _text(now)}},
        "lastState": before["lastState"] if before is not None else {},
    }


def _stopped(status: Json, now: datetime.datetime) -> Json:
    ended = {
        "exitCode": 0,
        "reason": "Completed",
        "startedAt": status["state"]["running"]["startedAt"],
        "finishedAt": _text(now),
        "containerID": status["containerID"],
    }
    state = {"terminated": ended}
    return {**status, "ready": False, "started": False, "state": state, "lastState": state}


def _pulling(container: Json, before: Json | None) -> Json:
    """Wait for an image that does not come. Like the real kubelet, keep the image and ID of what ran last."""
    never_ran = {"name": container["name"], "image": container["image"], "imageID": "", "containerID": ""}
    waiting = {"waiting": {"reason": _BACK_OFF, "message": _pull_message(container)}}
    status = before or {**never_ran, "restartCount": 0, "lastState": {}}
    return {**status, "ready": False, "started": False, "state": waiting}


def _completed(container: Json, now: datetime.datetime) -> Json:
    running = _running(container, None, now)
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": _text(now), "finishedAt": _text(now)}
    return {**running, "started": False, "state": {"terminated": {**ended, "containerID": running["containerID"]}}}


def _pod_status(pod: Json, known: dict[str, Json], now: datetime.datetime) -> Json:
    spec = pod["spec"]
    is_ready = all(status["ready"] for status in known.values())
    has_run = all(status.get("containerID") for status in known.values())
    return {
        "phase": "Running" if has_run else "Pending",
        "startTime": pod.get("status", {}).get("startTime") or _text(now),
        "observedGeneration": pod["metadata"].get("generation", 0),
        "conditions": _conditions(pod, is_ready, now),
        "initContainerStatuses": [known[each["name"]] for each in spec.get("initContainers", ())],
        "containerStatuses": [known[name] for name in sorted(each["name"] for each in spec["containers"])],
    }


def _conditions(pod: Json, is_ready: bool, now: datetime.datetime) -> list[Json]:
    values = {"PodScheduled": True, "Initialized": True, "ContainersReady": is_ready, "Ready": is_ready}
    before = {each["type"]: each for each in pod.get("status", {}).get("conditions", ())}
    for type_, value in values.items():
        status = str(value)
        has_turned = before.get(type_, {}).get("status") != status
        since = _text(now) if has_turned else before[type_].get("lastTransitionTime") or _text(now)
        before[type_] = {
            "type": type_,
            "status": status,
            "lastTransitionTime": since,
            "observedGeneration": pod["metadata"].get("generation", 0),
        }
    return list(before.values())


def _pull_message(container: Json) -> str:
    return f'Back-off pulling image "{container["image"]}"'


def _text(time: datetime.datetime) -> str:
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
