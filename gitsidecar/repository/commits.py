"""Commits as text: who wrote one, its parents and trailers, and the ``git fast-import`` stream that makes one."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Iterable, Mapping

from gitsidecar import errors

FORMAT = "%P%x00%an <%ae>%x00%(trailers:only=true,unfold=true,separator=%x00)"


@dataclasses.dataclass(frozen=True, slots=True)
class Described:
    """What is read of one commit: its parents, as far as the mirror has them, and its trailers, keys in lower case."""

    parents: tuple[str, ...]
    author: str
    trailers: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Author:
    """Who makes our commits. Raises StalledError for a name or address that a commit cannot hold."""

    name: str
    email: str

    def __post_init__(self) -> None:
        for text in (self.name, self.email):
            if not text.strip() or not text.isprintable() or set(text) & set("<>"):
                raise errors.StalledError(f"{text!r} cannot be the name or address of a commit's author")


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """What one commit does to its parent: full paths to write with their bytes, and to delete as the tree has them."""

    parent: str | None
    writes: Mapping[str, bytes]
    deletes: tuple[bytes, ...] = ()


def parse(described: bytes) -> tuple[Described, ...]:
    """Return the commits, in the same order, that were printed in `FORMAT`, one a line."""
    return tuple(_parse_line(line) for line in described.decode("utf-8", "replace").split("\n") if line)


def stream(change: Change, *, ref: str, author: Author, now: datetime.datetime, message: str) -> bytes:
    """Return the fast-import stream that makes one commit on *ref* and prints its hash."""
    text = message.strip("\n") + "\n"
    parts = [
        f"commit {ref}\nmark :1\n".encode(),
        f"committer {author.name} <{author.email}> {int(now.timestamp())} +0000\n".encode(),
        _data(text.encode()),
    ]
    if change.parent:
        parts.append(f"from {change.parent}\n".encode())
    parts += [b"D " + _quoted(path) + b"\n" for path in sorted(change.deletes)]
    for path, content in sorted(change.writes.items()):
        parts += [b"M 100644 inline " + _quoted(path.encode()) + b"\n", _data(content)]
    return b"".join([*parts, b"\nget-mark :1\ndone\n"])


def blob_name(content: bytes, *, like: str) -> str:
    """Return the name that Git gives to *content*, in the hash that the name *like* was made with."""
    header = f"blob {len(content)}\0".encode()
    make = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return make(header + content, usedforsecurity=False).hexdigest()


def _parse_line(line: str) -> Described:
    parents, author, *trailers = line.split("\0")
    pairs = (trailer.partition(":") for trailer in trailers)
    found = tuple((key.strip().lower(), value.strip()) for key, colon, value in pairs if colon)
    return Described(tuple(parents.split()), author, found)


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


def _quoted(path: bytes) -> bytes:
    """Quote a path as C does, so that no byte in it can be read as a command."""
    return b'"' + b"".join(_escaped(path)) + b'"'


def _escaped(path: bytes) -> Iterable[bytes]:
    for byte in path:
        is_plain = 0x20 <= byte < 0x7F and byte not in b'"\\'
        yield bytes([byte]) if is_plain else f"\\{byte:03o}".encode()
