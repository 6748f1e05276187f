"""Whole rollouts on a tiny model of pods and kubelets: specs change, images fail, applications break; it recovers."""

from __future__ import annotations

import dataclasses
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import plans, pods, sidecarsets
from tests.unit.planning import builders

GOOD = ("logtail:1", "logtail:2", "logtail:3")
IMAGES = (*GOOD, "logtail:bad", "logtail:crash")


@dataclasses.dataclass
class Life:
    """One pod's life: what its spec says, and how far its kubelet has come with it."""

    number: int
    image: str = GOOD[0]
    begun: str = GOOD[0]
    starts: int = 1
    is_up: bool = True
    is_app_up: bool = True
    marks: tuple[pods.Mark, ...] = ()

    @property
    def is_ready(self) -> bool:
        return self.is_up and self.is_app_up

    def row(self) -> pods.Pod:
        """Return the pod as a snapshot shows it."""
        waiting = "" if self.is_up else ("ImagePullBackOff" if self.begun == "logtail:bad" else "CrashLoopBackOff")
        live = {"container_id": f"id-{self.starts}", "is_ready": self.is_up, "waiting": waiting}
        return builders.pod(
            self.number,
            self.image,
            ready=self.is_ready,
            live=live,
            marks=self.marks,
            has_seen_spec=self.begun == self.image,
        )

    def take(self, action: plans.Action) -> None:
        """Take the patch; the kubelet learns of it later."""
        self.image = action.changes[0].new
        self.marks = action.marks

    def step(self) -> None:
        """Let the kubelet do one thing: stop the container of an old spec, or start that of the new one."""
        if self.begun != self.image:
            self.begun, self.is_up = self.image, False
        elif not self.is_up and self.image != "logtail:bad":
            self.starts += 1
            self.is_up = self.image in GOOD


class Fleet:
    """Some pods, the set that is wanted, and the truth about whom we took down."""

    def __init__(self, total: int, max_unavailable: int, partition: str) -> None:
        self.limit = max_unavailable
        self.partition = partition
        self.lives = {f"default/pod-{n}": Life(n, marks=(builders.mark(GOOD[0]),)) for n in range(total)}
        self.wanted = self._set(GOOD[0])
        self.taken_down: set[str] = set()
        self.ailing: set[str] = set()

    def _set(self, image: str) -> sidecarsets.SidecarSet:
        return builders.sidecar_set(image, max_unavailable=self.limit, partition=self.partition)

    def push(self, image: str) -> None:
        self.wanted = self._set(image)

    def rows(self) -> list[pods.Pod]:
        return [life.row() for life in self.lives.values()]

    def run_pass(self, sent: int | None = None) -> plans.SetPlan:
        """Plan, and carry out the first *sent* actions: a process may die between any two."""
        planned = builders.plan_set(self.wanted, self.rows())
        for action in planned.actions[:sent]:
            life = self.lives[action.pod.key]
            if action.pod.key not in self.taken_down | self.ailing:
                (self.taken_down if life.is_ready else self.ailing).add(action.pod.key)
            life.take(action)
        return planned

    def step(self, key: str) -> None:
        self.lives[key].step()
        self.settle()

    def settle(self) -> None:
        """Forget the pods whose sidecar serves again."""
        for found in (self.taken_down, self.ailing):
            found -= {key for key in found if self.lives[key].is_up and self.lives[key].begun == self.lives[key].image}

    def check(self) -> None:
        assert len(self.taken_down) <= self.limit
        assert len(self.ailing) <= max(1, self.limit)


def _disturb(fleet: Fleet, chance: random.Random) -> None:
    """Let something happen, most often the work of a kubelet."""
    key = chance.choice(sorted(fleet.lives))
    match chance.choices(("step", "pass", "break", "mend", "push"), (12, 4, 1, 1, 1))[0]:
        case "step":
            fleet.step(key)
        case "pass":
            before = sum(life.image == fleet.wanted.sidecars[0].image for life in fleet.lives.values())
            fleet.run_pass(chance.choice((None, None, 0, 1)))
            after = sum(life.image == fleet.wanted.sidecars[0].image for life in fleet.lives.values())
            keep = builders.share(fleet.partition).of(len(fleet.lives))
            assert after <= max(before, len(fleet.lives) - keep)
        case "break":
            fleet.lives[key].is_app_up = False
        case "mend":
            fleet.lives[key].is_app_up = True
        case "push":
            fleet.push(chance.choice(IMAGES))


def _recover(fleet: Fleet) -> plans.SetPlan:
    """Push a good image, mend every application, and let passes and kubelets take turns until nothing moves."""
    fleet.push(GOOD[2])
    for life in fleet.lives.values():
        life.is_app_up = True
    for _ in range(6 * len(fleet.lives) + 6):
        planned, before = fleet.run_pass(), fleet.rows()
        fleet.check()
        for key in fleet.lives:
            fleet.step(key)
        if not planned.actions and fleet.rows() == before:
            break
    return fleet.run_pass()


@settings(max_examples=60, deadline=None)
@given(
    total=st.integers(1, 12),
    limit=st.integers(1, 4),
    partition=st.sampled_from(("0%", "0%", "30%", "50%")),
    chance=st.randoms(use_true_random=False),
    steps=st.integers(0, 120),
)
def test_any_rollout_keeps_its_budget_and_recovers(
    total: int, limit: int, partition: str, chance: random.Random, steps: int
) -> None:
    """Whatever happens, the budget, the lane and the partition hold; once all is mended, the rollout completes."""
    fleet = Fleet(total, limit, partition)
    for _ in range(steps):
        _disturb(fleet, chance)
        fleet.check()
    planned = _recover(fleet)
    keep = builders.share(partition).of(total)
    assert not planned.actions
    assert {hold.reason.value for hold in planned.holds} <= {"PartitionKept"}
    # The partition outranks the cure: what it keeps stays as it is, even a pod that an earlier spec took down.
    assert {pod.key for pod in planned.in_flight} <= {hold.pod.key for hold in planned.holds}
    assert len(planned.finished) >= total - keep


def test_a_bad_image_hurts_no_more_than_the_budget() -> None:
    """The rollout of an image that cannot start stops by itself; the fix cures those pods and goes on to the end."""
    fleet = Fleet(20, 3, "0%")
    fleet.push("logtail:bad")
    for _ in range(10):
        fleet.run_pass()
        for key in fleet.lives:
            fleet.step(key)
    planned = fleet.run_pass()
    assert len(planned.failing) == 3
    assert not planned.actions
    fleet.push(GOOD[1])
    assert {action.pod.key for action in fleet.run_pass().actions} == {pod.key for pod in planned.failing}
    assert len(_recover(fleet).finished) == 20
