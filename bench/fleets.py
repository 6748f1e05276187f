"""Clusters of any size: rows like those of a real one, where thousands of workloads share a few shapes."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
from collections.abc import Iterable, Iterator, Sequence

from gitsidecar.manifests import trees
from gitsidecar.model import desires, files, pods, sidecarsets

NOW = datetime.datetime(2026, 11, 27, 9, 0, tzinfo=datetime.UTC)
NAMESPACES = 20
PODS_A_WORKLOAD = 30

_OLD, _NEW = "registry.example.com/team/{}:v1.35.0", "registry.example.com/team/{}:v1.36.2"
_PLATFORM = ("logtail", "mesh")  # the sets that select every pod; all others select those of one team
_SHAPES = tuple(
    json.dumps({"imagePullPolicy": "IfNotPresent", "resources": {"limits": {"memory": f"{size}Mi"}}})
    for size in (64, 128, 256, 512)
)
_APPLICATIONS = ("registry.example.com/shop/web:2.11", "registry.example.com/shop/api:7.4", "docker.io/redis:8.2")


class State(enum.Enum):
    """Say how far a pod has come on its way to the sets' specs."""

    UPDATED = "updated"
    IN_FLIGHT = "in flight"
    WAITING = "waiting"


@dataclasses.dataclass(frozen=True, slots=True)
class Fleet:
    """What the source branch asks for and a cluster's pods, and the pods again after the readiness of one changed."""

    desired: desires.Desired
    before: pods.Snapshot
    after: pods.Snapshot

    @property
    def size(self) -> int:
        """Return the number of pods."""
        return sum(map(len, self.before.chunks))


def build(
    size: int, *, sets: int = 1, in_flight: int = 0, waiting: int = 0, max_unavailable: int | str = "1%"
) -> Fleet:
    """Return *size* pods, of which so many are in flight and so many wait to move; the rest is updated."""
    desired = _desire(sets, max_unavailable)
    states = [State.IN_FLIGHT] * in_flight + [State.WAITING] * waiting
    states += [State.UPDATED] * (size - len(states))
    return of(desired, tuple(_pods(states, desired.sets)))


def of(desired: desires.Desired, rows: Sequence[pods.Pod]) -> Fleet:
    """Return a fleet of these *rows*; the event is about the first."""
    before = pods.snapshot(rows)
    return Fleet(desired, before, _with(before, _turned(rows[0])))


def _desire(count: int, max_unavailable: int | str) -> desires.Desired:
    names = [*_PLATFORM, *(f"team-{number}" for number in range(count))][:count]
    manifests = (files.File(f"{name}.yaml", _manifest(name, max_unavailable)) for name in names)
    desired = trees.read(files.Tree("4f2a9c1" + 33 * "0", tuple(manifests)))
    assert not desired.rejections, desired.rejections
    return desired


def _manifest(name: str, max_unavailable: int | str) -> bytes:
    """Return a SidecarSet as a team would push it; JSON is YAML too."""
    container = {
        "name": name,
        "image": _NEW.format(name),
        "env": [{"name": "LEVEL", "value": "info"}],
        "resources": {"limits": {"memory": "128Mi"}},
        "volumeMounts": [{"name": "spool", "mountPath": "/var/spool"}],
    }
    labels = {"sidecars": "on"} if name in _PLATFORM else {"team": name}
    spec = {
        "selector": {"matchLabels": labels},
        "updateStrategy": {"maxUnavailable": max_unavailable},
        "containers": [container],
        "volumes": [{"name": "spool", "emptyDir": {}}],
    }
    manifest = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": name}, "spec": spec}
    return json.dumps(manifest).encode()


