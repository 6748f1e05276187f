"""What becomes of one new pod: the sets that it gets, each in the spec that is its turn, or why it may not start."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from gitsidecar.injection import injecting, reasons
from gitsidecar.model import sidecarsets
from gitsidecar.planning import newcomers
from gitsidecar.webhook import knowledge, subjects

SPEC_GONE = "SpecGone"
"""The reason where the spec that a pod should get is not among those kept: nobody gets the latest for it unasked."""

PATCH_TOO_LARGE = "PatchTooLarge"
"""The reason where what is to be added is more than any pod can hold."""

_WORTH_A_LOOK = (reasons.Reason.NOTHING_TO_COPY, reasons.Reason.MARK_UNREADABLE)
_NOTHING = subjects.Outcome((), (), b"")

Inject = Callable[[subjects.Subject, Sequence[subjects.Given]], subjects.Outcome]
"""Return what becomes of a pod by its sets, each in the spec that is its turn."""


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
    given: tuple[subjects.Given, ...] = ()
    patch: bytes = b""

    @property
    def message(self) -> str:
        """Return all that is said, and for a refused pod what it is refused for."""
        is_refused = self.result is Result.REFUSED
        return "; ".join(str(each) for each in self.told if each.is_fault or not is_refused)


def judge(subject: subjects.Subject, known: knowledge.Knowledge, inject: Inject, *, is_failing_closed: bool) -> Verdict:
    """
    Return what becomes of the pod of *subject*, by what *inject* makes of it.

    *is_failing_closed* refuses it for what a set that is for it cannot give; a pod that cannot be read is left to the
    API server, which knows what is wrong.
    """
    choice = subject.choice
    if not known.is_ready and not choice.notes:
        return _wait(is_failing_closed=is_failing_closed)
    picked, gone = _pick(subject, known)
    outcome = inject(subject, picked) if picked else _NOTHING
    told = (*gone, *_told((*choice.notes, *outcome.notes), known.sets))
    if is_failing_closed and (fault := next((each for each in told if each.is_fault and each.where), None)):
        return Verdict(Result.REFUSED, fault.reason, told)
    if not outcome.injected:
        return Verdict(Result.SKIPPED, _first(told, "NotSelected"), told)
    if not outcome.patch:
        return _too_large(outcome.injected, is_failing_closed=is_failing_closed)
    given = tuple(pair for pair in picked if pair[0].name in outcome.injected)
    faults = tuple(each for each in told if each.is_fault)
    return Verdict(Result.INJECTED, _first(faults, "Complete"), told, given, outcome.patch)


def _wait(*, is_failing_closed: bool) -> Verdict:
    words = "gitsidecar has just started and does not know the SidecarSets yet: create the pod again in a minute"
    told = Told("", "NotReady", words, is_fault=True)
    return Verdict(Result.REFUSED if is_failing_closed else Result.SKIPPED, told.reason, (told,))


def _too_large(names: Iterable[str], *, is_failing_closed: bool) -> Verdict:
    most = f"{subjects.LARGEST_PATCH / (1 << 20)} MiB"
    words = (
        f"SidecarSets {', '.join(names)} would add more than {most}, which no pod can hold: "
        "let them copy fewer mounts and variables of the application"
    )
    told = Told("", PATCH_TOO_LARGE, words, is_fault=True)
    return Verdict(Result.REFUSED if is_failing_closed else Result.SKIPPED, told.reason, (told,))


def _pick(subject: subjects.Subject, known: knowledge.Knowledge) -> tuple[list[subjects.Given], list[Told]]:
    """Return the spec for each set of the pod; the stable one stands in for one that is gone, which is told."""
    picked: list[subjects.Given] = []
    gone: list[Told] = []
    for each in subject.choice.sets:
        choice: newcomers.Choice | None = known.decide(subject.labels, each)
        if choice is not None and choice.fault and not _carries(subject.pod, each):
            gone.append(Told(_where(each), SPEC_GONE, choice.fault, is_fault=True))
            choice = known.stand_in(each)
        if choice is not None and not choice.fault:
            picked.append((each, choice))
    return picked, gone


def _carries(pod: Mapping[str, Any], sidecar_set: sidecarsets.SidecarSet) -> bool:
    """Say whether the pod has the set already, as when the API server asks again after another webhook."""
    notes = injecting.inject(pod, [injecting.Chosen(sidecar_set, "")]).notes
    return any(note.reason is reasons.Reason.ALREADY_INJECTED for note in notes)


def _told(notes: Sequence[reasons.Note], sets: Iterable[sidecarsets.SidecarSet]) -> Iterator[Told]:
    places = {each.name: _where(each) for each in sets} if notes else {}
    for note in notes:
        yield Told(places.get(note.set_name, ""), note.reason.value, note.message, is_fault=note.is_fault)


def _where(sidecar_set: sidecarsets.SidecarSet) -> str:
    return f"SidecarSet {sidecar_set.name} ({sidecar_set.place})"


def _first(told: Iterable[Told], otherwise: str) -> str:
    return next((each.reason for each in told), otherwise)
