"""
The commits that a revision brought, as far as a shallow mirror can tell them from older ones.

A trailer of one of them may permit what is not done without it, so a commit that may be older does not count.
"""

from __future__ import annotations

import contextlib

from gitsidecar import errors
from gitsidecar.repository import commits, stores

_MOST = 10_000
"""Commits listed of one range, newest first: more than anyone pushes between two reads."""
_DEEPER = 2_000


def brought_by(revision: str, store: stores.Store, *, since: str | None) -> tuple[commits.Described, ...]:
    """
    Return *revision* and, after it, the commits that it has and *since* has not.

    Where *since* is not known to be an ancestor, its first parent takes its place, so that a merge brings the commits
    of what it merged; without that it is alone. The past is fetched where it takes more of it to tell; while that
    cannot be had, what may be older than *since* is left out.
    """
    found = _listed(store, revision, since)
    if _is_cut(found, store):
        # The revision itself has been fetched: a fault of the remote must not keep it from being read.
        with contextlib.suppress(errors.TransientError, errors.StalledError):
            store.fetch(depth=_DEEPER)
        found = _listed(store, revision, since)
    return _listed(store, revision, since, "--ancestry-path") if _is_cut(found, store) else found


def _listed(store: stores.Store, revision: str, since: str | None, *options: str) -> tuple[commits.Described, ...]:
    newest = _described(store, "--max-count=1", revision)
    if since is None or not store.is_ancestor(since, revision):
        since = next(iter(newest[0].parents), None)
    if since is None:
        return newest
    return _described(store, f"--max-count={_MOST}", *options, f"{since}..{revision}")


def _is_cut(found: tuple[commits.Described, ...], store: stores.Store) -> bool:
    """Say whether the list ends where the mirror does: then it may lack commits, or go on into those of *since*."""
    return store.is_shallow and any(not each.parents for each in found)


def _described(store: stores.Store, *wanted: str) -> tuple[commits.Described, ...]:
    printed = store.ask("rev-list", "--no-commit-header", f"--format={commits.FORMAT}", *wanted)
    return commits.parse(printed)
