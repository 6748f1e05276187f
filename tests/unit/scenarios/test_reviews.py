"""What a review foretells is what the daemon does: one story on paper, and the same by passes."""

from __future__ import annotations

import datetime

from gitsidecar.reconciler import reconcilers
from tests.support import benches, pullrequests
from tests.unit.scenarios import steps

_POLICY = """\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata: {name: tens}
spec:
  windows: [{type: Allow, schedule: "*/10 * * * *", duration: 2m}]
  podsPerMinute: 4
"""
_MINUTE = datetime.timedelta(minutes=1)


def _texts(image: str) -> dict[str, str]:
    update = {"maxUnavailable": 4, "partition": "25%"}
    return {benches.FILE: steps.logtail(image, update=update), "tens.yaml": _POLICY}


async def _run_until(bench: benches.Bench, end: datetime.datetime) -> reconcilers.Pass:
    """Run passes as a daemon would, each second while pods are in flight and else when the plan will differ."""
    while True:
        done = await bench.poll_and_pass()
        [planned] = done.plan.sets
        if bench.clock.now() >= end:
            return done
        is_busy = bool(planned.actions or planned.in_flight)
        due = bench.clock.now() + datetime.timedelta(seconds=1) if is_busy else planned.wakes_at
        bench.wait(((min(due, end) if due is not None else end) - bench.clock.now()).total_seconds())


async def test_the_waves_are_those_of_the_daemon() -> None:
    """The same pods move in the same windows, minute by minute, and the same ones stay for the same reason."""
    bench = benches.Bench(20)
    await bench.start()
    bench.push_files(_texts(steps.OLD))
    await bench.settle()
    bench.wait(5 * 60)
    review = pullrequests.review(_texts(steps.OLD), _texts(steps.NEW), bench.cluster.snapshot(), at=bench.clock.now())
    forecast = review.reaches["logtail"].forecast
    assert forecast is not None

    bench.push_files(_texts(steps.NEW))
    done = await _run_until(bench, forecast.waves[-1].start + 1.5 * _MINUTE)

    sent = [(write.pod, write.at.replace(second=0, microsecond=0)) for write in bench.cluster.ledger.writes]
    foretold = [(move.pod, move.at.replace(second=0, microsecond=0)) for move in forecast.moves]
    assert foretold == sent
    assert [wave.pods for wave in forecast.waves] == [8, 7]
    assert {each.reason: each.count for each in forecast.held} == steps.held(done) == {"PartitionKept": 5}
    reach = review.reaches["logtail"]
    assert (reach.matched, reach.moving, reach.staying) == (20, 15, 5)
    assert list(steps.images(bench).values()).count(steps.NEW) == reach.moving
