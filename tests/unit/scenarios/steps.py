"""What the scenarios have in common: sets and workloads in few words, a witness of all pods, and eyes on the branch."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from gitsidecar.model import pods, reports
from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import workloads
from tests.support import benches, sidecarsets

OLD, NEW, NEWEST = sidecarsets.OLD, sidecarsets.NEW, sidecarsets.NEWEST
APP = {"app": "app:1"}
_NATIVE = {"restartPolicy": "Always"}
REMOVAL = (("gitsidecar-allow-removal", "true"),)
"""The trailer that lets more than half of all sets go."""


def manifest(
    containers: Mapping[str, str],
    *,
    name: str = "logtail",
    natives: Mapping[str, str] | None = None,
    is_adopting: bool = True,
    **spec: Any,
) -> str:
    """Return a SidecarSet as YAML: *containers* and *natives* map names to images, *spec* holds all other fields."""
    fields: dict[str, Any] = {"selector": {"matchLabels": sidecarsets.LABELS}, **spec}
    for field, images, extra in (("containers", containers, {}), ("initContainers", natives or {}, _NATIVE)):
        if images:
            fields[field] = [{"name": each, "image": image, **extra} for each, image in images.items()]
    metadata = {"name": name, "annotations": {"gitsidecar.io/adopt": "true"} if is_adopting else {}}
    whole = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": metadata, "spec": fields}
    return yaml.safe_dump(whole, sort_keys=False)


def logtail(image: str = NEW, *, update: Mapping[str, Any] | None = None, **fields: Any) -> str:
    """Return the set `logtail` as YAML; *update* is its updateStrategy."""
    return manifest({"logtail": image}, updateStrategy=dict(update or {}), **fields)


def labels(**wanted: str) -> dict[str, Any]:
    """Return a selector by labels, as a manifest spells it."""
    return {"matchLabels": wanted}


def add_workload(
    bench: benches.Bench,
    name: str,
    replicas: int,
    *,
    images: Mapping[str, str] | None = None,
    natives: Mapping[str, str] | None = None,
    **fields: Any,
) -> None:
    """Add a StatefulSet labelled ``app: NAME`` whose pods run since long ago; *fields* are those of `Workload`."""
    shapes = dict.fromkeys(natives or {}, json.dumps(_NATIVE, separators=(",", ":")))
    containers = workloads.containers(images or {**APP, "logtail": OLD}, natives=natives, shapes=shapes)
    whole = {"namespace": "shop", "kind": "StatefulSet", "labels": {"app": name}, **fields}
    workload = workloads.Workload(name=name, replicas=replicas, containers=containers, **whole)
    bench.cluster.add_workload(workload, is_running=True)


class Witness:
    """Sees every state of every pod: `images` maps (pod, container) to each image it was ever to run, in order."""

    def __init__(self, bench: benches.Bench) -> None:
        self.images: dict[tuple[str, str], list[str]] = {}
        for pod in bench.cluster.snapshot().pods:
            self._see(pod, is_gone=False)
        bench.cluster.world.store.watchers.append(self._see)

    def of(self, container: str = "logtail") -> dict[str, list[str]]:
        """Return pod name → the images of *container*, in order."""
        return {pod: images for (pod, name), images in sorted(self.images.items()) if name == container}

    def _see(self, pod: pods.Pod, is_gone: bool) -> None:
        for container in pod.containers:
            seen = self.images.setdefault((pod.name, container.name), [])
            if not seen or seen[-1] != container.image:
                seen.append(container.image)


@dataclasses.dataclass(frozen=True, slots=True)
class Memory:
    """The status branch as a reader finds it after a pass."""

    bench: benches.Bench

    def status(self, name: str = "logtail") -> dict[str, Any]:
        """Return the status in the set's file."""
        status: dict[str, Any] = yaml.safe_load(self.bench.branch.content[f"sets/{name}.yaml"])["status"]
        return status

    def history(self, name: str = "logtail") -> list[str]:
        """Return the images of the specs kept, oldest first as the status lists them; each has its file."""
        hashes = self.status(name)["history"]
        assert {f"history/{name}/{each}.yaml" for each in hashes} == set(self.files(f"history/{name}/"))
        return [self._image(name, each) for each in hashes]

    def stable(self, name: str = "logtail") -> str:
        """Return the image of the stable spec, empty while there is none."""
        spec_hash = self.status(name)["stable"]
        return self._image(name, spec_hash) if spec_hash else ""

    def files(self, prefix: str) -> list[str]:
        """Return the paths that begin with *prefix*."""
        return [path for path in self.bench.branch.content if path.startswith(prefix)]

    def _image(self, name: str, spec_hash: str) -> str:
        document = yaml.safe_load(self.bench.branch.content[f"history/{name}/{spec_hash}.yaml"])
        return str(document["spec"]["containers"][0]["image"])


