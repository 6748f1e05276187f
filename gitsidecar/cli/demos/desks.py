"""The person in the demo: a bare remote in a folder, and a clone of it in which they commit and push."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gitsidecar import errors
from gitsidecar.repository import commands, remotes

BRANCH = "main"


class Desk:
    """A platform engineer's clone. Calls block for some ten milliseconds each."""

    def __init__(self, folder: Path) -> None:
        """Sit down at the remote and the clone in *folder*; `set_up` makes them."""
        self.remote = remotes.Remote(url=str(folder / "remote.git"))
        self._clone = folder / "clone"
        self._home = folder / "home"
        self._git = commands.Git(self.remote, home=self._home)

    def set_up(self) -> None:
        """Make the bare remote, and the clone with a first commit in it."""
        for each in (self._home, self._clone):
            each.mkdir(parents=True)
        self._run("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", self.remote.url)
        self._run("init", "--quiet", f"--initial-branch={BRANCH}", str(self._clone))
        self._in_clone("remote", "add", "origin", self.remote.url)
        self.push({"README.md": "The SidecarSets of this company.\n"}, "Begin")

    def push(self, content: Mapping[str, str], message: str) -> str:
        """Write files into the clone, commit and push them, and return the commit."""
        for path, text in content.items():
            file = self._clone / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self._in_clone("add", "--all")
        author = ("-c", "user.name=Ada Platform", "-c", "user.email=ada@example.com")
        self._in_clone("commit", "--quiet", f"--message={message}", options=author)
        self._in_clone("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
        return self._in_clone("rev-parse", "HEAD").strip()

    def pull(self, branch: str, *, into: Path) -> None:
        """Check out *branch* of the remote in a clone of its own."""
        self._run("clone", "--quiet", f"--branch={branch}", self.remote.url, str(into))

    def log(self, branch: str) -> str:
        """Return ``git log --stat`` of a branch of the remote, oldest first."""
        return self._run("log", "--reverse", "--stat=100", "--format=%h %s", branch, repository=Path(self.remote.url))

    def _in_clone(self, *arguments: str, options: tuple[str, ...] = ()) -> str:
        where = (f"--work-tree={self._clone}", *options)
        return self._run(*where, *arguments, repository=self._clone / ".git")

    def _run(self, *arguments: str, repository: Path | None = None) -> str:
        answer = self._git.run(*arguments, repository=repository)
        if answer.status:
            raise errors.StalledError(f"git {' '.join(arguments)} failed: {answer.stderr.strip()}")
        return answer.stdout.decode("utf-8", "replace")
