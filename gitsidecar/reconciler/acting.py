"""The act phase: a plan's moves, then its evictions; and what the API server's refusals make of plan and outcomes."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Awaitable, Callable

from gitsidecar import ports
from gitsidecar.model import histories, outcomes, plans
from gitsidecar.planning import actions
from gitsidecar.reconciler import evicting, resting, sending, sparing

Objection = Callable[[datetime.datetime | None], str]
"""Say why nothing may be sent any more of a plan whose window closes at that time, or return an empty string."""

Sent = tuple[outcomes.Outcome, ...]
Evicted = tuple[outcomes.Evicted, ...]


class Actor:
    """Carries out plans, at most *in_flight* patches at once; *rests* and *spares* remember who is left alone since."""

    def __init__(
        self,
        cluster: ports.Cluster,
        clock: ports.Clock,
        rests: resting.Rests,
        spares: sparing.Spares,
        *,
        in_flight: int,
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._rests = rests
        self._spares = spares
        self._in_flight = in_flight

    async def act(self, plan: plans.Plan, recorded: histories.History, objection: Objection) -> tuple[Sent, Evicted]:
        """Send what *plan* says, of the evictions those that *recorded* knows of; *objection* is asked before each."""
        now = self._clock.now
        may_write = tuple(each for each in plan.sets if not self._refusal(each))
        closing = {each.sidecar_set.name: each.closes_at for each in may_write}
        sent = await sending.send(
            dataclasses.replace(plan, sets=may_write),
            self._cluster,
            in_flight=self._in_flight,
            objection=lambda action: objection(closing[action.set_name]),
            stamp=lambda action: actions.sent(action, now()),
        )
        evicted = await evicting.send(
            evicting.noted(may_write, recorded),
            self._cluster,
            objection=lambda each: objection(closing[each.set_name]) or self._spares.silence(),
            now=now,
        )
        self._spares.note(evicted, now())
        return sent, evicted

    async def settle(
        self, plan: plans.Plan, sent: Sent, plan_again: Callable[[], Awaitable[plans.Plan]]
    ) -> tuple[plans.Plan, Sent]:
        """
        Return *plan* and *sent* as the next passes would have them, where the API server refuses.

        A set that rests as a whole is planned anew, without the turns that its refused pods had given away, so that
        the pass that finds it out says the same as those that follow; a refusal of one pod is that pod's matter.
        """
        self._rests.note(sent, self._clock.now())
        if any(result.kind is outcomes.OutcomeKind.FORBIDDEN for result in sent):
            again = await plan_again()
            is_refused = [bool(self._refusal(each)) for each in plan.sets]
            pairs = zip(is_refused, plan.sets, again.sets, strict=True)
            plan = dataclasses.replace(plan, sets=tuple(new if refused else old for refused, old, new in pairs))
        return plan, sending.tell(plan, sent, self._refusal)

    def _refusal(self, planned: plans.SetPlan) -> str:
        return self._rests.refusal(planned.sidecar_set.name, self._clock.now())
