"""A person's clone of a remote: commit files and push them, by the git command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.support import remotes


class Workbench:
    """
    A clone in *folder* in which a test edits *repository*'s branch, and looks at what others pushed.

    It reaches the repository as a folder, whichever way the program under test does.
    """

    def __init__(self, folder: Path, repository: Path, *, branch: str = "main") -> None:
        self.folder = folder
        self.repository = repository
        self.branch = branch
        remotes.git("init", "--quiet", f"--initial-branch={branch}", str(folder))
        self.git("remote", "add", "origin", str(repository))

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run git in the clone and return what it printed."""
        return remotes.git(*arguments, folder=self.folder, stdin=stdin)

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files by path, or remove those whose content is ``None``, without a commit."""
        for name, content in files.items():
            path = self.folder / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "Change the sets") -> str:
        """Write or remove files, commit everything, push, and return the commit."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.push()

    def push(self, *, force: bool = False) -> str:
        """Push the branch as it is in the clone and return its commit."""
        self.git("push", "--quiet", *(["--force"] if force else []), "origin", f"HEAD:refs/heads/{self.branch}")
        return self.head()

    def head(self) -> str:
        """Return the clone's own newest commit."""
        return self.git("rev-parse", "HEAD")

    def pull(self) -> str:
        """Bring the clone to the remote's state of the branch, dropping everything else, and return its commit."""
        self.git("fetch", "--quiet", "origin", self.branch)
        self.git("reset", "--quiet", "--hard", "FETCH_HEAD")
        return self.head()

    def remote_head(self, branch: str) -> str:
        """Return the remote's newest commit of *branch*, or an empty string when it does not exist."""
        listed = remotes.git("ls-remote", str(self.repository), f"refs/heads/{branch}")
        return listed.partition("\t")[0]

    def show(self, branch: str, path: str) -> str:
        """Return one file of the remote's *branch*."""
        return remotes.git("cat-file", "blob", f"refs/heads/{branch}:{path}", folder=self.repository)

    def names(self, branch: str) -> list[str]:
        """Return the paths of all files of the remote's *branch*."""
        listed = remotes.git("ls-tree", "-r", "-z", "--name-only", f"refs/heads/{branch}", folder=self.repository)
        return [name for name in listed.split("\0") if name]

    def log(self, branch: str, pattern: str = "%s") -> list[str]:
        """Return one line for each commit of the remote's *branch*, newest first, in git's *pattern*."""
        return remotes.git("log", f"--format={pattern}", f"refs/heads/{branch}", folder=self.repository).splitlines()

    def blob(self, content: bytes) -> str:
        """Store *content* in the clone and return its name, for trees made by hand."""
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """Store a tree of (mode, name, object) with any names at all, as git itself would never write it."""
        raw = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(blob) for mode, name, blob in entries)
        return self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw)

    def commit_tree(self, tree: str, message: str = "Craft a tree") -> str:
        """Commit *tree* on the clone's head, push it, and return the commit."""
        commit = self.git("commit-tree", tree, "-p", "HEAD", "-m", message)
        self.git("push", "--quiet", "origin", f"{commit}:refs/heads/{self.branch}")
        return commit
