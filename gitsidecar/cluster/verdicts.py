"""What an API server's answer to a patch means for the action: one ladder, one outcome."""

from __future__ import annotations

from gitsidecar import handoff
from gitsidecar.cluster import answers
from gitsidecar.model import outcomes, plans, pods

_FAILED_TEST = "the server rejected our request"  # all that an API server says of a failed `test`; no reason, no field
_PAUSE = 1.0  # seconds after which something passing is tried again, when the server does not say

_Kind = outcomes.OutcomeKind


def judge(action: plans.Action, answer: answers.Answer) -> outcomes.Outcome:
    """Return the outcome as far as the answer alone tells; a conflict is `settled` once the pod was read again."""
    code, words = answer.code, answer.message
    if answer.is_success:
        return outcomes.Outcome(action, _Kind.APPLIED)
    if code == 404:
        return outcomes.Outcome(action, _Kind.GONE, "the pod is gone")
    if code == 422:
        return outcomes.Outcome(action, _Kind.CONFLICT, words)
    if code in (401, 408, 409, 429) or code >= 500:
        return defer(action, f"the API server answered {code}: {words}", answer.retry_after)
    return outcomes.Outcome(action, _Kind.FORBIDDEN, _refusal(code, words))


def defer(action: plans.Action, message: str, retry_after: float | None = None) -> outcomes.Outcome:
    """Return the outcome of an action that may be tried again after *retry_after* seconds."""
    return outcomes.Outcome(action, _Kind.DEFERRED, message, _PAUSE if retry_after is None else retry_after)


def settle(conflict: outcomes.Outcome, newest: pods.Pod | None) -> outcomes.Outcome:
    """
    Return what became of a *conflict*, now that the pod was read again; ``None`` = there is none of that name.

    A pod that is as planned was not in conflict: if the server gave a reason, it will give it again.
    """
    action = conflict.action
    if newest is None:
        return outcomes.Outcome(action, _Kind.GONE, "the pod is gone")
    if newest.uid != action.pod.uid:
        return outcomes.Outcome(action, _Kind.GONE, "another pod has taken the name")
    difference = _difference(action, newest)
    if not difference and not conflict.message.startswith(_FAILED_TEST):
        return outcomes.Outcome(action, _Kind.FORBIDDEN, _refusal(422, conflict.message))
    return outcomes.Outcome(action, _Kind.CONFLICT, difference or conflict.message)


def is_unknown(answer: answers.Answer) -> bool:
    """Say whether the server may have applied the patch although it did not say so."""
    return answer.code >= 500 or answer.code == 408


def is_applied(action: plans.Action, newest: pods.Pod) -> bool:
    """Say whether *newest* shows that the patch was applied: it has the mark of this very move, and the new images."""
    wanted = [mark for mark in action.marks if mark.set_name == action.set_name]
    found = [mark for mark in newest.marks if mark.set_name == action.set_name]
    images = {(each.name, each.index, each.is_native): each.image for each in newest.containers}
    return (
        newest.uid == action.pod.uid
        and bool(wanted)
        and handoff.write(found) == handoff.write(wanted)  # as text: it holds times to the millisecond
        and all(images.get((each.container, each.index, each.is_native)) == each.new for each in action.changes)
    )


def _refusal(code: int, words: str) -> str:
    if "admission webhook" in words or "ValidatingAdmissionPolicy" in words:
        return f"admission refuses this pod's change, others may pass: {words}"
    if code == 403 and "cannot patch resource" in words:
        who = words.partition("is forbidden: ")[2] or words  # without the pod's name: it is the same for all pods
        return f"patching pods is forbidden: {who}; grant the verb patch on pods to this user"
    return f"the API server refuses the patch of this pod ({code}): {words}"


def _difference(action: plans.Action, newest: pods.Pod) -> str:
    """Say in what the pod is not as planned; empty when it is."""
    for change in action.changes:
        container = newest.container(change.container)
        if container is None or container.index != change.index or container.is_native != change.is_native:
            return f"container {change.container} is not where it was"
        if container.image != change.old:
            return f"the image of container {change.container} is {container.image}, not {change.old}"
    if action.pod.annotation and newest.annotation != action.pod.annotation:
        return f"annotation {pods.MARK_ANNOTATION} has changed since the pod was seen"
    if newest.resource_version != action.pod.resource_version and not action.pod.has_annotations:
        return "the pod has changed since it was seen"
    return ""
