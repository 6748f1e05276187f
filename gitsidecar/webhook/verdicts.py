"""What becomes of one new pod: the sets that it gets, each in the spec that is its turn, or why it may not start."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gitsidecar.injection import choosing, injecting, reasons
from gitsidecar.model import sidecarsets
from gitsidecar.planning import newcomers
from gitsidecar.webhook import knowledge

SPEC_GONE = "SpecGone"
"""The reason where the spec that a pod should get is not among those kept: nobody gets the latest for it unasked."""

PATCH_TOO_LARGE = "PatchTooLarge"
"""The reason where what is to be added is more than any pod can hold."""

_LARGEST_PATCH = 3 << 19  # bytes: etcd takes no larger object
_WORTH_A_LOOK = (reasons.Reason.NOTHING_TO_COPY, reasons.Reason.MARK_UNREADABLE)

Given = tuple[sidecarsets.SidecarSet, newcomers.Choice]


class Result(enum.StrEnum):
    """Name what became of a review."""

    INJECTED = "injected"
    SKIPPED = "skipped"
    REFUSED = "refused"
    INVALID = "invalid"


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """One thing said about a pod; `where` names set and file, and is empty when it is about the pod as a whole."""

    where: str
    reason: str
    message: str
    is_fault: bool = False

    @property
    def is_worth_a_look(self) -> bool:
        """Say whether whoever creates the pod should read it."""
        return self.is_fault or self.reason in _WORTH_A_LOOK

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}: {self.message}" if self.where else f"{self.reason}: {self.message}"


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What one pod gets, by which JSON Patch (empty without one), and what there is to say."""

    result: Result
    reason: str
    told: tuple[Told, ...] = ()
    given: tuple[Given, ...] = ()
    patch: bytes = b""

    @property
    def message(self) -> str:
        """Return all that is said, and for a refused pod what it is refused for."""
        is_refused = self.result is Result.REFUSED
        return "; ".join(str(each) for each in self.told if each.is_fault or not is_refused)


def judge(pod: Any, namespace: choosing.Namespace, known: knowledge.Knowledge, *, is_failing_closed: bool) -> Verdict:
    """
    Return what becomes of *pod* (decoded JSON, whatever it is) in *namespace*.

    *is_failing_closed* refuses it for what a set that is for it cannot give; a pod that cannot be read is left to the
    API server, which knows what is wrong.
    """
    sets = known.sets
    choice = choosing.choose(pod, sets, namespace)
    if not known.is_ready and not choice.notes:
        return _wait(is_failing_closed=is_failing_closed)
    picked, gone = _pick(pod, choice.sets, known)
    injection = (
        injecting.inject(pod, [known.chosen(*pair) for pair in picked], whitelist=known.whitelist) if picked else None
    )
    notes = (*choice.notes, *(injection.notes if injection is not None else ()))
    places = {each.name: each for each in sets}
    told = (*gone, *(_told(note, places.get(note.set_name)) for note in notes))
    if is_failing_closed and (fault := next((each for each in told if each.is_fault and each.where), None)):
        return Verdict(Result.REFUSED, fault.reason, told)
    if injection is None or not injection.injected:
        return Verdict(Result.SKIPPED, _first(told, "NotSelected"), told)
    patch = _encode(injection.patch)
    if not patch:
        return _too_large(injection.injected, is_failing_closed=is_failing_closed)
    given = tuple(pair for pair in picked if pair[0].name in injection.injected)
    faults = tuple(each for each in told if each.is_fault)
    return Verdict(Result.INJECTED, _first(faults, "Complete"), told, given, patch)


def _wait(*, is_failing_closed: bool) -> Verdict:
    words = "gitsidecar has just started and does not know the SidecarSets yet: create the pod again in a minute"
    told = Told("", "NotReady", words, is_fault=True)
    return Verdict(Result.REFUSED if is_failing_closed else Result.SKIPPED, told.reason, (told,))


def _encode(patch: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the JSON of *patch*, or nothing as soon as it is too large: what sidecars copy from a pod multiplies."""
    parts: list[bytes] = []
    size = 0
    for operation in patch:
        parts.append(msgspec.json.encode(operation))
        size += len(parts[-1]) + 1
        if size > _LARGEST_PATCH:
            return b""
    return b"[%b]" % b",".join(parts)


def _too_large(names: Iterable[str], *, is_failing_closed: bool) -> Verdict:
    words = (
        f"SidecarSets {', '.join(names)} would add more than {_LARGEST_PATCH / (1 << 20)} MiB, which no pod can hold: "
        "let them copy fewer mounts and variables of the application"
    )
    told = Told("", PATCH_TOO_LARGE, words, is_fault=True)
    return Verdict(Result.REFUSED if is_failing_closed else Result.SKIPPED, told.reason, (told,))


def _pick(
    pod: Any, sets: Iterable[sidecarsets.SidecarSet], known: knowledge.Knowledge
) -> tuple[list[Given], list[Told]]:
    """Return the spec for each of *sets*; the stable one stands in for one that is gone, which is told."""
    picked: list[Given] = []
    gone: list[Told] = []
    for each in sets:
        choice: newcomers.Choice | None = known.decide((pod.get("metadata") or {}).get("labels") or {}, each)
        if choice is not None and choice.fault and not _carries(pod, each):
            gone.append(Told(_where(each), SPEC_GONE, choice.fault, is_fault=True))
            choice = known.stand_in(each)
        if choice is not None and not choice.fault:
            picked.append((each, choice))
    return picked, gone


def _carries(pod: Mapping[str, Any], sidecar_set: sidecarsets.SidecarSet) -> bool:
    """Say whether the pod has the set already, as when the API server asks again after another webhook."""
    notes = injecting.inject(pod, [injecting.Chosen(sidecar_set, "")]).notes
    return any(note.reason is reasons.Reason.ALREADY_INJECTED for note in notes)


def _told(note: reasons.Note, sidecar_set: sidecarsets.SidecarSet | None) -> Told:
    where = _where(sidecar_set) if sidecar_set is not None else ""
    return Told(where, note.reason.value, note.message, is_fault=note.is_fault)


def _where(sidecar_set: sidecarsets.SidecarSet) -> str:
    return f"SidecarSet {sidecar_set.name} ({sidecar_set.place})"


def _first(told: Iterable[Told], otherwise: str) -> str:
    return next((each.reason for each in told), otherwise)
