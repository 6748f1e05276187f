"""A set renamed, removed or brought back: who is written again (nobody without need), and what the branch says."""

from __future__ import annotations

import pytest

from tests.support import benches, sidecarsets
from tests.unit.scenarios import steps

OTHERS = {
    f"sets/{name}.yaml": steps.manifest({name: "a:1"}, name=name, selector=steps.labels(app=name)) for name in "ab"
}
"""Two more sets, without pods: with them one set is less than half of all."""

RENAMED = "shipper"


async def test_a_rename_without_the_trailer_moves_nobody(bench: benches.Bench) -> None:
    """The only set is not let go silently: both names hold, and the branch says which trailer is asked for."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    _rename(bench)
    done = await steps.settle(bench)
    assert steps.held(done) == {"ConflictingSets": 4}
    assert steps.held(done, RENAMED) == {"ConflictingSets": 4}
    assert sum(steps.writes(bench).values()) == 2
    assert any("Gitsidecar-Allow-Removal: true" in each for each in bench.branch.messages)


async def test_a_rename_in_mid_rollout_goes_on_under_the_new_name(bench: benches.Bench) -> None:
    """With the trailer, pods that the old name moved are updated as they are, and each other pod is written once."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    _rename(bench, trailers=steps.REMOVAL)
    done = await steps.settle(bench)
    assert [each.name for each in done.report.sets] == [RENAMED]
    assert steps.is_complete(done, RENAMED)
    assert set(steps.images(bench).values()) == {steps.NEW}
    assert set(steps.writes(bench).values()) == {1}


async def test_a_rename_strips_nobody(bench: benches.Bench) -> None:
    """Pods keep every container, and the mark of the old name stays beside that of the new one."""
    bench.push()
    await steps.settle(bench)
    _rename(bench, trailers=steps.REMOVAL, image=steps.NEWEST)
    await steps.settle(bench)
    for pod in bench.cluster.snapshot().pods:
        assert {each.name for each in pod.containers} == {"app", "logtail"}
    assert set(steps.marks(bench).values()) == {("logtail", RENAMED)}


async def test_a_rename_tells_both_names(bench: benches.Bench) -> None:
    """The commit says that the old one is no longer managed, and its files are gone; the new one has all."""
    bench.push()
    await steps.settle(bench)
    _rename(bench, trailers=steps.REMOVAL)
    await steps.settle(bench)
    assert any("No longer managed:\n  logtail: its pods stay as they are" in each for each in bench.branch.messages)
    assert steps.Memory(bench).files("sets/") == [f"sets/{RENAMED}.{kind}" for kind in ("md", "svg", "yaml")]
    assert steps.Memory(bench).files("history/logtail/") == []
    assert steps.Memory(bench).stable(RENAMED) == steps.NEW


async def test_a_renamed_set_that_does_not_adopt_misses_its_pods(bench: benches.Bench) -> None:
    """The annotation names the old set, so the new one counts nobody, writes nobody, and says so."""
    bench.push()
    await steps.settle(bench)
    before = steps.writes(bench)
    _rename(bench, trailers=steps.REMOVAL, is_adopting=False, image=steps.NEWEST)
    done = await steps.settle(bench)
    assert (steps.report(done, RENAMED).matched, steps.report(done, RENAMED).missing) == (0, 4)
    assert steps.writes(bench) == before
    assert "4 selected pods without the sidecars" in bench.branch.messages[-1]


async def test_one_of_several_sets_is_renamed_without_a_trailer(bench: benches.Bench) -> None:
    """Less than half of all sets vanish, so no trailer is asked for, and nobody is written twice."""
    bench.push_files(OTHERS)
    bench.push()
    await steps.run_until_moved(bench, 2)
    _rename(bench)
    done = await steps.settle(bench)
    assert [each.name for each in done.report.sets] == ["a", "b", RENAMED]
    assert set(steps.images(bench).values()) == {steps.NEW}
    assert set(steps.writes(bench).values()) == {1}