def images(bench: benches.Bench, container: str = "logtail") -> dict[str, str]:
    """Return pod name → what *container* is to run there."""
    found = ((pod.name, pod.container(container)) for pod in bench.cluster.snapshot().pods)
    return {name: each.image for name, each in found if each is not None}


def writes(bench: benches.Bench) -> dict[str, int]:
    """Return pod name → how many patches it has had; pods without any are left out."""
    return dict(collections.Counter(write.pod.partition("/")[2] for write in bench.cluster.ledger.writes))


def marks(bench: benches.Bench) -> dict[str, tuple[str, ...]]:
    """Return pod name → the sets that our annotation on it names."""
    return {pod.name: tuple(mark.set_name for mark in pod.marks) for pod in bench.cluster.snapshot().pods}


def report(done: reconcilers.Pass, name: str = "logtail") -> reports.SetReport:
    """Return what the pass reports of one set."""
    [found] = [each for each in done.report.sets if each.name == name]
    return found


def held(done: reconcilers.Pass, name: str = "logtail") -> dict[str, int]:
    """Return reason → count of one set's held pods."""
    return {each.reason: each.count for each in report(done, name).held}


def condition(done: reconcilers.Pass, type_: str, name: str = "logtail") -> tuple[bool, str]:
    """Return status and reason of one set's condition."""
    found = report(done, name).condition(type_)
    assert found is not None
    return found.status, found.reason


def is_complete(done: reconcilers.Pass, name: str = "logtail") -> bool:
    """Say whether one set's rollout is over."""
    return condition(done, "Complete", name)[0]


async def run_until_moved(bench: benches.Bench, number: int, *, step: float = 1.0) -> reconcilers.Pass:
    """Run passes, *step* seconds apart, until so many patches were taken in all, and return the pass that sent it."""
    for _ in range(200):
        done = await bench.poll_and_pass()
        if len(bench.cluster.ledger.writes) >= number:
            return done
        bench.wait(step)
    raise AssertionError(f"only {len(bench.cluster.ledger.writes)} of {number} patches after 200 passes")


async def settle(bench: benches.Bench, *, quiet: int = 4, step: float = 3.0) -> reconcilers.Pass:
    """
    Poll and run passes, *step* seconds apart, until *quiet* in a row have sent nothing and have nothing in flight.

    Unlike the bench's own this also waits for pods that somebody else has in flight.
    """
    calm = 0
    for _ in range(200):
        done = await bench.poll_and_pass()
        calm = 0 if any(each.actions or each.in_flight for each in done.plan.sets) else calm + 1
        if calm == quiet:
            return done
        bench.wait(step)
    raise AssertionError(f"not settled after 200 passes: {done.report.sets}")


def told_moves(bench: benches.Bench, name: str = "logtail") -> list[tuple[str, str]]:
    """Return (pod, revision's first seven letters) for every move of one set that a commit message tells, in order."""
    found: list[tuple[str, str]] = []
    for message in bench.branch.messages:
        for block in message.split("\n\n"):
            lines = block.splitlines()
            if lines[0].startswith("Moved ") and lines[1].split()[0] == name:
                found += ((line.strip(), lines[1].split()[1]) for line in lines[2:])
    return found


def names(found: Sequence[tuple[str, str]]) -> list[str]:
    """Return the pods' names of told moves, in order of name."""
    return sorted(pod.partition("/")[2] for pod, _ in found)
