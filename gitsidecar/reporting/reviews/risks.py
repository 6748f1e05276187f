"""What to look at before a merge, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from gitsidecar.model import reviews
from gitsidecar.reporting import texts
from gitsidecar.reporting.reviews import figures, sentences

_Risk = reviews.Risk
_SENTENCES = frozenset({_Risk.NO_END, _Risk.NO_SPEC_FOR_NEW_PODS})
"""Their details are said in other people's words; those of the others are names."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Words:
    """What is said where the number of pods is known and, if that differs, where it is not."""

    title: str
    text: str
    without_pods: str = ""


_WORDS: Mapping[reviews.Risk, _Words] = {
    _Risk.ALL_AT_ONCE: _Words(
        "Many at once",
        "up to {pods} restart at the same time (maxUnavailable {details}).",
        "most of its pods may restart at the same time (maxUnavailable {details}).",
    ),
    _Risk.NO_CANARY: _Words(
        "No canary",
        "all {pods} get the new image, and nothing stops after the first ones. A `partition` would, until it is "
        "lowered.",
        "all pods get the new image, and nothing stops after the first ones. A `partition` would, until it is lowered.",
    ),
    _Risk.UNPINNED_IMAGE: _Words("Unpinned image", "{details} may be another image tomorrow. Write a version."),
    _Risk.WAITS_FOR_RECREATION: _Words(
        "Waits for recreation",
        "{pods} get nothing of this change, not even a new image, before they are recreated: {details} cannot change "
        "in a running pod.",
        "running pods get nothing of this change, not even a new image, before they are recreated: {details} cannot "
        "change in a running pod.",
    ),
    _Risk.PODS_LEAVE: _Words(
        "Pods leave", "{pods} not selected any more, and no longer managed: {details}. Nothing is stripped from them."
    ),
    _Risk.PODS_ENTER: _Words("Pods enter", "{pods} selected from now on: {details}."),
    _Risk.SUCCESSOR: _Words(
        "Another name",
        "it takes the place of {details}, whose pods it does not know: they count as missing until they are recreated. "
        'With the annotation `gitsidecar.io/adopt: "true"` it takes them in.',
    ),
    _Risk.COLLISION: _Words("Collision", "{pods} would be claimed by another set too, and move for neither."),
    _Risk.EVICTIONS: _Words(
        "Evictions", "evicts {pods}, so that their owners make new ones (`repair: Evict`): applications restart."
    ),
    _Risk.STOPS: _Words("Nothing moves", "it brings a new image, but its updateStrategy is {details}."),
    _Risk.NO_END: _Words("Not done", "{pods} of those that were to move have not when the forecast ends: {details}."),
    _Risk.NO_SPEC_FOR_NEW_PODS: _Words("New pods", "{details}."),
    _Risk.POLICY_GONE: _Words("No window any more", "without its windows {details} may move at any time."),
    _Risk.FRIDAY_NIGHT: _Words(
        "Friday night",
        "{pods} move between Friday 18:00 and Saturday 06:00.",
        "a window is open between Friday 18:00 and Saturday 06:00.",
    ),
}


def sentence(caution: reviews.Caution) -> str:
    """Return what to look at, and why, as Markdown."""
    words = _WORDS[caution.risk]
    text = words.text if caution.pods else words.without_pods or words.text
    said = text.format(pods=figures.pods(caution.pods), details=_details(caution))
    return f"**{words.title}.** {texts.code(caution.name)}: {said}"


def _details(caution: reviews.Caution) -> str:
    if caution.risk in _SENTENCES:
        return texts.markdown("; ".join(caution.details).rstrip("."))
    return sentences.listed(caution.details)