async def test_a_removed_set_that_comes_back_moves_nobody(bench: benches.Bench) -> None:
    """With the spec that its pods run already nothing is written, and it is complete at once."""
    bench.push()
    await steps.settle(bench)
    await _remove(bench)
    bench.push()
    done = await bench.poll_and_pass()
    assert done.outcomes == ()
    assert steps.is_complete(done)
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)


async def test_a_removed_set_that_comes_back_in_mid_rollout_goes_on(bench: benches.Bench) -> None:
    """Pods moved before the removal count as updated; only the others are written, within the budget."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    await _remove(bench)
    assert sum(steps.writes(bench).values()) == 2
    bench.push()
    done = await steps.settle(bench)
    assert steps.is_complete(done)
    assert set(steps.writes(bench).values()) == {1}
    assert bench.cluster.ledger.most_healthy_in_flight == 1


async def test_a_set_that_comes_back_at_once_keeps_to_its_budget(bench: benches.Bench) -> None:
    """A pod in flight at the removal is still in flight for the set that comes back: its move is on the pod."""
    bench.push()
    await steps.run_until_moved(bench, 1)
    bench.push_files({benches.FILE: None}, steps.REMOVAL)
    await bench.poll_and_pass()
    bench.push(steps.NEWEST)
    done = await bench.poll_and_pass()
    assert steps.report(done).in_flight == 1
    await steps.settle(bench)
    assert bench.cluster.ledger.most_healthy_in_flight == 1
    assert set(steps.images(bench).values()) == {steps.NEWEST}


async def test_a_removed_set_comes_back_with_another_spec(bench: benches.Bench) -> None:
    """Every pod moves to it once, whatever it ran before."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    await _remove(bench)
    before = steps.writes(bench)
    bench.push(steps.NEWEST)
    done = await steps.settle(bench)
    assert steps.is_complete(done)
    assert {name: steps.writes(bench)[name] - before.get(name, 0) for name in steps.images(bench)} == {
        f"web-{number}": 1 for number in range(4)
    }


async def test_what_a_set_moved_before_it_was_removed_is_told(bench: benches.Bench) -> None:
    """Its last moves may not have been recorded yet: they are told before the set leaves the branch."""
    bench.push()
    await steps.run_until_moved(bench, 3)
    await _remove(bench)
    assert steps.names(steps.told_moves(bench)) == sorted(steps.writes(bench))


async def test_a_set_that_comes_back_is_counted_anew(bench: benches.Bench) -> None:
    """Its file left the branch, so generation and history begin again, as those of a new object would."""
    bench.push(steps.OLD)
    bench.push(steps.NEW)
    await steps.settle(bench)
    await _remove(bench)
    assert steps.Memory(bench).files("history/") == []
    revision = bench.push()
    done = await steps.settle(bench)
    report = steps.report(done)
    assert (report.generation, report.commit) == (1, revision)
    assert steps.Memory(bench).history() == [steps.NEW]


@pytest.mark.parametrize("image", [steps.NEW, steps.NEWEST])
async def test_a_set_moves_to_another_file(bench: benches.Bench, image: str) -> None:
    """A file renamed with the set in it is the same set: no trailer, no removal, generation by its content alone."""
    bench.push()
    await steps.settle(bench)
    bench.push_files({benches.FILE: None, "teams/logging.yaml": sidecarsets.text(image)})
    done = await steps.settle(bench)
    report = steps.report(done)
    assert (report.place.file, report.rejection, report.generation) == (
        "teams/logging.yaml",
        "",
        1 if image == steps.NEW else 2,
    )
    assert set(steps.images(bench).values()) == {image}
    assert not any("No longer managed" in each for each in bench.branch.messages)


def _rename(
    bench: benches.Bench,
    *,
    trailers: tuple[tuple[str, str], ...] = (),
    is_adopting: bool = True,
    image: str = steps.NEW,
) -> None:
    text = steps.logtail(image, name=RENAMED, is_adopting=is_adopting)
    bench.push_files({benches.FILE: None, f"sets/{RENAMED}.yaml": text}, trailers)


async def _remove(bench: benches.Bench) -> None:
    bench.push_files({benches.FILE: None}, steps.REMOVAL)
    assert (await steps.settle(bench)).report.sets == ()
    bench.wait(30)
