"""Passes on a simulated cluster: what is sent, what is withdrawn at the last moment, what a bad file changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitsidecar import errors
from gitsidecar.model import outcomes
from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import apiservers
from tests.support import benches, sidecarsets


async def test_a_push_moves_all_pods_a_window_at_a_time(bench: benches.Bench) -> None:
    """Every pod gets the new image with one write, and never more than maxUnavailable are in flight."""
    bench.push(maxUnavailable=2)
    done = await bench.settle()
    assert set(bench.images().values()) == {sidecarsets.NEW}
    assert set(bench.cluster.ledger.writes_by_uid().values()) == {1}
    assert bench.cluster.ledger.most_in_flight == 2
    assert benches.condition(done, "Complete")[0]


async def test_a_pass_tells_how_long_each_phase_took(bench: benches.Bench) -> None:
    """The phases after the fetch are timed, each by its name."""
    bench.push()
    done = await bench.poll_and_pass()
    assert list(done.seconds) == ["read", "observe", "plan", "act", "summarise", "record"]


async def test_a_poll_says_whether_the_revision_is_new(bench: benches.Bench) -> None:
    """The first fetch and each push are news, and nothing else is."""
    bench.push()
    assert await bench.reconciler.poll()
    assert not await bench.reconciler.poll()
    revision = bench.push(paused=True)
    assert await bench.reconciler.poll()
    assert bench.reconciler.revision == revision


async def test_a_newer_revision_withdraws_what_was_not_sent(bench: benches.Bench) -> None:
    """A stop that is fetched in the middle of a batch is seen before the next patch."""
    bench = await _one_at_a_time(bench)

    async def stop() -> None:
        if len(bench.cluster.ledger.writes) == 2:
            bench.push(maxUnavailable=4, paused=True)
            await bench.reconciler.poll()

    bench.cluster.executed = stop
    done = await bench.poll_and_pass()
    assert sorted(benches.kinds(done).values()) == ["Applied", "Applied", "Withdrawn", "Withdrawn"]
    assert {each.message[:8] for each in done.outcomes if each.message} == {"revision"}
    after = await bench.settle()
    assert benches.held(after) == {"Paused": 2}


async def test_a_stop_is_seen_while_all_writes_are_held_off(bench: benches.Bench) -> None:
    """The API server asks to wait five seconds; a pause that is fetched meanwhile is obeyed when they are over."""
    bench = await _one_at_a_time(bench)
    bench.cluster.throttle(5.0, writes=1)

    async def stop() -> None:
        bench.push(maxUnavailable=4, paused=True)
        await bench.reconciler.poll()

    bench.cluster.executed = stop
    done = await bench.poll_and_pass()
    assert sorted(benches.kinds(done).values()) == ["Deferred", "Withdrawn", "Withdrawn", "Withdrawn"]
    assert bench.cluster.ledger.writes == []


async def test_a_rewritten_history_holds_every_set(bench: benches.Bench) -> None:
    """Until a person has looked no pod moves, and the status says why; then it goes on."""
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.wait(30)
    bench.source.fault = errors.StalledError("the history was rewritten", is_halt=True)
    with pytest.raises(errors.StalledError):
        await bench.reconciler.poll()
    stalled = await bench.run_pass()
    assert benches.held(stalled) == {"ManifestRejected": 3}
    assert "the history was rewritten" in bench.branch.content["STATUS.md"].decode()
    bench.source.fault = None
    await bench.settle()
    assert set(bench.images().values()) == {sidecarsets.NEW}


async def test_a_halt_ends_with_a_fetch_that_succeeds_and_not_before(bench: benches.Bench) -> None:
    """Another trouble of the source, such as a refused token, must not let pods move again."""
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.wait(30)
    for fault in (errors.StalledError("rewritten", is_halt=True), errors.StalledError("the token was refused")):
        bench.source.fault = fault
        with pytest.raises(errors.StalledError):
            await bench.reconciler.poll()
    assert benches.held(await bench.run_pass()) == {"ManifestRejected": 3}


async def test_a_process_that_cannot_read_the_source_holds_what_it_remembers(bench: benches.Bench) -> None:
    """After a restart into a rewritten history nothing moves, and the status says why."""
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.wait(30)
    bench.source.fault = errors.StalledError("the branch is gone")
    bench.restarted()
    with pytest.raises(errors.StalledError):
        await bench.reconciler.poll()
    assert bench.reconciler.may_run
    done = await bench.run_pass()
    assert done.outcomes == ()
    assert benches.held(done) == {"ManifestRejected": 3}
    assert "the branch is gone" in bench.branch.content["STATUS.md"].decode()


async def test_a_rollout_is_looked_at_again_though_nothing_changes(bench: benches.Bench) -> None:
    """Some holds end by time alone, so a pass with pods in flight or held asks for another within a minute."""
    bench.push(maxUnavailable=1)
    done = await bench.poll_and_pass()
    assert done.again_after is not None
    assert done.again_after <= 60
    assert (await bench.settle()).again_after is None


async def test_nothing_is_sent_any_more_once_it_stops(bench: benches.Bench) -> None:
    """After `stop_sending` the requests in hand end, and no other begins."""
    bench = await _one_at_a_time(bench)

    async def stop() -> None:
        bench.reconciler.stop_sending()

    bench.cluster.executed = stop
    done = await bench.poll_and_pass()
    assert sorted(benches.kinds(done).values()) == ["Applied", "Withdrawn", "Withdrawn", "Withdrawn"]
    assert bench.cluster.ledger.requests == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda cluster, name: cluster.delete_pod("shop", name, grace=0), "gone"),
        (lambda cluster, name: cluster.delete_pod("shop", name), "ending"),
        (lambda cluster, name: cluster.set_image_from_outside("shop", name, "logtail", "other:1"), "has changed"),
        (lambda cluster, name: cluster.remove_marks_from_outside("shop", name), "another write"),
    ],
)
async def test_a_pod_that_changed_since_it_was_planned_is_not_written(
    bench: benches.Bench, change: Callable[[benches.Cluster, str], None], words: str
) -> None:
    """Each action is compared with the newest row of its pod right before it is sent."""
    bench.push(maxUnavailable=4)
    await bench.settle()
    bench = await _one_at_a_time(bench, sidecarsets.NEWEST)

    async def disturb() -> None:
        waiting = [name for name, image in bench.images().items() if image == sidecarsets.NEW]
        bench.cluster.executed = None
        for name in waiting:
            change(bench.cluster, name)

    bench.cluster.executed = disturb
    done = await bench.poll_and_pass()
    withdrawn = [each for each in done.outcomes if each.kind is outcomes.OutcomeKind.WITHDRAWN]
    assert len(withdrawn) == 3
    assert all(words in each.message for each in withdrawn)


async def test_a_pod_whose_sidecar_restarted_since_is_not_written(bench: benches.Bench) -> None:
    """The planned move notes the container's ID of before: it would be taken for finished at once."""
    bench = await _one_at_a_time(bench)

    async def crash() -> None:
        bench.cluster.executed = None
        for name in [name for name, image in bench.images().items() if image == sidecarsets.OLD]:
            bench.cluster.kill_container("shop", name, container="logtail")
        bench.wait(20)

    bench.cluster.executed = crash
    done = await bench.poll_and_pass()
    withdrawn = [each for each in done.outcomes if each.kind is outcomes.OutcomeKind.WITHDRAWN]
    assert [each.message for each in withdrawn] == ["container logtail has restarted since"] * 3


