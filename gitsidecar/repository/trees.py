"""
What a revision holds, as ``git ls-tree`` lists it: which files are manifests, and which are refused and why.

A tree is whatever somebody pushed. Git's own commands keep ``..`` and odd names out of it, a hand-made tree does not;
nothing here touches a file system, and names that could mislead whoever reads them are refused.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Iterator

from gitsidecar import errors
from gitsidecar.model import findings
from gitsidecar.repository import stores

_SUFFIXES = (b".yaml", b".yml", b".json")
_LINK, _SUBMODULE = "120000", "160000"
FILES = ("100644", "100755", "100664")
_TWICE = "the tree holds this name twice; push it again with an ordinary git"


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """How much is read of one revision, in bytes and files; the listing tells before any content is read."""

    file_bytes: int = 1 << 20
    files: int = 10_000
    total_bytes: int = 64 << 20
    listing_bytes: int = 64 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing; *path* is as the tree has it, *size* is -1 for what is not a file or link."""

    mode: str
    blob: str
    size: int
    path: bytes

    @property
    def shown(self) -> str:
        """Return the path as text that may be shown: what is not printable UTF-8 is escaped."""
        text = self.path.decode("utf-8", "backslashreplace")
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

    @property
    def is_plain(self) -> bool:
        """Say whether `shown` is the path itself, and a safe one."""
        return is_safe(self.shown) and self.shown.encode() == self.path


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """The manifests of a listing by path, in order, and what was refused."""

    files: tuple[tuple[str, Entry], ...]
    refused: tuple[findings.Finding, ...]


def parse(listing: bytes) -> Iterator[Entry]:
    """Read the output of ``ls-tree -r -z -l``; raises DamagedError when git could not tell a size."""
    for line in listing.split(b"\0"):
        if not line:
            continue
        head, _, path = line.partition(b"\t")
        mode, _, blob, size = head.decode("ascii").split()
        if not (size == "-" or size.isdigit()):
            raise stores.DamagedError(f"the mirror lacks the content of {path!r}")
        yield Entry(mode, blob, -1 if size == "-" else int(size), path)


def choose(entries: Iterable[Entry], *, folder: str, limits: Limits) -> Choice:
    """
    Tell the manifests under *folder* (empty: everywhere) from what is refused and what is none of our business.

    Files and folders whose name begins with a dot are none of it. Raises StalledError when there is too much.
    """
    wanted = [entry for entry in entries if _is_wanted(entry, folder)]
    times = collections.Counter(entry.path for entry in wanted)
    chosen: dict[str, Entry] = {}
    refused: list[findings.Finding] = []
    for entry in wanted:
        fault = _TWICE if times[entry.path] > 1 else _fault(entry, limits)
        if fault is None:
            chosen[entry.shown] = entry
        else:
            refused.append(findings.Finding(entry.shown, 0, 0, "", fault))
    _check_amount(chosen, limits)
    return Choice(tuple(sorted(chosen.items())), tuple(sorted(set(refused))))


def is_safe(path: str) -> bool:
    """Say whether *path* is relative, printable, and stays where it says it is."""
    parts = path.split("/")
    return path.isprintable() and "\\" not in path and not any(part in ("", ".", "..", ".git") for part in parts)


def clean_folder(path: str) -> str:
    """Return *path* without slashes at its ends; raise StalledError when it is not a folder inside a repository."""
    cleaned = path.strip("/")
    if cleaned in ("", "."):
        return ""
    if not is_safe(cleaned):
        raise errors.StalledError(f"{path!r} is not a folder inside the repository; write it as in `git ls-tree -d`")
    return cleaned


def _is_wanted(entry: Entry, folder: str) -> bool:
    """Say whether *entry* is a manifest below *folder*, or something that could hold or hide manifests."""
    prefix = f"{folder}/".encode() if folder else b""
    if not entry.path.startswith(prefix):
        return False
    parts = entry.path.removeprefix(prefix).split(b"/")
    if any(part.startswith(b".") and part not in (b".", b"..") for part in parts):
        return False
    has_suffix = parts[-1].lower().endswith(_SUFFIXES)
    if entry.mode == _LINK:
        return has_suffix or b"." not in parts[-1]  # without a dot it may lead to a folder
    return has_suffix or entry.mode == _SUBMODULE


def _fault(entry: Entry, limits: Limits) -> str | None:
    """Return why *entry* is refused, or ``None``."""
    if entry.mode == _SUBMODULE:
        return "submodules are not followed; put the files themselves into this repository"
    if entry.mode == _LINK:
        return "links are not followed; put the file or folder itself there"
    if not entry.is_plain:
        return "the name leads elsewhere, is not UTF-8 or holds characters that cannot be shown; rename the file"
    if entry.mode not in FILES:
        return f"the tree calls this {entry.mode}, which is no kind of file; push it again with an ordinary git"
    if entry.size > limits.file_bytes:
        return f"{entry.size} bytes are more than the {limits.file_bytes} that are read of one file; split it"
    return None


def _check_amount(chosen: dict[str, Entry], limits: Limits) -> None:
    total = sum(entry.size for entry in chosen.values())
    if len(chosen) > limits.files or total > limits.total_bytes:
        raise errors.StalledError(
            f"the source branch holds {len(chosen)} manifest files with {total} bytes; {limits.files} files and "
            f"{limits.total_bytes} bytes are the most that is read. Set repository.path to the folder with the "
            "sets"
        )
