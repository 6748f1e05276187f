"""Rollouts foretold: the planner's own answers over time, waves by windows, and how each set ends."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from gitsidecar.manifests import trees
from gitsidecar.model import censuses, desires, files, forecasts, histories, pods
from gitsidecar.planning import planner
from gitsidecar.simulation import forecasts as simulation
from gitsidecar.simulation import synthetic

START = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)

_SET = """\
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{logging: "on"}}}}
  updateStrategy: {update}
  containers:
  - {{name: {name}, image: "registry.example.com/logging/{name}:0.16.18"}}
"""
_POLICY = """\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata: {{name: policy}}
spec: {spec}
"""
_NIGHTS = "{windows: [{type: Allow, schedule: 0 2 * * *, duration: 10m}], podsPerMinute: 4}"


def desire(
    update: str = "{maxUnavailable: 3}", *, policy: str = "", names: tuple[str, ...] = ("logtail",)
) -> desires.Desired:
    """Return what sets with the strategy *update*, and a policy, ask for."""
    texts = [_SET.format(name=name, update=update) for name in names]
    texts += [_POLICY.format(spec=policy)] if policy else []
    found = trees.read(
        files.Tree("", tuple(files.File(f"{place}.yaml", each.encode()) for place, each in enumerate(texts)))
    )
    assert not found.rejections, found.rejections
    return found


def populate(desired: desires.Desired, total: int = 60) -> pods.Snapshot:
    """Return *total* pods in six Deployments, with the images before those of *desired*."""
    return synthetic.populate(desired.sets, synthetic.Wish(deployments=6, pods=total), now=START)


def foretell(
    update: str = "{maxUnavailable: 3}",
    *,
    policy: str = "",
    total: int = 60,
    fail_rate: float = 0.0,
    seed: int = 1,
    days: float = 28,
) -> forecasts.SetForecast:
    """Return the forecast of one set."""
    desired = desire(update, policy=policy)
    terms = forecasts.Terms(fail_rate=fail_rate, seed=seed, horizon=datetime.timedelta(days=days))
    [found] = simulation.forecast(desired, populate(desired, total), start=START, terms=terms).sets
    return found


def test_every_pod_moves_once_and_arrives() -> None:
    """A rollout that nothing hinders ends complete, with one move a pod, each Ready again after about a restart."""
    found = foretell()
    assert found.ending.end is forecasts.End.COMPLETE
    assert len({move.pod for move in found.moves}) == len(found.moves) == 60
    seconds = [(move.arrived - move.at).total_seconds() for move in found.moves if move.arrived is not None]
    assert len(seconds) == 60
    assert all(7.5 <= each <= 12.5 for each in seconds)


def test_no_more_are_in_flight_than_the_budget_allows() -> None:
    """Counts follow one from another: in flight up to maxUnavailable, and every pod updated, in flight or held."""
    found = foretell()
    assert max(sample.in_flight for sample in found.samples) == 3
    for sample in found.samples:
        assert sample.updated + sample.held_pods == sample.matched == 60
        assert sample.updated - sample.in_flight == sample.finished


def test_the_first_moves_are_those_of_the_plan() -> None:
    """It is the planner that decides: at the start the same pods move, in the same order, as `plan` says."""
    desired = desire()
    snapshot = populate(desired)
    [planned] = planner.plan(desired, snapshot, histories.History(), START).sets
    [found] = simulation.forecast(desired, snapshot, start=START).sets
    first = [move.pod for move in found.moves if move.at == START]
    assert first == [action.pod.key for action in planned.actions]
    assert found.samples[0].matched == planned.count(censuses.MATCHED)


def test_same_input_same_forecast() -> None:
    """Two runs are equal, and another seed draws other restarts."""
    assert foretell() == foretell()
    assert foretell(seed=2) != foretell()


def test_windows_part_a_rollout_into_waves() -> None:
    """Forty pods of sixty fit into the first night of ten minutes, four a minute; no pod starts outside."""
    found = foretell("{maxUnavailable: 20}", policy=_NIGHTS)
    assert [wave.pods for wave in found.waves] == [40, 20]
    opens = datetime.datetime(2026, 11, 25, 2, tzinfo=datetime.UTC)
    for wave, day in zip(found.waves, (0, 1), strict=True):
        assert wave.start == opens + datetime.timedelta(days=day)
        assert wave.last_move < wave.start + datetime.timedelta(minutes=10)
        assert wave.end >= wave.last_move
    assert [span.is_open for span in found.spans] == [False, True, False, True]
    assert sum(found.waves[0].shares.values()) == 40


def test_a_partition_ends_a_rollout_before_its_end() -> None:
    """Blocked says by what, since when, and how far it came."""
    found = foretell("{maxUnavailable: 6, partition: 25%}")
    assert (found.ending.end, found.ending.reason) == (forecasts.End.BLOCKED, "PartitionKept")
    assert found.samples[-1].updated == 45
    assert found.held[0].count == 15
    assert found.ending.at < START + datetime.timedelta(minutes=5)


def test_pods_that_fail_use_up_the_budget() -> None:
    """With every pod failing the rollout stops at maxUnavailable, and names them."""
    found = foretell(fail_rate=1.0)
    assert (found.ending.end, found.ending.reason) == (forecasts.End.BLOCKED, "PodsFailing")
    assert len(found.failed) == len(found.moves) == 3


def test_who_fails_is_drawn_by_seed_and_name() -> None:
    """A share of the pods fails, the same ones whatever the strategy."""
    every = foretell("{maxUnavailable: 100%}", fail_rate=0.2)
    assert 0 < len(every.failed) < 30
    assert set(foretell("{maxUnavailable: 20}", fail_rate=0.2).failed) <= set(every.failed)


def test_a_blocked_rollout_is_not_followed_for_ever() -> None:
    """Windows that open and close over a rollout that waits for a person end the forecast long before the horizon."""
    found = foretell("{maxUnavailable: 20}", policy=_NIGHTS, fail_rate=1.0)
    assert found.ending.reason == "PodsFailing"
    assert len(found.spans) < 10


def test_the_horizon_ends_what_goes_on() -> None:
    """A rollout of several nights is unfinished after one."""
    found = foretell("{maxUnavailable: 20}", policy=_NIGHTS, days=1)
    assert found.ending.end is forecasts.End.UNFINISHED
    assert found.ending.at == START + datetime.timedelta(days=1)
    assert len(found.moves) == 40


def test_a_closed_window_hides_no_partition() -> None:
    """What stopped a rollout while its window was open is its end, also where the forecast ends outside of them."""
    monthly = '{windows: [{type: Allow, schedule: "0 2 1 * *", duration: 1h, timeZone: UTC}]}'
    found = foretell("{maxUnavailable: 6, partition: 25%}", policy=monthly, days=14)
    assert (found.ending.end, found.ending.reason) == (forecasts.End.BLOCKED, "PartitionKept")
    assert "lower it to release" in found.ending.message
    assert found.ending.at < found.waves[0].end + datetime.timedelta(minutes=1)
    assert not found.spans[-1].is_open


def test_a_rollout_of_no_commit_names_none() -> None:
    """The files of a folder are of no commit: what is told of them says so in words."""
    assert foretell().ending.message == "all 60 pods on the newest spec"


def test_a_freeze_that_ends_is_waited_for() -> None:
    """The clock jumps to the end of a freeze, however long it is."""
    found = foretell(policy='{freezes: [{from: "2026-11-01T00:00:00Z", until: "2026-12-05T00:00:00Z", reason: x}]}')
    assert found.ending.end is forecasts.End.COMPLETE
    assert found.moves[0].at == datetime.datetime(2026, 12, 5, tzinfo=datetime.UTC)


def test_pods_that_are_ill_anyway_do_not_close_their_lane() -> None:
    """A move of a pod whose application is down for good is over when the sidecar runs: the next one follows."""
    desired = desire("{maxUnavailable: 1}")
    rows = [_with_ill_application(pod) for pod in populate(desired, 12).pods]
    [found] = simulation.forecast(desired, pods.snapshot(rows), start=START).sets
    assert len(found.moves) == 12
    assert (found.ending.end, found.ending.reason) == (forecasts.End.BLOCKED, "PodsNotReady")
    assert all(move.arrived is None for move in found.moves)


def _with_ill_application(pod: pods.Pod) -> pods.Pod:
    containers = (dataclasses.replace(pod.containers[0], is_ready=False), *pod.containers[1:])
    return dataclasses.replace(pod, containers=containers, is_ready=False, ready_since=None, unready_since=pod.created)


def test_nothing_to_do_is_complete_from_the_start() -> None:
    """Pods that have the latest spec are not moved."""
    desired = desire()
    snapshot = populate(desired)
    done = simulation.forecast(desired, snapshot, start=START)
    assert done.is_complete
    [empty] = simulation.forecast(desired, pods.Snapshot(), start=START).sets
    assert (empty.ending.end, empty.ending.at, empty.moves) == (forecasts.End.COMPLETE, START, ())


def test_two_sets_take_turns_on_a_pod() -> None:
    """Each pod is moved once for each set, and never for one before the other has arrived."""
    desired = desire(names=("logtail", "mesh"))
    found = simulation.forecast(desired, populate(desired), start=START)
    assert found.is_complete
    first, second = ({move.pod: move for move in each.moves} for each in found.sets)
    assert first.keys() == second.keys()
    for pod in first:
        earlier, later = sorted((first[pod], second[pod]), key=lambda move: move.at)
        assert earlier.arrived is not None
        assert earlier.arrived <= later.at


def test_whoever_watches_hears_of_each_pass() -> None:
    """Times only grow, and the last pass has all pods finished."""
    heard: list[tuple[datetime.datetime, int, int]] = []
    desired = desire()
    simulation.forecast(desired, populate(desired), start=START, watch=lambda *each: heard.append(each))
    assert heard == sorted(heard)
    assert heard[0] == (START, 0, 60)
    assert heard[-1][1:] == (60, 60)


@pytest.mark.parametrize("offset", [0, 5])
def test_the_zone_of_the_start_does_not_matter(offset: int) -> None:
    """A start is a moment, in whatever zone it is written."""
    desired = desire()
    at = START.astimezone(datetime.timezone(datetime.timedelta(hours=offset)))
    found = simulation.forecast(desired, populate(desired), start=at)
    assert (found.start, found.start.tzinfo) == (START, datetime.UTC)