async def test_faults_of_single_pods_stop_nobody(bench: benches.Bench) -> None:
    """Server errors, conflicts and lost answers are tried again until all pods have moved, with one write each."""
    bench.cluster.inject(apiservers.Faults(server_error=0.3, conflict=0.2, lost_answer=0.3, latency=(0.1, 0.5)))
    bench.push(maxUnavailable=2)
    for _ in range(60):
        await bench.poll_and_pass()
        bench.wait(3)
    assert set(bench.images().values()) == {sidecarsets.NEW}
    assert set(bench.cluster.ledger.writes_by_uid().values()) == {1}


async def test_a_bad_file_keeps_its_set_at_the_last_good_form(bench: benches.Bench) -> None:
    """A manifest that is refused moves nobody, its pods are counted still, and the report says where the fault is."""
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.push_files({benches.FILE: sidecarsets.text(sidecarsets.NEWEST, maxUnavailabel=1)})
    done = await bench.settle()
    [report] = done.report.sets
    assert (report.matched, benches.held(done)) == (4, {"ManifestRejected": 3})
    assert benches.FILE in report.rejection
    assert [finding.field for finding in done.report.found] == ["spec.updateStrategy.maxUnavailabel"]
    assert sidecarsets.NEWEST not in bench.images().values()


async def test_a_bad_file_stops_no_other_set(bench: benches.Bench) -> None:
    """The sets of other files go on."""
    bench.push_files({"a.yaml": "[", benches.FILE: sidecarsets.text(sidecarsets.NEW, maxUnavailable=4)})
    await bench.settle()
    assert set(bench.images().values()) == {sidecarsets.NEW}


async def test_an_empty_repository_after_content_removes_nothing(bench: benches.Bench) -> None:
    """When all sets disappear at once without the trailer they stay, held, and the report says so."""
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.push_files({benches.FILE: None})
    done = await bench.settle()
    assert benches.held(done) == {"ManifestRejected": 3}
    assert "Gitsidecar-Allow-Removal" in done.report.found[0].message


async def test_the_removal_trailer_lets_sets_go(bench: benches.Bench) -> None:
    """With the trailer in the commit the set is no longer managed, and its pods keep what they have."""
    bench.push(maxUnavailable=1)
    await bench.settle()
    before = bench.images()
    bench.push_files({benches.FILE: None}, (("gitsidecar-allow-removal", "true"),))
    done = await bench.settle()
    assert done.report.sets == ()
    assert bench.images() == before
    assert "no longer managed" in bench.branch.subjects[-1]


async def test_a_failed_read_stops_the_pass_before_it_acts(bench: benches.Bench) -> None:
    """Without the status branch's history nothing is planned, for it is not known what was accepted before."""
    bench.push()
    bench.branch.fault = errors.TransientError("the remote cannot be reached")
    with pytest.raises(errors.TransientError):
        await bench.poll_and_pass()
    assert bench.cluster.ledger.requests == 0


async def test_a_forbidden_list_stops_the_pass(bench: benches.Bench) -> None:
    """What cannot be observed is an error, never an empty cluster."""
    fresh = benches.Bench()
    fresh.cluster.forbid_reads(True)
    await fresh.start()
    fresh.push()
    with pytest.raises(errors.StalledError):
        await fresh.poll_and_pass()
    assert fresh.branch.messages == []


async def _one_at_a_time(bench: benches.Bench, image: str = sidecarsets.NEW) -> benches.Bench:
    """Let a process take over that sends one patch after another, and push *image* for all pods at once."""
    bench.options = reconcilers.Options("tests", writes_in_flight=1)
    bench.restarted()
    bench.push(image, maxUnavailable=4)
    return bench
