"""The court: what every one of our writes is judged by, reckoned from rows and manifests without the planner."""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Iterator, Sequence

from gitsidecar.model import pods
from tests.support import benches
from tests.unit.laws import asks, witnesses

MINUTE = datetime.timedelta(minutes=1)
NOTICED = datetime.timedelta(minutes=5)


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """What a pass goes by: the rows that it observes (in the watch cache, own writes included), and what is asked."""

    now: datetime.datetime
    rows: tuple[pods.Pod, ...]
    asked: asks.Asked

    def matched(self, name: str) -> list[pods.Pod]:
        """Return the pods that the set called *name* counts: the active ones that have its container."""
        return [row for row in self.rows if row.is_active and row.container(name) is not None]

    def is_updated(self, name: str, row: pods.Pod) -> bool:
        """Say whether *row* carries what the set asks for."""
        container = row.container(name)
        return container is not None and container.image == self.asked.sets[name].image

    def drifted(self, name: str) -> set[str]:
        """Return the keys of matched pods that do not."""
        return {row.key for row in self.matched(name) if not self.is_updated(name, row)}

    def moved_within_a_minute(self, policy: asks.Policy) -> int:
        """Return how many moves of the last minute the pods of all sets of *policy* carry."""
        return sum(
            move.at + MINUTE > self.now
            for name in self.asked.sets
            if policy.covers(name)
            for row in self.matched(name)
            if (move := move_of(row, name)) is not None
        )

    def settling(self, name: str) -> int:
        """Return how many pods that served and were moved are Ready again, but not for minReadySeconds."""
        settle = max((policy.settle or 0 for policy in self.asked.covering(name)), default=0)
        return sum(
            row.is_ready and row.ready_since is not None and (self.now - row.ready_since).total_seconds() < settle
            for row in self.matched(name)
            if self.is_updated(name, row) and not is_under_way(row, name) and has_served(row, name)
        )


