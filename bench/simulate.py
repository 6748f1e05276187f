"""
Time whole forecasts of rollouts: ``python -m bench.simulate``.

What is asked: how long the rollout of 10,000 pods takes to foretell, with many pods at a time and with few, and what
its picture costs. Each is held against one plan of the same pods without a memory, in the same round.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Sequence

from bench import timings
from gitsidecar.manifests import trees
from gitsidecar.model import desires, files, forecasts, histories, pods
from gitsidecar.planning import planner
from gitsidecar.reporting import charts, timelines
from gitsidecar.simulation import forecasts as simulation
from gitsidecar.simulation import synthetic

SIZES = (1_000, 10_000)
SHARES = ("10%", "1%")
START = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--pods", type=int, nargs="+", default=SIZES, help="sizes of the cluster")
    parser.add_argument("--runs", type=int, default=3, help="how often each is timed, after one run that is not")
    parser.add_argument("--json", action="store_true", help="print JSON, all runs in it")
    chosen = parser.parse_args(arguments)
    rows = [
        row
        for size in chosen.pods
        for share in SHARES
        for row in timings.measure(f"maxUnavailable {share}", size, _cases(size, share), chosen.runs)
    ]
    print(timings.to_json(rows) if chosen.json else timings.table(rows))


def _cases(size: int, share: str) -> list[timings.Case]:
    desired = desire(share)
    wish = synthetic.Wish(deployments=max(1, size // 50), pods=size)
    snapshot = synthetic.populate(desired.sets, wish, now=START)
    found = _forecast(desired, snapshot)
    assert found.is_complete, found.sets[0].ending
    return [
        timings.Case("one plan", lambda _: planner.plan(desired, snapshot, histories.History(), START)),
        timings.Case("forecast", lambda _: _forecast(desired, snapshot)),
        timings.Case("table and picture", lambda _: (timelines.to_text(found), charts.draw(found))),
    ]


def _forecast(desired: desires.Desired, snapshot: pods.Snapshot) -> forecasts.Forecast:
    return simulation.forecast(desired, snapshot, start=START)


def desire(max_unavailable: int | str) -> desires.Desired:
    """Return what one set of a log shipper asks for."""
    container = {"name": "logtail", "image": "registry.example.com/logging/logtail:0.16.18"}
    spec = {
        "selector": {"matchLabels": {"logging": "logtail"}},
        "updateStrategy": {"maxUnavailable": max_unavailable},
        "containers": [container],
    }
    head = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "logtail"}}
    desired = trees.read(
        files.Tree("4f2a9c1" + 33 * "0", (files.File("logtail.yaml", json.dumps(head | {"spec": spec}).encode()),))
    )
    assert not desired.rejections, desired.rejections
    return desired


if __name__ == "__main__":
    main()
