"""A pod that we took down goes on to use budget through every further fix, until it was Ready again."""

from __future__ import annotations

import datetime

from tests.support import benches, sidecarsets
from tests.unit.planning import builders


def test_a_pod_that_was_moved_on_while_down_goes_on_to_use_budget() -> None:
    """Down by our doing for 20 minutes, moved on a minute ago, only its sidecar serves: it still counts."""
    down = builders.pod(
        0,
        builders.NEW,
        ready=False,
        move=builders.moved(ago=60),
        live={"is_ready": True},
        unready_since=builders.NOW - datetime.timedelta(minutes=20),
    )
    planned = builders.plan_set(builders.sidecar_set("logtail:0.16.20"), [down, builders.pod(1)])
    assert builders.moves(planned) == ["0"]


async def test_the_second_fix_takes_down_no_other_pod() -> None:
    """A spec takes a pod down, its application stays down; fixes come ten minutes apart, maxUnavailable is 1."""
    bench = benches.Bench(4)
    await bench.start()
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    [pod] = [pod for pod in bench.cluster.snapshot().pods if pod.marks]
    bench.wait(1)
    bench.cluster.fail_probe(pod.namespace, pod.name, container="app", seconds=7200)
    for image in ("logtail:fix-1", "logtail:fix-2", sidecarsets.NEWEST):
        for _ in range(20):
            await bench.poll_and_pass()
            bench.wait(30)
        bench.push(image, maxUnavailable=1)
    assert {write.pod for write in bench.cluster.ledger.writes} == {pod.key}
