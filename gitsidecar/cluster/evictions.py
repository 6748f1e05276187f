"""An eviction as the API server wants it, and what its answer means: PodDisruptionBudgets have the last word."""

from __future__ import annotations

import re
from typing import Any

from gitsidecar.cluster import answers
from gitsidecar.model import outcomes, plans, pods

_PAUSE = 1.0  # seconds after which something passing is tried again, when the server does not say
_BUDGET = "DisruptionBudget"  # the cause by which a PodDisruptionBudget's 429 differs from those of an overload
_BUDGET_PAUSE = 60.0  # seconds: a budget lets go when pods come up, and that takes them a while
_BUDGET_NAME = re.compile(r"disruption budget (\S+)")
_SEVERAL = "more than one PodDisruptionBudget"

_Kind = outcomes.OutcomeKind


def build(eviction: plans.Eviction) -> dict[str, Any]:
    """Return the body of the request; the pod keeps its own time to end."""
    pod = eviction.pod
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"namespace": pod.namespace, "name": pod.name},
        "deleteOptions": {"preconditions": {"uid": pod.uid}},
    }


def judge(eviction: plans.Eviction, answer: answers.Answer) -> outcomes.Evicted:
    """Return the outcome as far as the answer alone tells; of a 409 it says whether it is another pod's."""
    code, words = answer.code, answer.message
    if answer.is_success:
        return outcomes.Evicted(eviction, _Kind.APPLIED)
    if code == 404:
        return outcomes.Evicted(eviction, _Kind.GONE, "the pod is gone")
    if is_budgets(answer):
        found = _BUDGET_NAME.search(" ".join([words, *answer.causes.values()]))
        name = f"PodDisruptionBudget {found[1]}" if found else "a PodDisruptionBudget"
        return defer(eviction, f"the {name} allows none now".replace("the a ", "a "), _BUDGET_PAUSE)
    if _SEVERAL in words:
        words = "several PodDisruptionBudgets select the pod, and the eviction API takes one only: remove the others"
        return defer(eviction, words, _BUDGET_PAUSE)
    if code in (401, 408, 409, 429) or code >= 500:
        return defer(eviction, f"the API server answered {code}: {words}", answer.retry_after)
    return outcomes.Evicted(eviction, _Kind.FORBIDDEN, _refusal(code, words))


def defer(eviction: plans.Eviction, message: str, retry_after: float | None = None) -> outcomes.Evicted:
    """Return the outcome of an eviction that may be tried again after *retry_after* seconds."""
    return outcomes.Evicted(eviction, _Kind.DEFERRED, message, _PAUSE if retry_after is None else retry_after)


def is_budgets(answer: answers.Answer) -> bool:
    """Say whether a PodDisruptionBudget refuses, and not a server that is overloaded."""
    return answer.code == 429 and _BUDGET in answer.causes


def is_over(eviction: plans.Eviction, newest: pods.Pod | None) -> bool:
    """Say whether *newest*, the pod of that name if there is one, shows that the evicted one is going, or has gone."""
    return newest is None or newest.uid != eviction.pod.uid or newest.is_deleting


def _refusal(code: int, words: str) -> str:
    if code == 403 and "pods/eviction" in words:
        who = words.partition("is forbidden: ")[2] or words  # without the pod's name: it is the same for all pods
        return f"evicting pods is forbidden: {who}; grant the verb create on pods/eviction to this user"
    return f"the API server refuses the eviction of this pod ({code}): {words}"
