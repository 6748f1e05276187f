"""Somebody's clone on this machine, read and never written: which commit a name means, and the manifests there."""

from __future__ import annotations

import contextlib
import difflib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gitsidecar import errors
from gitsidecar.model import files
from gitsidecar.repository import commands, commits, faults, remotes, revisions, stores, trees

_MOST_COMMITS = 10_000
_SHOWN = 3


class UnknownRefError(errors.StalledError):
    """A name of which the clone knows no commit."""


class NoRepositoryError(errors.StalledError):
    """The folder is no Git repository, nor a folder in one."""


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Clone]:
    """Give the clone that *folder* is, or is in, while the block runs."""
    with tempfile.TemporaryDirectory(prefix="gitsidecar-") as scratch:
        home = Path(scratch) / "home"
        home.mkdir()
        yield Clone(folder, home=home)


class Clone:
    """
    One clone; *home* is an empty folder that takes a user's place.

    A name, a ref or any other way that Git knows to spell a commit, is made a hash first, and only hashes go into the
    commands after that. Raises NoRepositoryError where there is no clone.
    """

    def __init__(self, folder: Path, *, home: Path) -> None:
        self._folder = folder.absolute()
        self._remote = remotes.Remote(self._folder.as_uri())
        self._git = commands.Git(self._remote, home=home)
        self._repository = self._find()

    def resolve(self, ref: str) -> str:
        """Return the commit that *ref* names; raises UnknownRefError, with names that may have been meant."""
        if not ref or ref.startswith("-") or not ref.isprintable():
            raise UnknownRefError(f"{ref!r} cannot be the name of a commit")
        answer = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if answer.status == 0:
            return answer.stdout.decode("ascii", "replace").strip()
        raise UnknownRefError(f"{ref!r} is no commit in {self._folder}: {self._hint(ref)}")

    def merge_base(self, base: str, head: str) -> str:
        """Return the commit from which *head* goes its own way, as pull requests are compared; both are hashes."""
        answer = self._run("merge-base", base, head)
        if answer.status == 0:
            return answer.stdout.decode("ascii", "replace").split()[0]
        if answer.status != 1:
            raise self._damaged(faults.shown(self._remote, answer.stderr))
        is_shallow = self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        why = (
            "the clone is shallow: fetch all of the history (git fetch --unshallow, or fetch-depth: 0 of the checkout)"
            if is_shallow
            else "their histories have no commit in common"
        )
        raise errors.StalledError(f"cannot tell where {head[:12]} parted from {base[:12]} in {self._folder}: {why}")

    def read(self, revision: str, *, path: str = "", since: str = "") -> files.Tree:
        """
        Return the manifests of *revision* below *path*, with the trailers of all commits since *since*.

        Both are full hashes; without *since* there are no trailers.
        """
        folder = trees.clean_folder(path)
        try:
            content = revisions.read(self, revision, folder=folder, limits=trees.Limits())
            described = self._described(f"{since}..{revision}") if since else ()
        except stores.DamagedError as error:
            raise self._damaged(str(error)) from error
        trailers = tuple(dict.fromkeys(pair for each in described for pair in each.trailers))
        return files.Tree(revision, content.files, content.refused, trailers)

    def ask(self, *arguments: str, stdin: bytes = b"", limit: int = commands.OUTPUT_LIMIT) -> bytes:
        """Run a command that only reads, and return what it printed; raises DamagedError when it fails."""
        answer = self._run(*arguments, stdin=stdin, limit=limit)
        if answer.status != 0:
            raise stores.DamagedError(faults.shown(self._remote, answer.stderr))
        return answer.stdout

    def _find(self) -> Path:
        answer = self._git.run("-C", str(self._folder), "rev-parse", "--absolute-git-dir")
        if answer.status == 0:
            return Path(answer.stdout.decode("utf-8", "surrogateescape").rstrip("\n"))
        if faults.is_understood(self._remote, answer.stderr):
            raise faults.translate(self._remote, answer.stderr, may="read", folder=self._folder)
        said = faults.shown(self._remote, answer.stderr)
        raise NoRepositoryError(f"{self._folder} is not in a Git repository ({said}); name a clone")

    def _described(self, span: str) -> tuple[commits.Described, ...]:
        limit = f"--max-count={_MOST_COMMITS}"
        return commits.parse(self.ask("rev-list", "--no-commit-header", f"--format={commits.FORMAT}", limit, span))

    def _hint(self, ref: str) -> str:
        """Say which names are there that are like *ref*; pipelines often have a branch as ``origin/<name>`` only."""
        listed = self._run("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
        names = listed.stdout.decode("utf-8", "replace").split()
        same = [name for name in names if name.endswith(f"/{ref}")]
        near = list(dict.fromkeys((*same, *difflib.get_close_matches(ref, names, n=_SHOWN))))[:_SHOWN]
        return f"did you mean {' or '.join(near)}?" if near else "fetch it first, or write its hash in full"

    def _damaged(self, said: str) -> errors.StalledError:
        return errors.StalledError(
            f"the clone in {self._folder} lacks a part of what is to be read ({said}); clone it whole, without --filter"
        )

    def _run(self, *arguments: str, stdin: bytes = b"", limit: int = commands.OUTPUT_LIMIT) -> commands.Answer:
        return self._git.run(*arguments, repository=self._repository, stdin=stdin, limit=limit)
