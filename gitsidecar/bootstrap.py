"""Joins settings, adapters and daemon; holds the one wall clock and the process's signals."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import datetime
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from gitsidecar import errors
from gitsidecar.cluster import clusters, configurations, feeds
from gitsidecar.daemon import daemons
from gitsidecar.reconciler import reconcilers
from gitsidecar.repository import mirrors, remotes, statuses
from gitsidecar.settings import configs, loading
from gitsidecar.telemetry import logs, metrics, probes

_log = structlog.get_logger("gitsidecar")
_GRACE = 7.0  # seconds for the requests in hand and the last commit: SIGTERM is obeyed within 10
_HUNG = 300.0  # seconds that a pass may take; after that the kubelet shall restart us


class WallClock:
    """The real time."""

    def now(self) -> datetime.datetime:
        """Return the current time in UTC."""
        return datetime.datetime.now(datetime.UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds*."""
        await asyncio.sleep(seconds)


def read_settings(file: Path) -> configs.GitsidecarConfig:
    """Return the settings of *file* and of this process's environment. Raises StalledError for unusable ones."""
    config = loading.load(file, os.environ)
    # Addresses and names are checked where they are used; making what uses them opens nothing.
    mirror_of(config)
    status_branch_of(config, WallClock())
    return config


def configure_logs(config: configs.GitsidecarConfig) -> None:
    """Send log lines where and as the settings say."""
    logs.configure(logs.Style(config.log.style), level=config.log.level)


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


def status_branch_of(config: configs.GitsidecarConfig, clock: WallClock) -> statuses.GitStatusBranch:
    """Return the status branch."""
    return statuses.GitStatusBranch(
        remote_of(config),
        branch=config.status_branch,
        folder=config.repository.folder / "status",
        prefix=config.status.path,
        author_name=config.status.author_name,
        author_email=config.status.author_email,
        random=random.Random(),  # noqa: S311  # spreads retries, guards nothing
        now=clock.now,
    )


def cluster_of(config: configs.GitsidecarConfig) -> clusters.KubernetesCluster:
    """Return the cluster; nothing is opened before it is started."""
    target = configurations.Target(config.cluster.kubeconfig, config.cluster.context)
    return clusters.connect(target, rhythm=feeds.Rhythm(page_size=config.cluster.page_size))


@contextlib.contextmanager
def world_of(config: configs.GitsidecarConfig) -> Iterator[tuple[reconcilers.World, clusters.KubernetesCluster]]:
    """Join the adapters; when the block ends, a Git command that still runs is stopped."""
    clock, cluster = WallClock(), cluster_of(config)
    source, branch = mirror_of(config), status_branch_of(config, clock)
    git = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="git")
    try:
        yield reconcilers.World(source, branch, cluster, clock, git), cluster
    finally:
        source.interrupt()
        branch.interrupt()
        git.shutdown(wait=True, cancel_futures=True)


async def serve(file: Path, config: configs.GitsidecarConfig) -> None:
    """
    Run the daemon until SIGTERM or SIGINT. SIGHUP reads *file* again and starts anew with what it says.

    Settings that cannot be used are told in the log, and change nothing: also those that only a start shows to be so.
    Raises StalledError before the first pass when something that only a person can mend keeps the daemon from starting.
    """
    good: configs.GitsidecarConfig | None = None
    newest: configs.GitsidecarConfig | None = config
    with _Orders(lambda: read_settings(file)).heard() as orders:
        while newest is not None:
            configure_logs(newest)
            try:
                await _run_service(newest, orders)
            except errors.StalledError as error:
                if good is None:
                    raise
                _log.error("settings.refused", reason=str(error), note="the settings before are in force again")
                newest, good = good, None
            else:
                newest, good = orders.take(), newest
                _log.info("daemon.ended" if newest is None else "daemon.restarts_with_new_settings")


async def run_once(config: configs.GitsidecarConfig) -> reconcilers.Pass:
    """Fetch, run one pass, and record it whatever the interval; raises as `Reconciler.run_pass` and `poll`."""
    with world_of(config) as (world, cluster):
        reconciler = _reconciler(world, config)
        try:
            await cluster.start(lambda: None)
            await reconciler.poll()
            return await reconciler.run_pass(daemons.pass_id(world.clock.now()))
        finally:
            await cluster.close()


def _reconciler(world: reconcilers.World, config: configs.GitsidecarConfig) -> reconcilers.Reconciler:
    options = reconcilers.Options(
        config.cluster.name,
        writes_in_flight=config.limits.writes_in_flight,
        status_interval=config.status.interval,
    )
    return reconcilers.Reconciler(world, options)


class _Orders:
    """
    What signals have asked for: to end, or to go on with other settings.

    They are heard from the first start to the end, also between two: a second SIGHUP would else kill the process.
    """

    def __init__(self, read_again: Callable[[], configs.GitsidecarConfig]) -> None:
        self.came = asyncio.Event()
        self._read_again = read_again
        self._settings: configs.GitsidecarConfig | None = None
        self._is_ending = False

    @contextlib.contextmanager
    def heard(self) -> Iterator[_Orders]:
        """Listen to signals while the block runs."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._end)
        loop.add_signal_handler(signal.SIGINT, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        try:
            yield self
        finally:
            for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(each)

    def take(self) -> configs.GitsidecarConfig | None:
        """Return the settings to go on with, or ``None`` to end."""
        settings, self._settings = self._settings, None
        if self._is_ending:
            return None
        self.came.clear()
        return settings

    def _end(self) -> None:
        self._is_ending = True
        self.came.set()

    def _reload(self) -> None:
        try:
            self._settings = self._read_again()
        except errors.StalledError as error:
            _log.error("settings.refused", reason=str(error), note="the settings in force stay in force")
            return
        self.came.set()


async def _run_service(config: configs.GitsidecarConfig, orders: _Orders) -> None:
    """Run one daemon with its probes until an order comes."""
    with world_of(config) as (world, cluster):
        pace = daemons.Pace(
            poll=config.repository.poll_interval,
            jitter=config.repository.poll_interval / 10,
            coalesce=config.limits.coalesce,
        )
        measured = metrics.Metrics()
        daemon = daemons.Daemon(_reconciler(world, config), cluster, world.clock, pace, measured)
        probing = probes.serving(
            config.probes.address,
            is_healthy=lambda: daemon.complaint(time.monotonic(), longest=_HUNG),
            is_ready=lambda: daemon.trouble,
            registry=measured.registry,
        )
        async with probing as port:
            _log.info("daemon.started", probes=port, cluster=config.cluster.name, branch=config.status_branch)
            await _run_until(orders.came, daemon)


async def _run_until(came: asyncio.Event, daemon: daemons.Daemon) -> None:
    running = asyncio.create_task(daemon.run())
    ending = asyncio.create_task(came.wait())
    try:
        await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            daemon.stop()
            await asyncio.wait({running}, timeout=_GRACE)
    finally:
        ending.cancel()
        if not running.done():
            _log.error("daemon.cut_off", reason=f"the action in hand did not end within {_GRACE:g} s")
            running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
