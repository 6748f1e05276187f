"""The settings as what they stand for: the remote's two branches, the cluster, and all of them joined."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from gitsidecar import errors
from gitsidecar.bootstrap import clocks
from gitsidecar.cluster import clusters, configurations, feeds
from gitsidecar.model import reports
from gitsidecar.reconciler import reconcilers
from gitsidecar.repository import diaries, mirrors, origins, remotes, statuses, webs
from gitsidecar.settings import configs, loading


def read_settings(file: Path) -> configs.GitsidecarConfig:
    """Return the settings of *file* and of this process's environment. Raises StalledError for unusable ones."""
    config = loading.load(file, os.environ)
    # Addresses and names are checked where they are used; making what uses them opens nothing.
    mirror_of(config)
    status_branch_of(config)
    if config.status_branch == config.repository.branch:
        raise errors.StalledError(
            f"status.branch and repository.branch are both {config.status_branch}: each record would be a new revision "
            "of the SidecarSets; name another branch, or leave status.branch out"
        )
    return config


def remote_of(config: configs.GitsidecarConfig) -> remotes.Remote:
    """Return the remote that the settings name. Raises StalledError for one that cannot be used."""
    repository, credentials = config.repository, config.repository.credentials
    remote = remotes.Remote(
        url=repository.url,
        username=credentials.username,
        token_file=credentials.token_file,
        ssh_key_file=credentials.ssh_key_file,
        known_hosts_file=credentials.known_hosts_file,
        ca_file=credentials.ca_file,
        timeout=repository.timeout,
    )
    if remote.scheme == "http" and not repository.allow_insecure_http:
        raise errors.StalledError(
            f"{remote.url} is not encrypted: a token would travel in the open; use https://, or set "
            "repository.allowInsecureHttp: true if that is what you want"
        )
    return remote


def mirror_of(config: configs.GitsidecarConfig) -> mirrors.Mirror:
    """Return the mirror of the source branch."""
    return mirrors.Mirror(
        remote_of(config),
        branch=config.repository.branch,
        folder=config.repository.folder / "source",
        path=config.repository.path,
        on_rewrite="accept" if config.repository.rewritten_history == "Accept" else "halt",
    )


def status_branch_of(config: configs.GitsidecarConfig) -> statuses.GitStatusBranch:
    """Return the status branch."""
    return statuses.GitStatusBranch(
        remote_of(config),
        branch=config.status_branch,
        folder=config.repository.folder / "status",
        prefix=config.status.path,
        author_name=config.status.author_name,
        author_email=config.status.author_email,
        random=random.Random(),  # noqa: S311  # spreads retries, guards nothing
        now=clocks.WallClock().now,
    )


def diary_of(config: configs.GitsidecarConfig) -> diaries.StatusDiary:
    """Return the past of the status branch; its mirror is its own, so that it can be read beside a running daemon."""
    folder = config.repository.folder / "log" / "status"
    return diaries.StatusDiary(remote_of(config), branch=config.status_branch, folder=folder, prefix=config.status.path)


def origins_of(config: configs.GitsidecarConfig) -> origins.Origins:
    """Return who made the commits of the source branch."""
    folder = config.repository.folder / "log" / "source"
    return origins.Origins(remote_of(config), branch=config.repository.branch, folder=folder)


def web_of(config: configs.GitsidecarConfig) -> reports.Web:
    """Return where people look at the source branch, as far as its address tells."""
    return webs.web_of(remote_of(config), config.repository.branch)


def target_of(config: configs.GitsidecarConfig) -> configurations.Target:
    """Return where the API server is and who we are there."""
    return configurations.Target(config.cluster.kubeconfig, config.cluster.context)


def cluster_of(config: configs.GitsidecarConfig) -> clusters.KubernetesCluster:
    """Return the cluster; nothing is opened before it is started."""
    return clusters.connect(target_of(config), rhythm=feeds.Rhythm(page_size=config.cluster.page_size))


@dataclasses.dataclass(frozen=True, slots=True)
class Joined:
    """The adapters as a reconciler sees them, and the call that ends a fetch which still runs, and all later ones."""

    world: reconcilers.World
    stop_fetching: Callable[[], None]


@contextlib.contextmanager
def joined(config: configs.GitsidecarConfig) -> Iterator[Joined]:
    """Join the adapters; when the block ends, a Git command that still runs is stopped."""
    clock, cluster = clocks.WallClock(), cluster_of(config)
    source, branch = mirror_of(config), status_branch_of(config)
    git = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="git")
    try:
        yield Joined(reconcilers.World(source, branch, cluster, clock, git), source.interrupt)
    finally:
        source.interrupt()
        branch.interrupt()
        git.shutdown(wait=True, cancel_futures=True)
