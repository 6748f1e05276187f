"""The content of many files through one ``git cat-file --batch``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from gitsidecar.repository import commands, stores

_HEADER_BYTES = 128


class Asked(Protocol):
    """A repository that can be asked: a mirror of ours, or somebody's clone."""

    def ask(self, *arguments: str, stdin: bytes = b"", limit: int = commands.OUTPUT_LIMIT) -> bytes:
        """Run a command that only reads, and return what it printed; raises DamagedError when it fails."""


def read(store: Asked, wanted: Iterable[str], *, limit: int) -> Mapping[str, bytes]:
    """
    Return blob name → bytes for the *wanted* names; their sizes must add up to no more than *limit*.

    Raises DamagedError when the repository lacks one.
    """
    names = tuple(dict.fromkeys(wanted))
    if not names:
        return {}
    questions = "".join(f"{name}\n" for name in names).encode("ascii")
    output = store.ask("cat-file", "--batch", stdin=questions, limit=limit + _HEADER_BYTES * len(names))
    return dict(_split(output, names))


def _split(output: bytes, names: tuple[str, ...]) -> Iterable[tuple[str, bytes]]:
    at = 0
    for name in names:
        end = output.find(b"\n", at)
        words = output[at:end].decode("ascii", "replace").split()
        if end < 0 or len(words) != 3 or words[:2] != [name, "blob"]:
            raise stores.DamagedError(f"the mirror lacks the object {name}")
        start, size = end + 1, int(words[2])
        yield name, output[start : start + size]
        at = start + size + 1  # a line feed ends each content
