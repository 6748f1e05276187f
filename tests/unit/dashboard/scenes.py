"""Passes to look at: a rollout in the middle, one in which every word from outside is an attack, and very many pods."""

from __future__ import annotations

import dataclasses

from gitsidecar import errors
from gitsidecar.dashboard import pages, servers, sights
from gitsidecar.model import findings, histories, outcomes, plans, pods
from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import reports as summaries
from tests.unit.dashboard import documents
from tests.unit.reporting import builders as b
from tests.unit.reporting import scenarios

_Reason = plans.HoldReason
HOSTILE = scenarios.HOSTILE


def sight(*passes: reconcilers.Pass, trouble: str = "") -> sights.Sight:
    """Return what there is to see after these passes."""
    memory = sights.Memory("prod")
    for each in passes:
        memory.note(each)
    return memory.look(trouble)


def shown(make: servers.Make, seen: sights.Sight, **query: str | int) -> documents.Element:
    """Return a page, read as a strict reader does."""
    asked = dataclasses.replace(pages.BARE, **query)  # type: ignore[arg-type]  # named by field
    return documents.read(pages.write(make(seen, asked), seen, asked).decode())


def rolling(number: int = 1) -> reconcilers.Pass:
    """Return a pass in the middle of a rollout: two moved, one of them refused, others in flight, failing and held."""
    state = b.set_plan(
        done=[b.pod(each, b.NEW) for each in range(10)],
        actions=[b.pod(each) for each in (10, 11)],
        failing=[b.pod(12, b.NEW, waiting="ErrImagePull")],
        holds=[b.hold(b.pod(each), _Reason.PARTITION_KEPT, "partition 50% keeps 60 old") for each in range(20, 80)],
        missing=(b.pod(99, namespace="bank", workload=""),),
    )
    said = (
        outcomes.Outcome(state.actions[0], outcomes.OutcomeKind.APPLIED),
        outcomes.Outcome(state.actions[1], outcomes.OutcomeKind.DEFERRED, "503: try again"),
    )
    return of(state, said=said, number=number)


def quiet(number: int) -> reconcilers.Pass:
    """Return a pass that did nothing."""
    return of(b.set_plan(done=[b.pod(1, b.NEW)]), number=number, commit="")


def hostile() -> reconcilers.Pass:
    """Return a pass in which every word that comes from outside is an attack on what shows it."""
    wanted = b.sidecar_set(HOSTILE, file=HOSTILE, rejection=HOSTILE)
    state = b.set_plan(
        sidecar_set=wanted,
        commit=HOSTILE,
        actions=[b.pod(1, name=HOSTILE, workload=HOSTILE), b.pod(2, name=HOSTILE * 2)],
        holds=[b.hold(b.pod(5, namespace=HOSTILE, name=HOSTILE, phase=HOSTILE), _Reason.NOT_UPGRADABLE, HOSTILE * 9)],
        failing=[b.pod(6, b.NEW, name=HOSTILE * 3, waiting=HOSTILE)],
    )
    said = (
        outcomes.Outcome(state.actions[0], outcomes.OutcomeKind.APPLIED, HOSTILE),
        outcomes.Outcome(state.actions[1], outcomes.OutcomeKind.DEFERRED, HOSTILE),
    )
    found = (findings.Finding(HOSTILE, 1, 1, HOSTILE, HOSTILE),)
    done = of(state, said=said, found=found)
    return dataclasses.replace(done, failure=errors.StalledError(HOSTILE), commit=HOSTILE)


def of(
    *states: plans.SetPlan,
    said: tuple[outcomes.Outcome, ...] = (),
    found: tuple[findings.Finding, ...] = (),
    number: int = 1,
    commit: str = "b78b72f0",
) -> reconcilers.Pass:
    """Return the pass that planned *states*, as number so many of a row."""
    plan = b.plan(*states, found=found)
    report = summaries.summarise(plan, said, histories.History(), cluster="prod")
    snapshot = pods.snapshot({pod.key: pod for state in states for pod in _pods(state)}.values())
    return reconcilers.Pass(
        id=f"pass-{number}",
        plan=plan,
        outcomes=said,
        evicted=(),
        report=report,
        commit=commit,
        again_after=None,
        seconds={"plan": 0.25, "act": 1.0},
        snapshot=snapshot,
    )


def _pods(state: plans.SetPlan) -> tuple[pods.Pod, ...]:
    held = (pod for group in state.held for pod in group.members)
    return (*state.matched, *state.missing, *held, *(action.pod for action in state.actions))
