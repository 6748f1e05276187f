"""New pods of a simulated world follow the rollout, as those that the webhook lets in do (DESIGN §5.13)."""

from __future__ import annotations

import datetime

import pytest

from gitsidecar.manifests import trees
from gitsidecar.model import files, histories, pods
from gitsidecar.planning import planner
from gitsidecar.simulation import admissions, clocks, clusters, synthetic, workloads

START = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)
_NEW, _OLD = "registry.example.com/logging/logtail:0.16.18", "registry.example.com/logging/logtail:0.16.17"
_SET = """\
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {{name: logtail}}
spec:
  selector: {{matchLabels: {{logging: "on"}}}}
  updateStrategy: {{partition: {partition}}}
  containers:
  - {{name: logtail, image: "{image}", resources: {{limits: {{memory: 64Mi}}}}}}
"""


def admit(partition: str, labels: dict[str, str]) -> pods.Pod:
    """Return the row of a bare pod with *labels* that comes while the spec before is the stable one."""
    desired, before = (
        trees.read(files.Tree("", (files.File("a.yaml", _SET.format(partition=partition, image=image).encode()),)))
        for image in (_NEW, _OLD)
    )
    [stable] = before.sets
    known = histories.SetHistory(
        stable, 1, "4f2a9c1", stable=stable.spec_hash, specs={stable.spec_hash: stable.document}
    )
    history = histories.History(sets={"logtail": known})
    cluster = clusters.SimulatedCluster.from_snapshot(
        clocks.VirtualClock(START), synthetic.populate(desired.sets, synthetic.Wish(deployments=1, pods=4), now=START)
    )
    admitting = admissions.Admitting(cluster.world)
    admitting.follow(planner.plan(desired, cluster.snapshot(), history, START), history)
    bare = workloads.Workload("shop", "Deployment", "new", 1, labels, workloads.containers({"app": "app:1"}))
    cluster.add_workload(bare)
    [row] = [pod for pod in cluster.snapshot().pods if pod.workload == "Deployment/new"]
    return row


@pytest.mark.parametrize(("partition", "image"), [("0", _NEW), ("100%", _OLD)])
def test_a_new_pod_follows_the_rollout(partition: str, image: str) -> None:
    """It gets the latest spec where the rollout has room for it, and the stable one where not; and our mark of it."""
    row = admit(partition, {"logging": "on"})
    sidecar = row.container("logtail")
    assert sidecar is not None
    assert (sidecar.image, sidecar.index) == (image, 1)
    assert "64Mi" in sidecar.shape
    mark = row.mark_of("logtail")
    assert mark is not None
    assert (mark.containers, mark.move) == (("logtail",), None)
    assert mark.spec_hash in row.annotation


def test_a_pod_that_no_set_selects_stays_as_it_is() -> None:
    """Neither containers nor marks are added."""
    row = admit("0", {})
    assert [each.name for each in row.containers] == ["app"]
    assert (row.marks, row.annotation) == ((), "")
