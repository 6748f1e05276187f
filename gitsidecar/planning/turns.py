"""Who waits for a turn: the queue of a set, without the pods that must be left alone for the moment."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping

from gitsidecar.model import plans
from gitsidecar.planning import digests, holds, ledgers, queues, standings

Busy = list[tuple[standings.Standing, str]]
"""Waiting pods that give their turn to the next ones, and why."""


def busy(
    ledger: ledgers.Ledger,
    set_name: str,
    *,
    others: Collection[str],
    resting: Mapping[str, str],
    taken: Mapping[str, str],
    now: datetime.datetime,
) -> Busy:
    """
    Return the waiting pods that must be left alone.

    *resting* and *taken* map a UID to why it rests, and to the set that moves it in this plan already; *others* are the
    other sets' names.
    """
    found: dict[str, tuple[standings.Standing, str]] = {}
    for each in ledger.digests:
        if not each.waiting:
            continue
        for uid in each.waiting.keys() & resting.keys():
            found[uid] = (each.waiting[uid], resting[uid])
        for uid in each.waiting.keys() & taken.keys():
            words = f"SidecarSet {taken[uid]} moves the pod in this pass; released when that move finishes"
            found.setdefault(uid, (each.waiting[uid], words))
        for standing, words in _in_flight(each, set_name, others, now):
            found.setdefault(standing.pod.uid, (standing, words))
    return list(found.values())


def _in_flight(
    each: digests.Digest, set_name: str, others: Collection[str], now: datetime.datetime
) -> Iterator[tuple[standings.Standing, str]]:
    for standing in each.lively:
        if standing.pod.uid in each.waiting and (words := holds.of_own_flight(standing, now)):
            yield standing, words
    for standing in each.entangled:
        if words := holds.of_other_flight(standing, set_name, others):
            yield standing, words


def queue(ledger: ledgers.Ledger, planned: plans.SetPlan, away: Busy) -> queues.Queue:
    """Return the waiting pods of *ledger* but those *away*, in sending order; a scatter spreads them as a whole."""
    if terms := planned.sidecar_set.update.scatter:
        busy = frozenset(standing.pod.uid for standing, _ in away)
        lanes = ledger.arranged.arrange(
            terms, ledger.digests, busy, matched=lambda: [pod.labels for pod in planned.matched]
        )
        return queues.Queue(lanes)
    uids: dict[digests.Lane, set[str]] = {lane: set() for lane in digests.Lane}
    for standing, _ in away:
        uids[digests.lane(standing)].add(standing.pod.uid)
    lines = (
        queues.Line(tuple(run for each in ledger.digests if (run := each.lanes[lane])), frozenset(uids[lane]))
        for lane in digests.Lane
    )
    return queues.Queue(tuple(lines))
