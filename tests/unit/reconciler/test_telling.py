"""What is told of whole rollouts: each event once in a process, and after a kill rather twice than never."""

from __future__ import annotations

import pytest

from gitsidecar import errors
from gitsidecar.model import histories, notices, reports
from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import notices as events
from tests.support import benches, sidecarsets

GONE = errors.TransientError("the remote cannot be reached")


class Ear:
    """Hears what the reconcilers of *bench*, one after another, have to tell."""

    def __init__(self, bench: benches.Bench) -> None:
        self.told: list[notices.Notice] = []
        self._bench = bench
        self.restart()

    @property
    def events(self) -> list[str]:
        """Return the events so far."""
        return [str(each.event) for each in self.told]

    def restart(self) -> None:
        """Let another process take over."""
        bench = self._bench
        world = reconcilers.World(bench.source, bench.branch, bench.cluster, bench.clock, benches.Inline())
        bench.reconciler = reconcilers.Reconciler(world, bench.options, summed=self._note)

    def _note(self, report: reports.Report, history: histories.History) -> None:
        self.told += events.find(report, history.recorded, self._bench.clock.now())


@pytest.fixture
async def bench() -> benches.Bench:
    """Return four pods on the old image, and a set that is complete and recorded as that."""
    made = benches.Bench()
    made.push(sidecarsets.OLD)
    await made.start()
    await made.settle()
    return made


async def test_a_rollout_is_started_and_completed_once(bench: benches.Bench) -> None:
    """However many passes it takes, also with another process before each."""
    ear = Ear(bench)
    revision = bench.push(sidecarsets.NEW, maxUnavailable=1)
    for _ in range(30):
        await bench.poll_and_pass()
        bench.wait(3)
        ear.restart()
    assert benches.condition(await bench.poll_and_pass(), "Complete")[0]
    assert [(str(each.event), each.commit) for each in ear.told] == [("started", revision), ("completed", revision)]


async def test_a_rollout_that_is_stopped_and_goes_on(bench: benches.Bench) -> None:
    """A pause is told, and so is its end; neither is a new rollout."""
    ear = Ear(bench)
    for update in ({"maxUnavailable": 1}, {"paused": True}, {"maxUnavailable": 4}):
        bench.push(sidecarsets.NEW, **update)
        await bench.poll_and_pass()
        bench.wait(3)
        await bench.poll_and_pass()
    await bench.settle()
    assert ear.events == ["started", "blocked", "started", "completed"]
    assert [each.is_resumed for each in ear.told] == [False, False, True, False]


async def test_what_could_not_be_recorded_is_told_once_by_a_process(bench: benches.Bench) -> None:
    """While Git is away each pass tries to record the same again; people hear of it once, and at once."""
    ear = Ear(bench)
    await bench.poll_and_pass()
    bench.push(sidecarsets.NEW, paused=True)
    await bench.reconciler.poll()
    bench.branch.fault = GONE
    for _ in range(3):
        assert (await bench.run_pass()).failure is GONE
    bench.branch.fault = None
    assert (await bench.run_pass()).failure is None
    assert ear.events == ["blocked"]


async def test_a_kill_before_the_record_tells_it_twice_with_one_id(bench: benches.Bench) -> None:
    """The next process cannot know that it was told; whoever hears it can, by the id."""
    ear = Ear(bench)
    await bench.poll_and_pass()
    bench.push(sidecarsets.NEW, paused=True)
    await bench.reconciler.poll()
    bench.branch.fault = GONE
    await bench.run_pass()
    bench.branch.fault = None
    ear.restart()
    await bench.poll_and_pass()
    assert ear.events == ["blocked", "blocked"]
    assert ear.told[0].id == ear.told[1].id
