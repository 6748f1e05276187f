"""The process: one daemon with its probes after another, and the signals that end it or give it other settings."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from gitsidecar import errors
from gitsidecar.bootstrap import dashboards, notices, receivers, webhooks, worlds
from gitsidecar.daemon import daemons
from gitsidecar.dashboard import sights
from gitsidecar.reconciler import reconcilers
from gitsidecar.settings import configs
from gitsidecar.telemetry import logs, metrics, probes

_log = structlog.get_logger("gitsidecar")
_GRACE = 7.0  # seconds for the requests in hand and the last commit: SIGTERM is obeyed within 10
_HUNG = 300.0  # seconds that a pass may take; after that the kubelet shall restart us


def configure_logs(config: configs.GitsidecarConfig) -> None:
    """Send log lines where and as the settings say."""
    logs.configure(logs.Style(config.log.style), level=config.log.level)


async def serve(file: Path, config: configs.GitsidecarConfig, *, is_following: bool = False) -> None:
    """
    Run the daemon until SIGTERM or SIGINT. SIGHUP reads *file* again and starts anew with what it says.

    One that *is_following* serves the webhook, whatever the settings say, and writes nothing to pods or Git.

    Settings that cannot be used are told in the log, and change nothing: also those that only a start shows to be so.
    Raises StalledError before the first pass when something that only a person can mend keeps the daemon from starting.
    """
    good: configs.GitsidecarConfig | None = None
    newest: configs.GitsidecarConfig | None = config
    with _Orders(lambda: worlds.read_settings(file)).heard() as orders:
        while newest is not None:
            configure_logs(newest)
            try:
                await _run_service(newest, orders, is_following=is_following)
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
    with worlds.joined(config) as joined:
        telling = notices.Notices(config, joined.world.clock)
        reconciler = reconcilers.Reconciler(joined.world, _options(config), summed=telling.note)
        async with telling.running(lambda *_: None):
            try:
                await joined.world.cluster.start(lambda: None)
                await reconciler.poll()
                return await reconciler.run_pass(daemons.pass_id(joined.world.clock.now()))
            finally:
                await joined.world.cluster.close()


def _options(config: configs.GitsidecarConfig, *, is_following: bool = False) -> reconcilers.Options:
    return reconcilers.Options(
        config.cluster.name,
        writes_in_flight=config.limits.writes_in_flight,
        status_interval=config.status.interval,
        is_following=is_following,
        spared_namespaces=webhooks.spared_namespaces(config.webhook),
        web=worlds.web_of(config),
    )


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


async def _run_service(config: configs.GitsidecarConfig, orders: _Orders, *, is_following: bool) -> None:
    """Run one daemon with its probes, and its webhook if there is one, until an order comes."""
    with worlds.joined(config) as joined:
        world, measured = joined.world, metrics.Metrics()
        is_serving = is_following or config.webhook.enabled
        webhook = webhooks.Webhook(config, now=world.clock.now) if is_serving else None
        planned = webhook.note if webhook is not None else lambda *_: None
        telling = notices.Notices(config, world.clock)
        summed = telling.note if not is_following else lambda *_: None  # each follower would tell it again
        options = _options(config, is_following=is_following)
        reconciler = reconcilers.Reconciler(
            world, options, planned=planned, summed=summed, silence=webhook.silence if webhook is not None else str
        )
        memory = sights.Memory(config.cluster.name)
        daemon = daemons.Daemon(reconciler, world.cluster, world.clock, _pace(config), measured, passed=memory.note)
        probing = probes.serving(
            config.probes.address,
            is_healthy=lambda: daemon.complaint(time.monotonic(), longest=_HUNG),
            # Who is not ready gets no reviews, and those can be answered also while Git is away.
            is_ready=lambda: daemon.trouble if webhook is None else webhook.trouble,
            registry=measured.registry,
        )
        async with contextlib.AsyncExitStack() as stack:
            ports = {"probes": await stack.enter_async_context(probing)}
            if webhook is not None:
                ports["webhook"] = await stack.enter_async_context(webhook.serving(measured))
            if not is_following:
                await stack.enter_async_context(telling.running(measured.count_notice))
                receiving = receivers.serving(config, daemon.ask_poll, measured.count_hook, now=world.clock.now)
                ports |= await stack.enter_async_context(receiving)
                shown = dashboards.serving(config.dashboard, memory, lambda: daemon.trouble)
                ports |= await stack.enter_async_context(shown)
            _log.info("daemon.started", **ports, cluster=config.cluster.name, branch=config.status_branch)
            beside = webhook.tasks if webhook is not None else ()
            await _run_until(orders.came, daemon, joined.stop_fetching, beside=beside)


def _pace(config: configs.GitsidecarConfig) -> daemons.Pace:
    poll = config.repository.poll_interval
    return daemons.Pace(poll=poll, jitter=poll / 10, coalesce=config.limits.coalesce)


async def _run_until(
    came: asyncio.Event,
    daemon: daemons.Daemon,
    stop_fetching: Callable[[], None],
    *,
    beside: tuple[asyncio.Task[None], ...],
) -> None:
    """Run *daemon* until an order *came*, or one of the tasks *beside* it ends, which only a bug does."""
    running = asyncio.create_task(daemon.run())
    ending = asyncio.create_task(came.wait())
    try:
        await asyncio.wait({running, ending, *beside}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            daemon.stop()
            stop_fetching()  # one Git command at a time: the last commit must not queue behind a fetch that hangs
            await asyncio.wait({running}, timeout=_GRACE)
    finally:
        ending.cancel()
        if not running.done():
            _log.error("daemon.cut_off", reason=f"the action in hand did not end within {_GRACE:g} s")
            running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    for task in beside:
        if task.done():
            task.result()
