"""Pull requests on paper: the files before and after, pods as a cluster has them, and the review of it all."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping

from gitsidecar import handoff
from gitsidecar.manifests import trees
from gitsidecar.model import desires, files, forecasts, pods, reviews, sidecarsets
from gitsidecar.planning.reviews import comparing, reviewing
from gitsidecar.reconciler import desiring
from gitsidecar.simulation import forecasts as foretelling

NOW = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)
BASE, HEAD = "1" * 40, "2" * 40
OLD, NEW = (f"registry.example.com/logging/logtail:0.16.{number}" for number in (16, 18))
LABELS = {"logging": "logtail"}

Texts = Mapping[str, str]
"""Path → content."""


def workload(
    namespace: str,
    name: str,
    count: int,
    *,
    images: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    shape: str = "{}",
    injected: sidecarsets.SidecarSet | None = None,
) -> tuple[pods.Pod, ...]:
    """
    Return the running pods of a workload (``Deployment/web``), each with the containers *images* besides its own.

    They have these from their template, or from the set *injected*.
    """
    short = name.partition("/")[2]
    rows = (
        _pod(namespace, name, f"{short}-{number:03}", images or {"logtail": OLD}, labels or LABELS, shape)
        for number in range(count)
    )
    return tuple(rows) if injected is None else tuple(_injected(row, injected) for row in rows)


def desired(texts: Texts, revision: str = BASE, *, trailers: Iterable[tuple[str, str]] = ()) -> desires.Desired:
    """Return what the files ask for, as the daemon reads them without a history."""
    return trees.read(_tree(texts, revision, trailers))


def after(base: desires.Desired, texts: Texts, *, trailers: Iterable[tuple[str, str]] = ()) -> desires.Desired:
    """Return what is in force once the files have been merged after *base*."""
    return desiring.desire(_tree(texts, HEAD, trailers), comparing.aftermath(base))


def review(
    before: Texts,
    now: Texts,
    snapshot: pods.Snapshot | None = None,
    *,
    at: datetime.datetime = NOW,
    tell_fridays: bool = False,
    trailers: Iterable[tuple[str, str]] = (),
    terms: forecasts.Terms | None = None,
) -> reviews.Review:
    """Return the review of a change from the files *before* to those of *now*; no *snapshot* is no pods."""
    base = desired(before)
    head = after(base, now, trailers=trailers)
    seen = None
    if snapshot is not None:
        forecast = foretelling.forecast(head, snapshot, comparing.aftermath(base), start=at, terms=terms)
        seen = reviewing.Seen(snapshot, forecast)
    return reviewing.review(base, head, at, seen=seen, tell_fridays=tell_fridays)


def sidecar_set(
    image: str = NEW,
    name: str = "logtail",
    *,
    selector: str = "matchLabels: {logging: logtail}",
    update: str = "maxUnavailable: 2",
    container: str = "logtail",
    more: str = "",
    is_adopting: bool = True,
) -> str:
    """Return a SidecarSet with one container, to which *more* adds fields; *selector* and *update* are YAML."""
    adopt = '\n  annotations: {gitsidecar.io/adopt: "true"}' if is_adopting else ""
    return f"""\
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata:
  name: {name}{adopt}
spec:
  selector:
    {selector}
  updateStrategy: {{{update}}}
  containers:
  - name: {container}
    image: {image}
{more}"""


def policy(rules: str, name: str = "nights", *, sets: str = "logtail") -> str:
    """Return a RolloutPolicy for *sets*; *rules* is YAML at the depth of its spec."""
    return f"""\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata: {{name: {name}}}
spec:
  sidecarSets: [{sets}]
{rules}"""


def _injected(row: pods.Pod, by: sidecarsets.SidecarSet) -> pods.Pod:
    names = tuple(each.name for each in by.sidecars)
    mark = pods.Mark(by.name, by.spec_hash, by.shape_hash, BASE, names)
    return dataclasses.replace(row, marks=(mark,), annotation=handoff.write((mark,)), has_annotations=True)


def _tree(texts: Texts, revision: str, trailers: Iterable[tuple[str, str]]) -> files.Tree:
    found = tuple(files.File(path, text.encode()) for path, text in sorted(texts.items()))
    return files.Tree(revision, found, trailers=tuple(trailers))


def _pod(
    namespace: str, owner: str, name: str, images: Mapping[str, str], labels: Mapping[str, str], shape: str
) -> pods.Pod:
    key = f"{namespace}-{name}"
    names = {"app": "registry.example.com/app:1", **images}
    containers = tuple(
        pods.Container(
            container,
            image,
            index,
            shape=shape if container in images else "{}",
            container_id=f"{key}-{container}",
            image_id=image,
            is_ready=True,
        )
        for index, (container, image) in enumerate(names.items())
    )
    started = NOW - datetime.timedelta(days=3)
    return pods.Pod(
        namespace,
        name,
        f"uid-{key}",
        dict(labels),
        containers,
        workload=owner,
        phase="Running",
        node="node-1",
        is_ready=True,
        created=started,
        ready_since=started,
    )
