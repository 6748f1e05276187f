"""The two requests that change a pod, a patch and an eviction, and what their answers ask us to do."""

from __future__ import annotations

import contextlib
import urllib.parse
from collections.abc import Callable

from gitsidecar import errors
from gitsidecar.cluster import answers, connections, doubts, evictions, pacing, patches, refusals, verdicts
from gitsidecar.model import outcomes, plans, pods

Fold = Callable[[bytes], pods.Pod | None]
"""Bring an answer that holds a pod into the cache, and return its row."""

_FIELD_MANAGER = {"fieldManager": "gitsidecar"}
_REPLACED = "the pod is gone, and perhaps another has taken its name"


class Writes:
    """Sends writes through *gate*, and sees to it that the cache knows what became of each."""

    def __init__(
        self,
        connection: connections.Connection,
        gate: pacing.Gate,
        doubtful: doubts.Doubts,
        *,
        fold: Fold,
        read_again: doubts.ReadAgain,
    ) -> None:
        self._connection = connection
        self._gate = gate
        self._doubts = doubtful
        self._fold = fold
        self._read_again = read_again

    async def execute(self, action: plans.Action) -> outcomes.Outcome:
        """
        Send one action as one PATCH and say what became of it.

        Never raises for a fault of one pod. Sends nothing, and defers, while the API server holds off all writes.
        """
        if self._gate.remaining > 0:
            return verdicts.defer(action, "the API server asked to wait with all writes", self._gate.remaining)
        try:
            answer = await self._connection.request(
                "PATCH",
                path(action.pod),
                params=_FIELD_MANAGER,
                body=connections.Body(patches.build(action), connections.JSON_PATCH),
            )
        except connections.UNSENT as fault:
            return verdicts.defer(action, str(refusals.of_fault(fault, "patch the pod", self._connection.host)))
        except connections.FAULTS as fault:
            words = str(refusals.of_fault(fault, "patch the pod", self._connection.host))
            return await self._doubts.find_out(verdicts.defer(action, words))
        return await self._conclude(verdicts.judge(action, answer), answer)

    async def evict(self, eviction: plans.Eviction) -> outcomes.Evicted:
        """
        Ask the API server to evict one pod, that very one, and say what became of it.

        Never raises for a fault of one pod. Sends nothing, and defers, while the API server holds off all writes.
        """
        if self._gate.remaining > 0:
            words = "the API server asked to wait with all writes"
            return evictions.defer(eviction, words, self._gate.remaining)
        try:
            answer = await self._connection.request(
                "POST", f"{path(eviction.pod)}/eviction", body=connections.Body(evictions.build(eviction))
            )
        except connections.UNSENT as fault:
            return evictions.defer(eviction, str(refusals.of_fault(fault, "evict the pod", self._connection.host)))
        except connections.FAULTS as fault:
            words = str(refusals.of_fault(fault, "evict the pod", self._connection.host))
            return await self._doubts.find_out_evicted(evictions.defer(eviction, words))
        return await self._conclude_eviction(evictions.judge(eviction, answer), answer)

    async def _conclude(self, outcome: outcomes.Outcome, answer: answers.Answer) -> outcomes.Outcome:
        """Do what the answer to a patch asks for, and return the outcome as it stands afterwards."""
        pod = outcome.action.pod
        if outcome.kind is outcomes.OutcomeKind.APPLIED:
            return outcome if self._fold(answer.body) else await self._doubts.find_out(outcome)
        if outcome.kind is outcomes.OutcomeKind.CONFLICT:
            is_known, newest = await self._read_again(pod)
            return verdicts.settle(outcome, newest) if is_known else outcome
        if verdicts.is_unknown(answer):
            return await self._doubts.find_out(outcome)
        await self._heed(answer, outcome.retry_after)
        return outcome

    async def _conclude_eviction(self, outcome: outcomes.Evicted, answer: answers.Answer) -> outcomes.Evicted:
        """Do what the answer to an eviction asks for, and return the outcome as it stands afterwards."""
        if outcome.kind is outcomes.OutcomeKind.APPLIED:  # the answer holds no pod, and the next snapshot must show it
            return await self._doubts.find_out_evicted(outcome)
        if verdicts.is_unknown(answer):
            return await self._doubts.find_out_evicted(outcome)
        if answer.code == 409:
            is_known, newest = await self._read_again(outcome.eviction.pod)
            is_over = is_known and evictions.is_over(outcome.eviction, newest)
            return outcomes.Evicted(outcome.eviction, outcomes.OutcomeKind.GONE, _REPLACED) if is_over else outcome
        if not evictions.is_budgets(answer):
            await self._heed(answer, outcome.retry_after)
        return outcome

    async def _heed(self, answer: answers.Answer, retry_after: float | None) -> None:
        """Hold off all writes, or read the credentials again, if *answer* asks for that."""
        if answer.code == 429:
            self._gate.shut(retry_after or 0.0)
        elif answer.code == 401:
            with contextlib.suppress(errors.StalledError):  # the feeds meet it too, and say so
                await self._connection.refresh()


def path(pod: pods.Pod) -> str:
    """Return where the API server has *pod*."""
    return f"/api/v1/namespaces/{urllib.parse.quote(pod.namespace, '')}/pods/{urllib.parse.quote(pod.name, '')}"