class Court:
    """
    Judges each write by the pass in which it was made.

    *latency* are the seconds that a request may be on its way: what came in the meantime could not stop it.
    """

    def __init__(self, bench: benches.Bench, *, latency: float = 0.0) -> None:
        self.witness = witnesses.Witness(bench, self._judge)
        self._clock = bench.clock
        self._latency = datetime.timedelta(seconds=latency)
        self._known: list[tuple[datetime.datetime, asks.Asked | None]] = []
        self._view: View | None = None
        self._written: collections.Counter[str] = collections.Counter()

    def learn(self, asked: asks.Asked | None) -> None:
        """Note that from now on the daemon knows what is asked; ``None`` for one that has been told to stop."""
        self._known.append((self._clock.now(), asked))

    def begin(self, rows: Sequence[pods.Pod]) -> View:
        """Note that a pass begins with *rows*, and return what it goes by."""
        asked = self._known[-1][1]
        assert asked is not None
        self._view = View(self._clock.now(), tuple(rows), asked)
        self._written.clear()
        return self._view

    def _judge(self, write: witnesses.Write) -> list[str]:
        assert self._view is not None
        self._written[write.set_name] += 1
        found = (self._of_stops, self._of_numbers, self._of_pace, self._of_repeats, self._of_pod)
        return [words for complain in found for words in complain(write, self._view)]

    def _of_stops(self, write: witnesses.Write, view: View) -> Iterator[str]:
        sent = write.at - self._latency
        later = [(at, asked) for at, asked in self._known if at > sent]
        earlier = [(at, asked) for at, asked in self._known if at <= sent]
        in_force = [asked for _, asked in (*earlier[-1:], *later)]
        if all(asked is not view.asked for asked in in_force):
            yield "sent after a newer revision, or a stop, came in"
        stops = {view.asked.stop(write.set_name, moment) for moment in (sent, write.at)}
        if all(stops):
            yield f"started though {' and '.join(sorted(stops))}"

    def _of_numbers(self, write: witnesses.Write, view: View) -> Iterator[str]:
        name, asked = write.set_name, view.asked.sets[write.set_name]
        matched = view.matched(name)
        limit, updated = asked.may_be_down(len(matched)), sum(view.is_updated(name, row) for row in matched)
        if self._written[name] > max(0, asked.may_be_updated(len(matched)) - updated):
            yield f"move {self._written[name]} with {updated} of {len(matched)} updated and partition {asked.partition}"
        seen = next(row for row in matched if row.uid == write.row.uid)
        if is_under_way(seen, name) or (has_served(seen, name) and not seen.is_ready):
            return  # it uses budget already: moving it on is free
        down, settling, lane = self.witness.down(name), view.settling(name), self.witness.in_lane(name)
        if write.row.is_ready and down + settling > limit:
            yield f"{down} healthy pods down and {settling} settling, maxUnavailable {asked.limit} allows {limit}"
        if not seen.is_ready and lane > max(1, limit):
            yield f"{lane} ailing pods in flight, maxUnavailable {asked.limit}"

    def _of_pace(self, write: witnesses.Write, view: View) -> Iterator[str]:
        for policy in view.asked.covering(write.set_name):
            before = view.moved_within_a_minute(policy)
            now = sum(number for name, number in self._written.items() if policy.covers(name))
            if policy.pace is not None and before + now > policy.pace:
                yield f"{before} moves in the minute before and {now} now, podsPerMinute {policy.pace}"

    def _of_repeats(self, write: witnesses.Write, _: View) -> Iterator[str]:
        earlier = [
            each.mark
            for each in self.witness.writes
            if (each.row.uid, each.set_name) == (write.row.uid, write.set_name)
        ]
        is_repeat = bool(earlier) and earlier[-1].spec_hash == write.mark.spec_hash
        assert write.mark.move is not None
        if write.mark.move.is_heal is not is_repeat:
            yield f"is_heal={write.mark.move.is_heal}, but the write before was {earlier[-1:]}"
        if is_repeat and write.row.uid not in self.witness.touched:
            yield "written again though nobody has touched it"
        if is_repeat and earlier[-1].move is not None and earlier[-1].move.is_heal:
            yield "written a third time for one spec"

    def _of_pod(self, write: witnesses.Write, view: View) -> Iterator[str]:
        name, row = write.set_name, write.row
        if not view.asked.sets[name].wants(row):
            yield "moved though the update selector does not match it"
        own = (name, row.uid) in self.witness.flights and write.was_flying
        for (other, uid), flight in self.witness.flights.items():
            if uid == row.uid and other != name and not own and not flight.is_over:
                yield f"moved though set {other} has it in flight"
        newest = max((mark.move.at for mark in row.marks if mark.move is not None), default=None)
        if newest is not None and not row.has_seen_spec and write.at - newest < NOTICED:
            yield "moved though the kubelet has not seen our last move"


def move_of(row: pods.Pod, name: str) -> pods.Move | None:
    """Return our last move of *row* for the set called *name*."""
    mark = row.mark_of(name)
    return mark.move if mark is not None else None


def is_under_way(row: pods.Pod, name: str) -> bool:
    """Say whether our last move of *row* is not over as far as the row tells: not replaced, or not Ready since."""
    move, container = move_of(row, name), row.container(name)
    if move is None or container is None:
        return False
    is_replaced = container.container_id not in ("", dict(move.origin).get(name, ""))
    return not is_replaced or not (row.is_ready if _is_down_since(row, move) else container.is_ready)


def _is_down_since(row: pods.Pod, move: pods.Move) -> bool:
    return row.unready_since is not None and abs(row.unready_since - move.at) <= NOTICED


def has_served(row: pods.Pod, name: str) -> bool:
    """Say whether the pod served before our last move of it for the set called *name*."""
    move = move_of(row, name)
    return move is not None and move.was_ready
