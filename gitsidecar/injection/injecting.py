"""Putting the sidecars of chosen sets into a pod."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitsidecar import handoff
from gitsidecar.injection import (
    applications,
    claims,
    fitting,
    hotupgrades,
    metadatapatches,
    patches,
    reasons,
    sidecars,
    templates,
)
from gitsidecar.model import pods, sidecarsets


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """A set for a pod, in the form (latest or stable) that it is to get; `commit` brought that form."""

    sidecar_set: sidecarsets.SidecarSet
    commit: str


@dataclasses.dataclass(frozen=True, slots=True)
class Injection:
    """
    A pod as it is to start, the JSON Patch that makes it so, and what there is to be said.

    `pod` shares what stays as it is with the pod that came in: neither is to be changed. `injected` are the names of
    the sets that were put in.
    """

    pod: Mapping[str, Any]
    patch: tuple[Mapping[str, Any], ...] = ()
    injected: tuple[str, ...] = ()
    notes: tuple[reasons.Note, ...] = ()

    @property
    def refusal(self) -> str:
        """Say why the pod lacks sidecars that it was meant to have, or nothing; failurePolicy Fail refuses it so."""
        return "; ".join(str(note) for note in self.notes if note.is_fault)


def inject(
    pod: Mapping[str, Any], chosen: Iterable[Chosen], *, whitelist: metadatapatches.Whitelist = None
) -> Injection:
    """
    Return *pod* (decoded JSON, also of a template without a name) with the sidecars of *chosen*, in order of set name.

    A set is put in whole or not at all, and a set that cannot be put in never keeps out another, or the pod: it is a
    note that is a fault. So it is with ConflictingSets: a container that the pod has already is never replaced, and of
    sets that bring the same container none is put in. Whether the pod may start without is for failurePolicy to say,
    not for this function: a pod without a log shipper can be repaired, a cluster that starts no pods can't.

    A pod that carries a set already, by our annotation and its containers, keeps what it has, in whatever form.
    """
    application = applications.read(pod)
    if isinstance(application, reasons.Note):
        return Injection(pod, notes=(application,))
    ordered = sorted(chosen, key=lambda each: each.sidecar_set.name)
    pairs = [(each.sidecar_set, templates.of(each.sidecar_set)) for each in ordered]
    rivals = claims.find(pairs, application.volumes)
    work = _Work(application, whitelist)
    for each, (sidecar_set, template) in zip(ordered, pairs, strict=True):
        obstacle = _obstacle(application, sidecar_set, template, rivals.get(sidecar_set.name, ""))
        if obstacle is None:
            work.add(each, template)
        else:
            work.told.append(obstacle)
    return work.finish(pod)


def _obstacle(
    application: applications.Application,
    sidecar_set: sidecarsets.SidecarSet,
    template: templates.Template,
    rivalry: str,
) -> reasons.Note | None:
    """Say what keeps the set out of the pod before anything is worked out, in the order in which a person would ask."""
    mark = application.marks.get(sidecar_set.name)
    expected = (mark.containers if mark is not None else ()) or [each.name for each in template.pieces]
    if mark is not None and application.injected.issuperset(expected):
        return reasons.Note(sidecar_set.name, reasons.Reason.ALREADY_INJECTED, "the pod carries it already")
    if template.fault:
        return reasons.Note(sidecar_set.name, reasons.Reason.SPEC_INCOMPLETE, template.fault)
    if rivalry:
        return reasons.Note(sidecar_set.name, reasons.Reason.CONFLICTING_SETS, rivalry)
    taken = next((each.name for each in template.pieces if each.name in application.names), None)
    if taken is None:
        words = sidecars.excess(template.pieces, application)
        return reasons.Note(sidecar_set.name, reasons.Reason.DOES_NOT_FIT, words) if words else None
    if sidecar_set.is_adopting and _has_alike(application, sidecar_set):
        words = "the pod has containers of these names itself, and the set adopts them"
        return reasons.Note(sidecar_set.name, reasons.Reason.ADOPTED, words)
    words = (
        f"the pod has a container {taken} of its own, which is never replaced: rename one of the two, or write the "
        f'annotation {sidecarsets.ADOPT_ANNOTATION}: "true" on a SidecarSet that is to take over pods as they are'
    )
    return reasons.Note(sidecar_set.name, reasons.Reason.CONFLICTING_SETS, words)


def _has_alike(application: applications.Application, sidecar_set: sidecarsets.SidecarSet) -> bool:
    """Say whether the pod has all containers by which an adopting set knows its pods, at their places."""
    return all(application.running.get(each.name) is each.is_native for each in sidecar_set.sidecars)


class _Work:
    """What has been added to one pod so far; each set is added at once, or not at all."""

    def __init__(self, application: applications.Application, whitelist: metadatapatches.Whitelist) -> None:
        self.told: list[reasons.Note] = []
        self._application = application
        self._whitelist = whitelist
        self._annotations = application.annotations
        self._marks = {**application.marks}
        self._filled: list[tuple[templates.Piece, dict[str, Any]]] = []
        self._volumes: dict[str, dict[str, Any]] = {}
        self._secrets: list[str] = []
        self._injected: list[str] = []

    def add(self, chosen: Chosen, template: templates.Template) -> None:
        """Add one set, or a note that says why it cannot be."""
        sidecar_set = chosen.sidecar_set
        fault = metadatapatches.fault(sidecar_set, template.patches, self._whitelist)
        try:
            annotations = metadatapatches.patch(self._annotations, () if fault else template.patches)
            if template.hot:
                annotations = hotupgrades.annotate(annotations, template.hot)
        except ValueError as error:
            fault = str(error)
        if fault:
            self._tell(sidecar_set, reasons.Reason.METADATA_REFUSED, fault)
            return
        source = sidecars.Source(self._application, annotations)
        try:
            filled = [(piece, sidecars.fill(piece, source)) for piece in template.pieces]
        except ValueError as error:
            self._tell(sidecar_set, reasons.Reason.RESOURCES_UNKNOWN, str(error))
            return
        containers = [(piece, each.container) for piece, each in filled]
        fault = fitting.fault(
            self._application.spec, _lists([*self._filled, *containers]), {each.name for each in template.pieces}
        )
        if fault:
            self._tell(sidecar_set, reasons.Reason.DOES_NOT_FIT, fault)
            return
        self._annotations = annotations
        self._keep(chosen, template)
        self._filled += containers
        for words in (words for _, each in filled for words in each.missing):
            self._tell(sidecar_set, reasons.Reason.NOTHING_TO_COPY, words)

    def finish(self, pod: Mapping[str, Any]) -> Injection:
        """Return *pod* with everything added."""
        if not self._injected:
            return Injection(pod, notes=tuple(self.told))
        if self._application.mark_fault:
            words = f"{self._application.mark_fault}; it is written anew"
            self.told.insert(0, reasons.Note("", reasons.Reason.MARK_UNREADABLE, words))
        drawing = patches.Drawing(pod)
        drawing.add(self._additions())
        return Injection(drawing.pod, tuple(drawing.operations), tuple(self._injected), tuple(self.told))

    def _tell(self, sidecar_set: sidecarsets.SidecarSet, reason: reasons.Reason, words: str) -> None:
        self.told.append(reasons.Note(sidecar_set.name, reason, words))

    def _keep(self, chosen: Chosen, template: templates.Template) -> None:
        sidecar_set = chosen.sidecar_set
        for name, form in template.volumes.items():
            if name not in self._application.volumes and name not in self._volumes:
                self._volumes[name] = json.loads(form)
        self._secrets += template.secrets
        self._injected.append(sidecar_set.name)
        self._marks[sidecar_set.name] = pods.Mark(
            sidecar_set.name, sidecar_set.spec_hash, sidecar_set.shape_hash, chosen.commit, template.running
        )

    def _additions(self) -> patches.Additions:
        return patches.Additions(
            {**self._annotations, pods.MARK_ANNOTATION: handoff.write(self._marks.values())},
            {**_lists(self._filled), "volumes": patches.Growth(back=[*self._volumes.values()])},
            self._secrets,
        )


def _lists(filled: Sequence[tuple[templates.Piece, dict[str, Any]]]) -> dict[str, patches.Growth]:
    """Return what the containers add to each list of the pod's spec."""
    inits = sorted((each for each in filled if each[0].is_init), key=lambda each: each[0].name)
    return {
        "initContainers": _around(inits),
        "containers": _around([each for each in filled if not each[0].is_init]),
    }


def _around(filled: Sequence[tuple[templates.Piece, dict[str, Any]]]) -> patches.Growth:
    """Return the containers as they stand before and behind the application's (reference §3.3)."""
    return patches.Growth(
        [container for piece, container in filled if piece.is_front],
        [container for piece, container in filled if not piece.is_front],
    )
