"""The worked numbers and orders of rollouts.md, recomputed with the planner."""

from __future__ import annotations

import pytest

from gitsidecar.manifests import trees
from gitsidecar.model import files, plans, pods, sidecarsets
from gitsidecar.planning import budgets
from tests.unit.docs import pages
from tests.unit.planning import builders

_ROWS = pages.table(pages.DOCS / "rollouts.md", "Pods")
_ORDERS = pages.table(pages.DOCS / "rollouts.md", "Strategy")
_MANIFEST = """
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: logtail}
spec:
  selector: {matchLabels: {app: web}}
  updateStrategy: {%s}
  containers: [{name: logtail, image: "logtail:1"}]
"""


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: " ".join(row.values()))
def test_worked_numbers_are_the_planners(row: dict[str, str]) -> None:
    """Kept, first pass and end of each row are what the planner makes of its first six columns."""
    wanted = builders.sidecar_set(
        partition=_share(row["partition"]),
        max_unavailable=_share(row["maxUnavailable"]),
        update={"type": sidecarsets.StrategyType.ROLLING_UPDATE},
    )
    fleet = _fleet(row)
    first = builders.plan_set(wanted, fleet)
    assert budgets.kept(wanted.update.partition, len(fleet)) == int(row["Kept old"])
    assert len(first.actions) == int(row["Move in the first pass"])
    assert len(_end(wanted, first).updated) == int(row["Updated at the end"])


@pytest.mark.parametrize("row", _ORDERS, ids=lambda row: str(row["Strategy"]))
def test_worked_orders_are_the_planners(row: dict[str, str]) -> None:
    """Pods with the labels of the second column move as the third one says, and a partition keeps the last of them."""
    update = _strategy(", ".join(pages.codes(row["Strategy"])))
    strategy = {"priority": update.priority, "scatter": update.scatter}
    waiting = [text.split() for text in pages.codes(row["Waiting pods, in the default order"])]
    fleet = [
        builders.pod(-place, uid=name, name=name, labels={"app": "web", **dict(each.split("=") for each in labels)})
        for place, (name, *labels) in enumerate(waiting)
    ]
    assert builders.moves(builders.plan_set(builders.sidecar_set(max_unavailable=99), fleet)) == [
        name for name, *_ in waiting
    ]
    wanted = builders.sidecar_set(max_unavailable=99, update=strategy)
    moves = builders.moves(builders.plan_set(wanted, fleet))
    assert " ".join(moves) == row["They move as"]
    kept = builders.sidecar_set(max_unavailable=99, partition=2, update=strategy)
    assert builders.moves(builders.plan_set(kept, fleet)) == moves[:-2]


def _strategy(text: str) -> sidecarsets.UpdateStrategy:
    """Read the *text* of an updateStrategy as the daemon would."""
    desired = trees.read(files.Tree("", (files.File("logtail.yaml", (_MANIFEST % text).encode()),)))
    assert desired.rejections == ()
    [found] = desired.sets
    return found.update


def _share(text: str) -> int | str:
    return text if text.endswith("%") else int(text)


def _fleet(row: dict[str, str]) -> list[pods.Pod]:
    """Return the pods of a row: the updated first, then the ailing, then those that cannot be moved, then the rest."""
    updated, ailing, stuck = (int(row[name]) for name in ("Updated before", "Not Ready", "Not upgradable"))
    fleet = []
    for number in range(int(row["Pods"])):
        if number < updated:
            fleet.append(builders.pod(number, builders.NEW))
        elif number < updated + ailing:
            fleet.append(builders.pod(number, ready=False))
        elif number < updated + ailing + stuck:
            fleet.append(builders.pod(number, marks=(builders.mark(shape="v1-other"),)))
        else:
            fleet.append(builders.pod(number))
    return fleet


def _end(wanted: sidecarsets.SidecarSet, planned: plans.SetPlan) -> plans.SetPlan:
    """Let every move succeed at once, pass after pass, until nothing moves any more."""
    while planned.actions:
        moved = {action.pod.key for action in planned.actions}
        fleet = [
            builders.pod(int(pod.name.removeprefix("pod-")), builders.NEW) if pod.key in moved else pod
            for pod in planned.matched
        ]
        planned = builders.plan_set(wanted, fleet)
    return planned
