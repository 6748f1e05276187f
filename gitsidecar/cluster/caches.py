"""Rows of one kind of object, newest version first: lists, events and answers may come in any order."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar


class Row(Protocol):
    """A frozen dataclass with the version that the API server gave it."""

    @property
    def resource_version(self) -> str: ...


R = TypeVar("R", bound=Row)

_MANY = 1000  # rows touched, after which most chunks of 100,000 pods have changed: as well say all of them


class Cache(Generic[R]):
    """
    All rows as of `version`, and those newer ones that were answers to our own requests.

    Each method that changes rows says whether a planner can see the difference. `revision` counts all changes.
    """

    def __init__(self, key: Callable[[R], str]) -> None:
        self.rows: dict[str, R] = {}
        self.version = ""
        self.is_filled = False
        self.revision = 0
        self._key = key
        self._ahead: set[str] = set()  # rows that the watch has not told us of yet
        self._touched: set[str] | None = None

    def take_touched(self) -> set[str] | None:
        """Return the keys of what was put in, replaced or taken out since the last call; ``None`` = it may be all."""
        touched, self._touched = self._touched, set()
        return touched

    def replace(self, rows: Mapping[str, R], version: str) -> bool:
        """Take in a whole list as of *version*; what our own writes have made newer since stays."""
        self._ahead = {key for key in self._ahead if _is_later(self.rows[key].resource_version, version)}
        replaced, self.rows = self.rows, {**rows, **{key: self.rows[key] for key in self._ahead}}
        is_visible = not self.is_filled or replaced.keys() != self.rows.keys()
        is_visible = is_visible or any(not is_same(replaced[key], row) for key, row in self.rows.items())
        self.version, self.is_filled = version, True
        self.revision += 1
        self._touched = None
        return is_visible

    def see(self, row: R) -> bool:
        """Take in an event of the watch: *row* was added or modified."""
        self.version = row.resource_version
        key = self._key(row)
        known = self.rows.get(key)
        if known is not None and _is_later(known.resource_version, row.resource_version):
            return False  # an echo from before our own write
        self._ahead.discard(key)
        return self._put(key, row)

    def drop(self, row: R) -> bool:
        """Take in an event of the watch: *row* was deleted, at its resource version."""
        self.version = row.resource_version
        key = self._key(row)
        known = self.rows.get(key)
        if known is None or _is_later(known.resource_version, row.resource_version):
            return False  # a later pod of the same name
        self._ahead.discard(key)
        del self.rows[key]
        self._touch(key)
        return True

    def fold(self, row: R) -> bool:
        """Take in the answer to a request of ours, which may be ahead of the watch or behind it."""
        if self.is_filled and not _is_later(row.resource_version, self.version):
            return False  # the watch has told all up to its version: this row, a later one, or that it is gone
        key = self._key(row)
        known = self.rows.get(key)
        if known is not None and not _is_later(row.resource_version, known.resource_version):
            return False
        self._ahead.add(key)
        return self._put(key, row)

    def forget(self, row: R) -> bool:
        """Take in that an answer to a request of ours says that the object of *row*, a row of ours, is gone."""
        key = self._key(row)
        if self.rows.get(key) is not row:
            return False
        self._ahead.discard(key)
        del self.rows[key]
        self._touch(key)
        return True

    def reach(self, version: str) -> None:
        """Take in a bookmark of the watch: there are no more changes up to *version*."""
        self.version = version

    def _put(self, key: str, row: R) -> bool:
        known = self.rows.get(key)
        self.rows[key] = row
        self._touch(key)
        return known is None or not is_same(known, row)

    def _touch(self, key: str) -> None:
        self.revision += 1
        if self._touched is not None:
            self._touched.add(key)
            if len(self._touched) > _MANY:  # nor may it grow while nobody asks
                self._touched = None


def _is_later(version: str, than: str) -> bool:
    """Compare as numbers, which the versions of one kind are; anything else counts in order of arrival."""
    if version.isdecimal() and than.isdecimal():
        return int(version) > int(than)
    return False


def is_same(one: Any, other: Any) -> bool:
    """Say whether two rows of one object differ in nothing but the version."""
    if one.resource_version == other.resource_version:
        return True
    same: bool = dataclasses.replace(one, resource_version=other.resource_version) == other
    return same
