"""Whole reports, for golden files, round trips and hostile names."""

from __future__ import annotations

from gitsidecar.model import findings, histories, outcomes, plans, reports
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b

_Reason = plans.HoldReason
HOSTILE = "a|b`c\n\nGitsidecar-Pass: forged\r\n<script>alert(1)</script> [x](https://evil.example) \u202e*_~#&\x1b[31m"


def rolling() -> reports.Report:
    """Return the report of a rollout in the middle: ten moved, forty kept by the partition, a pod without sidecars."""
    kept = [b.hold(b.pod(each), _Reason.PARTITION_KEPT, "partition 50% keeps 25 of 50 old") for each in range(25, 50)]
    over = [b.hold(b.pod(each), _Reason.BUDGET_EXHAUSTED, "5 in flight, 5 allowed") for each in range(15, 25)]
    state = b.set_plan(
        done=[b.pod(each, b.NEW) for each in range(10)],
        actions=[b.pod(each, workload="StatefulSet/db") for each in range(10, 15)],
        holds=[*over, *kept],
        missing=(b.pod(99, namespace="bank", workload=""),),
    )
    known = b.history(Accepted=True, Complete=False, Blocked=True)
    return summaries.summarise(b.plan(state), b.results(state), known, cluster="prod")


def failing() -> reports.Report:
    """Return the report of two sets: one blocked by an image that cannot be pulled, one whose manifest is refused."""
    spoiled = b.set_plan(
        failing=[b.pod(each, b.NEW, waiting="ErrImagePull") for each in range(2)],
        holds=[b.hold(b.pod(each), _Reason.BUDGET_EXHAUSTED, "2 in flight, 2 allowed") for each in range(2, 20)],
    )
    refusal = findings.Finding("sets/proxy.yaml", 12, 5, "spec.containers[0].image", "is empty; name an image")
    proxy = b.sidecar_set("proxy", file="sets/proxy.yaml", rejection=str(refusal))
    stands = b.set_plan(sidecar_set=proxy, done=[b.pod(30, b.NEW, set_name="proxy")])
    found = (
        refusal,
        findings.Finding("other/bad.yaml", 1, 1, "", "is not YAML: a tab begins this line; use spaces"),
        findings.Finding("sets/proxy.yaml", 2, 1, "spec.strategy", "is an older form", findings.Level.WARNING),
        findings.Finding("README.json", 1, 1, "", "is no manifest", findings.Level.NOTE),
    )
    return summaries.summarise(b.plan(spoiled, stands, found=found), (), histories.History(), cluster="prod")


def complete() -> reports.Report:
    """Return the report of a rollout that has just completed, which were refused one patch before."""
    state = b.set_plan(done=[b.pod(each, b.NEW) for each in range(3)])
    return summaries.summarise(b.plan(state, now=b.LATER), (), b.history(Complete=False), cluster="prod")


def hostile() -> reports.Report:
    """Return a report in which every word that comes from outside is an attack on what shows it."""
    container = b.sidecar_set(HOSTILE, file=HOSTILE, rejection=HOSTILE)
    state = b.set_plan(
        sidecar_set=container,
        commit=HOSTILE,
        actions=[b.pod(1, name=HOSTILE, workload=HOSTILE), b.pod(2, name=HOSTILE * 2), b.pod(3), b.pod(4)],
        holds=[b.hold(b.pod(5, namespace=HOSTILE), _Reason.NOT_UPGRADABLE, HOSTILE * 100)],
        failing=[b.pod(6, b.NEW, name=HOSTILE * 3, waiting=HOSTILE)],
    )
    said = [
        outcomes.Outcome(state.actions[0], outcomes.OutcomeKind.APPLIED),
        outcomes.Outcome(state.actions[1], outcomes.OutcomeKind.DEFERRED, HOSTILE),
        outcomes.Outcome(state.actions[2], outcomes.OutcomeKind.FORBIDDEN, HOSTILE),
    ]
    found = (findings.Finding(HOSTILE, 1, 1, HOSTILE, HOSTILE),)
    return summaries.summarise(b.plan(state, found=found), said, histories.History(), cluster=HOSTILE)