def _pods(states: Iterable[State], sets: Sequence[sidecarsets.SidecarSet]) -> Iterator[pods.Pod]:
    """Yield one pod for each of *states*; all pods of one workload are in one namespace and of one team."""
    teams = [each.name for each in sets if each.name not in _PLATFORM] or ["team-0"]
    for number, state in enumerate(states):
        workload = number // PODS_A_WORKLOAD
        team = teams[workload % len(teams)]
        labels = {
            "app.kubernetes.io/name": f"service-{workload}",
            "app.kubernetes.io/version": f"2.{workload % 7}",
            "pod-template-hash": f"{workload:010x}",
            "sidecars": "on",
            "team": team,
        }
        carried = [each for each in sets if each.name in (*_PLATFORM, team)]
        yield _pod(number, labels, carried, state)


def _pod(number: int, labels: dict[str, str], carried: Sequence[sidecarsets.SidecarSet], state: State) -> pods.Pod:
    workload = number // PODS_A_WORKLOAD
    is_ready = state is not State.IN_FLIGHT
    created = NOW - datetime.timedelta(days=9, seconds=number)
    applications = (
        pods.Container(name, image, place, shape=_SHAPES[(workload + place) % len(_SHAPES)], is_ready=True)
        for place, (name, image) in enumerate(zip(("web", "api", "cache"), _APPLICATIONS, strict=True))
    )
    return pods.Pod(
        namespace=f"shop-{workload % NAMESPACES}",
        name=f"service-{workload}-{workload:010x}-{number:05x}",
        uid=f"{number:08x}-5c1d-4d5e-9b1f-0a2b3c4d5e6f",
        labels=labels,
        containers=(*applications, *(_sidecar(each, number, place + 3, state) for place, each in enumerate(carried))),
        marks=tuple(_mark(each, number, state) for each in carried),
        workload=f"Deployment/service-{workload}",
        phase="Running",
        node=f"node-{number % 500}",
        is_ready=is_ready,
        has_annotations=True,
        created=created,
        ready_since=created + datetime.timedelta(seconds=20) if is_ready else None,
        unready_since=None if is_ready else _moved_at(state),
        resource_version=str(number),
    )


def _sidecar(of: sidecarsets.SidecarSet, number: int, index: int, state: State) -> pods.Container:
    return pods.Container(
        of.name,
        _OLD.format(of.name) if state is State.WAITING else _NEW.format(of.name),
        index,
        shape=_SHAPES[1],
        container_id=_container_id(number, is_new=state is State.UPDATED),
        is_ready=state is not State.IN_FLIGHT,
    )


def _mark(of: sidecarsets.SidecarSet, number: int, state: State) -> pods.Mark:
    origin = ((of.name, _container_id(number, is_new=False)),)
    if state is State.WAITING:
        return pods.Mark(of.name, "v1-" + 40 * "0", of.shape_hash, "0" * 40, (of.name,))
    return pods.Mark(of.name, of.spec_hash, of.shape_hash, "4" * 40, (of.name,), pods.Move(_moved_at(state), origin))


def _moved_at(state: State) -> datetime.datetime:
    return NOW - (datetime.timedelta(seconds=20) if state is State.IN_FLIGHT else datetime.timedelta(hours=3))


def _container_id(number: int, *, is_new: bool) -> str:
    return f"containerd://{number:063x}{int(is_new)}"


def _turned(pod: pods.Pod) -> pods.Pod:
    """Return *pod* as the next event about it shows it: one that was Ready is not, one in flight has arrived."""
    if pod.is_ready:
        return dataclasses.replace(pod, is_ready=False, ready_since=None, unready_since=NOW)
    containers = tuple(
        dataclasses.replace(each, is_ready=True, container_id=each.container_id[:-1] + "1")
        if not each.is_ready
        else each
        for each in pod.containers
    )
    return dataclasses.replace(pod, containers=containers, is_ready=True, ready_since=NOW, unready_since=None)


def _with(snapshot: pods.Snapshot, pod: pods.Pod) -> pods.Snapshot:
    """Return *snapshot* with the newer row of *pod*; all other chunks are the same, as in the watch cache."""
    chunks = list(snapshot.chunks)
    place = pods.chunk_of(pod.key, len(chunks))
    chunks[place] = tuple(pod if each.uid == pod.uid else each for each in chunks[place])
    return dataclasses.replace(snapshot, chunks=tuple(chunks))
