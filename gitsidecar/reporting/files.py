"""A report as the files of the status branch: the same report, the same bytes (DESIGN §7)."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from gitsidecar.model import findings, reports
from gitsidecar.reporting import pages, paths, pictures, records, statuses, yamls

_T = TypeVar("_T")


def render(report: reports.Report) -> dict[str, bytes]:
    """
    Return path → bytes of all managed files, in order of path.

    Nothing in them moves by itself: no time but those of conditions and of moves, no source revision but those that
    brought a spec, and nothing of what this pass did; that is told by the commit's message.
    """
    return Renderer().render(report)


def state(report: reports.Report) -> object:
    """Return all that the files tell of *report*: where it equals that of another report, so do the bytes."""
    shown = tuple(each for each in report.found if each.level is not findings.Level.NOTE)
    return (report.cluster, shown, tuple(map(_set_state, report.sets)), report.policies, report.web)


class Renderer:
    """
    Renders one report after another as `render` does, and writes anew only what differs from the one before.

    The inventory of a large set takes many milliseconds to write; in most passes one set of many has changed.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[object, Any]] = {}
        self._before = self._kept

    def render(self, report: reports.Report) -> dict[str, bytes]:
        """Return path → bytes of all managed files, in order of path."""
        self._before, self._kept = self._kept, {}
        content = {paths.STATUS: _encoded(statuses.write(report))}
        if records.rejections(report.found):
            content[paths.REJECTIONS] = yamls.dump(records.of_rejections(report.found))
        for each in report.sets:
            content |= self._set(each, report.web)
        for policy in report.policies:
            path = paths.policy_file(policy.name)
            content[path] = self._keep(path, policy, functools.partial(_dump_policy, policy))
        return dict(sorted(content.items()))

    def _set(self, report: reports.SetReport, web: reports.Web) -> dict[str, bytes]:
        state = _set_state(report)
        writers: dict[str, tuple[object, Callable[[], bytes]]] = {
            paths.set_file(report.name): (state, lambda: yamls.dump(records.of_set(report))),
            paths.page_file(report.name): ((state, web), lambda: _encoded(pages.write(report, web))),
            paths.picture_file(report.name): (pictures.parts(report), lambda: _encoded(pictures.draw(report))),
        }
        for spec_hash, document in report.documents.items():
            path = paths.spec_file(report.name, spec_hash)
            writers[path] = (document, functools.partial(_dump_document, document))
        return {path: self._keep(path, value, write) for path, (value, write) in writers.items()}

    def _keep(self, key: Hashable, value: object, write: Callable[[], _T]) -> _T:
        """Return what *write* makes of *value*, or what it made of an equal one last time."""
        known = self._before.get(key)
        made = known[1] if known is not None and known[0] == value else write()
        self._kept[key] = (value, made)
        return made


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _dump_policy(report: reports.PolicyReport) -> bytes:
    return yamls.dump(records.of_policy(report))


def _dump_document(document: str) -> bytes:
    return yamls.dump(yamls.from_json(document))


def _set_state(report: reports.SetReport) -> object:
    """Return what the files tell of a set; mappings are equal in any order, but are written in theirs."""
    told = dataclasses.replace(report, moves=(), failed={}, evicted={})
    images = tuple((container, tuple(counts)) for container, counts in report.images.items())
    return (told, images, tuple(report.failing), tuple(report.documents))
