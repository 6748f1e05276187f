"""YAML's events to values, without aliases, tags, duplicate keys or endless nesting."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import yaml

from gitsidecar.manifests import documents, scalars
from gitsidecar.model import findings, rules

MAX_DEPTH = 40
MAX_DOCUMENTS = 5000
_MAX_FAULTS = 100
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclasses.dataclass(slots=True)
class _Frame:
    """An open mapping or list; *key* is the field whose value comes next, ``None`` where a key comes next."""

    into: dict[str, Any] | list[Any]
    path: documents.Path
    key: str | None = None


class Composer:
    """Builds values from events with a stack of our own, so that no depth of nesting can exhaust Python's."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.documents: list[documents.Document] = []
        self.end: findings.Finding | None = None
        """The fault after which reading on makes no sense."""
        self._begin()

    def _begin(self) -> None:
        self._stack: list[_Frame] = []
        self._values: dict[documents.Path, tuple[int, int]] = {}
        self._keys: dict[documents.Path, tuple[int, int]] = {}
        self._faults: list[findings.Finding] = []
        self._root: Any = None

    def take(self, event: yaml.Event) -> None:
        """Take in the next event of the stream."""
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
        elif isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"the alias *{str(event.anchor)[:60]} is not supported: write the value out")
            self._put(None, event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._begin()
            self._values[()] = _spot(event)
            if len(self.documents) >= MAX_DOCUMENTS:
                self._stop(event, f"holds more than {MAX_DOCUMENTS} documents: split the file")
        elif isinstance(event, yaml.DocumentEndEvent):
            faults = tuple(self._faults)
            self.documents.append(documents.Document(self.file, self._root, self._values, self._keys, faults))

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        self._refuse_extras(event)
        text = event.value
        if event.style == '"' and _CONTROL.search(text):
            self._refuse(event, "text must not contain control characters: remove the escape")
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key is None and isinstance(frame.into, dict):
            self._take_key(frame, text, event)
        else:
            self._put(scalars.resolve(text) if event.implicit[0] else text, event)

    def _take_key(self, frame: _Frame, key: str, event: yaml.Event) -> None:
        assert isinstance(frame.into, dict)
        frame.key = key
        path = (*frame.path, key)
        if key in frame.into:
            line, column = self._keys[path]
            self._refuse(event, f"is written twice, first at {line}:{column}: remove one of the two", path)
        else:
            self._keys[path] = _spot(event)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self._refuse_extras(event)
        if len(self._stack) >= MAX_DEPTH:
            self._stop(event, f"is nested more than {MAX_DEPTH} levels deep: no manifest needs that")
            return
        if self._stack and self._stack[-1].key is None and isinstance(self._stack[-1].into, dict):
            words = (
                "a mapping or list cannot be a field's name: quote text that begins with { or [, render templates first"
            )
            self._stop(event, words)
            return
        into: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Frame(into, self._put(into, event)))

    def _put(self, value: Any, event: yaml.Event) -> documents.Path:
        """Put *value* where the stream stands and return its path."""
        path: documents.Path = ()
        frame = self._stack[-1] if self._stack else None
        if frame is None:
            self._root = value
        elif isinstance(frame.into, list):
            path = (*frame.path, len(frame.into))
            frame.into.append(value)
        elif frame.key is None:  # an alias as a key: refused above, there is nothing to keep
            frame.key = ""
            return (*frame.path, "")
        else:
            path = (*frame.path, frame.key)
            frame.into.setdefault(frame.key, value)
            frame.key = None
        self._values[path] = _spot(event)
        return path

    def _refuse_extras(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._refuse(
                event, f"the anchor &{str(event.anchor)[:60]} is not supported: write the value out where it is used"
            )
        if event.tag is not None:
            self._refuse(event, f"the tag {event.tag[:60]} is not supported: remove it, and quote what is text")

    def _refuse(self, event: yaml.Event, message: str, path: documents.Path | None = None) -> None:
        if len(self._faults) < _MAX_FAULTS:
            self._faults.append(self._fault(event, message, path))

    def _stop(self, event: yaml.Event, message: str) -> None:
        self.end = self._fault(event, message, None)

    def _fault(self, event: yaml.Event, message: str, path: documents.Path | None) -> findings.Finding:
        line, column = _spot(event)
        where = documents.spell(path or self._here())
        return findings.Finding(self.file, line, column, where, message, rule=rules.Rule.FILE)

    def _here(self) -> documents.Path:
        if not self._stack:
            return ()
        frame = self._stack[-1]
        if isinstance(frame.into, list):
            return (*frame.path, len(frame.into))
        return frame.path if frame.key is None else (*frame.path, frame.key)


def _spot(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    assert mark is not None, "the C parser marks every event"
    return mark.line + 1, mark.column + 1
