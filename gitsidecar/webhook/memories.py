"""A memory of what was worked out, which never becomes large."""

from __future__ import annotations

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """Remembers values of *most* bytes together; when it is full, it forgets them all and begins anew."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._values: dict[Key, Value] = {}

    def find(self, key: Key) -> Value | None:
        """Return what was kept for *key*, if it is still known."""
        return self._values.get(key)

    def keep(self, key: Key, value: Value, size: int) -> None:
        """Keep *value*, which takes about *size* bytes, unless it would fill the memory alone."""
        if self._bytes + size > self._most:
            self.forget()
        if size <= self._most:
            self._values[key] = value
            self._bytes += size

    def forget(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._bytes = 0
