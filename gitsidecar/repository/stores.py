"""
A bare repository on disk that holds what was fetched of one branch; it can be thrown away and fetched anew.

The folder holds ``mirror.git``, an empty ``home`` for the git processes and a ``lock``: one process uses it at a time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from gitsidecar import errors
from gitsidecar.repository import branches, commands, faults, pipes, remotes

_T = TypeVar("_T")
ALL = 0x7FFF_FFFF
"""A depth that git reads as the whole history."""
_PACKS_KEPT = 50
_REF_LIST_LIMIT = 16 << 20


class DamagedError(errors.TransientError):
    """The mirror on disk is not what git left there; `Store.healing` fetches it anew."""


class Store:
    """The fetched state of one branch of *remote*; *ref* is its name inside the mirror."""

    def __init__(self, remote: remotes.Remote, *, branch: str, folder: Path, ref: str) -> None:
        self.remote = remote
        self.branch = branches.check_name(branch)
        self.folder = folder.absolute()
        self._ref = ref
        self._mirror = self.folder / "mirror.git"
        self._git = commands.Git(remote, home=self.folder / "home")

    def interrupt(self) -> None:
        """Stop the running command and refuse all later ones; may be called from any thread."""
        self._git.interrupt()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Own the folder while the block runs, with a repository in it and no leftovers of killed commands."""
        with self._locked():
            try:
                self._tidy()
                if not (self._mirror / "HEAD").exists():
                    self.discard()
                yield
            except OSError as error:
                raise self._folder_error(error) from error

    def healing(self, work: Callable[[], _T]) -> _T:
        """Do *work*; where the mirror turns out to be damaged, throw it away and do *work* once more."""
        try:
            return work()
        except DamagedError:
            self.discard()
            return work()

    def discard(self) -> None:
        """Put an empty mirror in the place of whatever is there."""
        if self._mirror.is_dir() and not self._mirror.is_symlink():
            shutil.rmtree(self._mirror)
        else:
            self._mirror.unlink(missing_ok=True)
        made = self._git.run("init", "--quiet", "--bare", "--template=", "--initial-branch=none", str(self._mirror))
        if made.status != 0:
            said = faults.shown(self.remote, made.stderr)
            raise errors.StalledError(f"cannot make a mirror of {self.remote.url} in the folder {self.folder}: {said}")

    def tip(self) -> str | None:
        """Ask the remote for the branch's newest commit, in one round trip; ``None`` when there is no such branch."""
        return self._listed(branches.ref_of(self.branch)).get(branches.ref_of(self.branch))

    def branches(self) -> tuple[str, ...]:
        """Ask the remote for the names of all its branches."""
        prefix = branches.ref_of("")
        return tuple(name.removeprefix(prefix) for name in sorted(self._listed(branches.ref_of("*"))))

    def fetched(self) -> str | None:
        """Return the commit that the last fetch brought, or ``None``."""
        answer = self._run("rev-parse", "--verify", "--quiet", f"{self._ref}^{{commit}}")
        return answer.stdout.decode().strip() if answer.status == 0 else None

    def fetch(self, *, depth: int) -> str:
        """Bring the branch's newest commit and its last *depth* generations, forget older ones, and return it."""
        arguments = ("--quiet", "--no-tags", "--no-write-fetch-head", f"--depth={depth}", "--", self.remote.url)
        answer = self._run("fetch", *arguments, f"+{branches.ref_of(self.branch)}:{self._ref}")
        if answer.status != 0:
            if "couldn't find remote ref" in answer.stderr:
                raise errors.TransientError(f"branch {self.branch} of {self.remote.url} vanished while it was fetched")
            if faults.is_understood(self.remote, answer.stderr):
                raise self.translate(answer, may="read")
            # The remote has just told us its tip, and git names nothing that we know: so it stumbled over the mirror.
            raise self._damaged(faults.shown(self.remote, answer.stderr))
        fetched = self.fetched()
        if fetched is None:
            raise self._damaged("the fetched commit is not there")
        return fetched

    def push(self, commit: str, *, expected: str | None) -> commands.Answer:
        """
        Offer *commit*, a child of *expected*, as the branch's new tip; look at `tip` to see whether it came through.

        The remote takes it only while the branch is at *expected* (``None``: does not exist). Nothing can get lost: the
        lease only adds to what a plain push checks, as the new commit has the expected one as its parent.
        """
        ref = branches.ref_of(self.branch)
        lease = f"--force-with-lease={ref}:{expected or ''}"
        return self._run("push", "--quiet", "--no-verify", lease, "--", self.remote.url, f"{commit}:{ref}")

    def keep(self, commit: str) -> None:
        """Note that the branch is at *commit*, which is in the mirror, so that it need not be fetched."""
        self.ask("update-ref", self._ref, commit)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Say whether *new* is known to build upon *old*; a shallow mirror may not know."""
        return self._run("merge-base", "--is-ancestor", old, new).status == 0

    @property
    def is_shallow(self) -> bool:
        return (self._mirror / "shallow").exists()

    def compact(self) -> None:
        """Drop history that no longer counts, once some dozens of fetches and commits have piled up."""
        if len(list(self._mirror.glob("objects/pack/*.pack"))) > _PACKS_KEPT:
            self.fetch(depth=1)
            try:
                self.ask("gc", "--quiet", "--prune=now")
            except errors.TransientError:
                self.discard()  # too slow or damaged: one more first fetch is as good, and has worked before

    def ask(self, *arguments: str, stdin: bytes = b"", limit: int = commands.OUTPUT_LIMIT) -> bytes:
        """
        Run a command that needs nothing but the mirror, and return what it printed.

        Raises DamagedError when it fails for any reason but a full disk, LimitError beyond *limit* bytes.
        """
        answer = self._run(*arguments, stdin=stdin, limit=limit)
        if answer.status != 0:
            if faults.is_about_the_disk(answer.stderr):
                raise self.translate(answer, may="write")
            raise self._damaged(faults.shown(self.remote, answer.stderr))
        return answer.stdout

    def translate(self, answer: commands.Answer, *, may: str) -> errors.GitsidecarError:
        """Return the error for a command that the remote did not want or could not do."""
        return faults.translate(self.remote, answer.stderr, may=may, folder=self.folder)

    def _run(self, *arguments: str, stdin: bytes = b"", limit: int = commands.OUTPUT_LIMIT) -> commands.Answer:
        return self._git.run(*arguments, repository=self._mirror, stdin=stdin, limit=limit)

    def _listed(self, pattern: str) -> dict[str, str]:
        """Return ref → commit of the remote's refs that match; the mirror is not used, so a fault is the remote's."""
        self.remote.check_files()
        try:
            answer = self._git.run("ls-remote", "--refs", "--", self.remote.url, pattern, limit=_REF_LIST_LIMIT)
        except pipes.LimitError:
            raise errors.StalledError(
                f"{self.remote.url} lists more than {_REF_LIST_LIMIT} bytes of branches"
            ) from None
        if answer.status != 0:
            raise self.translate(answer, may="read")
        pairs = (line.partition("\t") for line in answer.stdout.decode("utf-8", "replace").splitlines())
        return {ref: commit for commit, _, ref in pairs}

    def _damaged(self, said: str) -> DamagedError:
        return DamagedError(
            f"the mirror in {self.folder} is damaged ({said}); it is fetched anew from {self.remote.url}. "
            "If this repeats, check that volume and the remote"
        )

    def _folder_error(self, error: OSError) -> errors.StalledError:
        return errors.StalledError(
            f"cannot use the folder {self.folder} for a mirror of {self.remote.url}: "
            f"{error.strerror or error}: {error.filename or ''}; give us a folder that we may write to"
        )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            (self.folder / "home").mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._folder_error(error) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise errors.TransientError(
                    f"another gitsidecar process is using the folder {self.folder}; give each process its own"
                ) from None
            yield
        finally:
            os.close(descriptor)

    def _tidy(self) -> None:
        """Remove the lock and half-written files of killed commands; while we own the folder, none of them lives."""
        leftovers = [*self._mirror.glob("*.lock"), *self._mirror.glob("refs/**/*.lock")]
        leftovers += self._mirror.glob("objects/pack/tmp_*")
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
