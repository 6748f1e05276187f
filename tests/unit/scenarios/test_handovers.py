"""A pod that goes from one set to another, or to a set of another name: one budget, one write, no quarrel."""

from __future__ import annotations

import pytest

from tests.support import benches
from tests.unit.scenarios import steps


@pytest.mark.parametrize("image", [steps.NEW, steps.NEWEST])
@pytest.mark.parametrize("seconds", [0.0, 1.0, 2.0])
async def test_a_rename_in_mid_flight_keeps_to_the_budget(image: str, seconds: float) -> None:
    """A pod that the old name has in flight counts for the new name's maxUnavailable."""
    bench = benches.Bench(8)
    await bench.start()
    bench.push(maxUnavailable=2)
    await steps.run_until_moved(bench, 2)
    bench.wait(seconds)
    text = steps.logtail(image, name="shipper", update={"maxUnavailable": 2})
    bench.push_files({benches.FILE: None, "sets/shipper.yaml": text}, steps.REMOVAL)
    await steps.settle(bench)
    assert bench.cluster.ledger.most_healthy_in_flight <= 2


async def test_a_renamed_set_does_not_overwrite_an_unnoticed_move() -> None:
    """The kubelet has not begun the old name's write: the new name waits (PodBusy), or the pod's ID tells nothing."""
    bench = benches.Bench(4)
    await bench.start()
    bench.push(maxUnavailable=4)
    await bench.poll_and_pass()
    text = steps.logtail(steps.NEWEST, name="shipper", update={"maxUnavailable": 4})
    bench.push_files({benches.FILE: None, "sets/shipper.yaml": text}, steps.REMOVAL)
    done = await bench.poll_and_pass()
    assert done.outcomes == ()


async def test_pods_that_go_to_and_fro_between_two_sets_are_not_rewritten() -> None:
    """Pods relabelled from one channel to the other and back are moved each time: nobody fights over their image."""
    bench = benches.Bench(0)
    steps.add_workload(bench, "duo", 1, labels={"app": "web", "channel": "stable"})
    await bench.start()
    files = {
        f"sets/{name}.yaml": steps.logtail(image, name=name, selector=steps.labels(channel=name))
        for name, image in (("stable", steps.NEW), ("beta", steps.NEWEST))
    }
    bench.push_files(files)
    await steps.settle(bench)
    for channel in ("beta", "stable", "beta", "stable", "beta"):
        bench.wait(600)
        bench.cluster.set_labels_from_outside("shop", "duo-0", {"app": "web", "channel": channel})
        done = await steps.settle(bench)
        assert steps.held(done, channel) == {}, channel


async def test_a_rename_back_and_forth(bench: benches.Bench) -> None:
    """A set renamed to and fro with its specs moves its pods each time."""
    bench.push()
    await steps.settle(bench)
    for name, image in (("shipper", steps.NEWEST), ("logtail", steps.NEW)) * 2:
        files: dict[str, str | None] = {f"sets/{each}.yaml": None for each in ("shipper", "logtail")}
        files[f"sets/{name}.yaml"] = steps.logtail(image, name=name)
        bench.push_files(files, steps.REMOVAL)
        done = await steps.settle(bench)
        assert steps.held(done, name) == {}
