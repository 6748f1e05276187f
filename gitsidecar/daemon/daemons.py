"""The loop that turns polls, pod events and repeats into passes, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime
import time
from collections.abc import Callable

import structlog
from apscheduler import events
from apscheduler.schedulers import asyncio as schedulers

from gitsidecar import errors, ports
from gitsidecar.daemon import telling
from gitsidecar.reconciler import reconcilers
from gitsidecar.telemetry import metrics

_log = structlog.get_logger("gitsidecar")
_LONGEST_BACK_OFF = 60.0
_IDLE = (
    4.0  # times as long as a pass has reckoned: in a large, busy cluster passes take a fifth of a core, not all of it
)


@dataclasses.dataclass(frozen=True, slots=True)
class Pace:
    """
    How often things happen, in seconds: a poll every `poll` ± `jitter`, a pass at most every `coalesce`.

    A poll that is asked for comes at once, but at most every `asked`. Polls on time count real time, and all else the
    clock's, which is the same except in a simulation.
    """

    poll: float = 30.0
    jitter: float = 3.0
    coalesce: float = 0.5
    asked: float = 2.0


def pass_id(now: datetime.datetime) -> str:
    """Return the name of a pass that begins at *now*, as the log and the status branch's commits give it."""
    return now.strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"


class Daemon:
    """Runs passes until it is told to stop. *passed* hears of every whole pass."""

    def __init__(
        self,
        reconciler: reconcilers.Reconciler,
        cluster: ports.Cluster,
        clock: ports.Clock,
        pace: Pace,
        measured: metrics.Metrics,
        *,
        passed: Callable[[reconcilers.Pass], None] = lambda _: None,
    ) -> None:
        self._reconciler = reconciler
        self._cluster = cluster
        self._clock = clock
        self._pace = pace
        self._metrics = measured
        self._passed = passed
        self._asked = asyncio.Event()  # one slot: many asks, one pass, none lost
        self._poll_asked = asyncio.Event()  # likewise
        self._polling = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._alarm: asyncio.Task[None] | None = None
        self._failures = 0
        self._began: float | None = None
        self._worked = 0.0
        self._polls_failed = False
        self._crash: BaseException | None = None
        self._trouble = {"poll": "the source branch has not been read yet", "pass": "no pass has ended yet"}
        self._teller = telling.Teller()

    @property
    def trouble(self) -> str:
        """Return why the daemon does not do its work at the moment, in words; empty when it does."""
        return "; ".join(dict.fromkeys(words for words in self._trouble.values() if words))

    def complaint(self, now: float, *, longest: float) -> str:
        """Say whether a pass hangs: at *now* (monotonic seconds) it has run for more than *longest* seconds."""
        is_hung = self._began is not None and now - self._began > longest
        return f"a pass has not ended for more than {longest:g} s" if is_hung else ""

    def ask(self) -> None:
        """Ask for a pass soon."""
        self._asked.set()

    def ask_poll(self) -> None:
        """Ask for a look at the remote now, and for a pass if there is anything new."""
        self._poll_asked.set()

    def stop(self) -> None:
        """Finish the requests in hand, say what was done, and return from `run`."""
        self._reconciler.stop_sending()
        self._stopping.set()
        self._asked.set()

    async def run(self) -> None:
        """Watch, poll and run passes until `stop`. Raises BugError and whatever else nobody expected."""
        scheduler = schedulers.AsyncIOScheduler(timezone=datetime.UTC)
        answering: asyncio.Task[None] | None = None
        try:
            await self._cluster.start(self.ask)
            await self._poll()
            # Late is better than never: a missed poll runs once, whenever the loop is free again.
            every = {"seconds": self._pace.poll, "jitter": self._pace.jitter or None}
            scheduler.add_listener(self._note_crash, events.EVENT_JOB_ERROR)
            scheduler.add_job(
                self._poll_on_time, "interval", **every, misfire_grace_time=None, coalesce=True, max_instances=1
            )
            scheduler.start()
            answering = asyncio.create_task(self._poll_when_asked())
            await self._run_passes()
            if self._crash is not None:
                raise self._crash
            await self._flush()
        finally:
            if scheduler.running:
                scheduler.shutdown(wait=False)
            if answering is not None:
                answering.cancel()
            self._set_alarm(None)
            await self._cluster.close()

    async def _run_passes(self) -> None:
        while not self._stopping.is_set():
            await self._asked.wait()
            if self._stopping.is_set():
                return
            self._asked.clear()
            wait = await self._run_pass() if self._reconciler.may_run else 0.0
            await self._pause(max(wait, self._pace.coalesce, _IDLE * self._worked))

    async def _run_pass(self) -> float:
        """Run one pass and return the seconds for which there must be no other, whoever asks."""
        name = pass_id(self._clock.now())
        self._began = time.monotonic()
        self._set_alarm(None)
        failure: errors.TransientError | errors.StalledError | None
        try:
            done = await self._reconciler.run_pass(name)
        except (errors.TransientError, errors.StalledError) as error:
            failure = error
        else:
            failure = done.failure
            self._note_pass(done)
        finally:
            self._began = None
            self._teller.tell_problems(self._reconciler.problems)
        return self._note_failure(failure, name)

    async def _poll_on_time(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):  # the scheduler's own end, which it would log as a crash
            await self._poll()

    async def _poll_when_asked(self) -> None:
        while True:
            await self._poll_asked.wait()
            self._poll_asked.clear()
            try:
                await self._poll()
            except Exception as bug:  # noqa: BLE001  # as one in a poll on time: `run` raises it
                self._crash = bug
                self.stop()
                return
            await self._clock.sleep(self._pace.asked)

    async def _poll(self) -> None:
        async with self._polling:  # one that was asked for must not be answered by a fetch that began before the push
            await self._poll_once()

    async def _poll_once(self) -> None:
        try:
            is_new = await self._reconciler.poll()
        except (errors.TransientError, errors.StalledError) as error:
            if self._stopping.is_set():
                return  # we have interrupted it ourselves
            if isinstance(error, errors.StalledError) and self._trouble["poll"] != str(error):
                self.ask()  # the status shall say so
            self._trouble["poll"] = str(error)
            self._polls_failed = True
            _log.error("poll.failed", reason=str(error), kind=type(error).__name__)
            return
        has_recovered, self._trouble["poll"] = bool(self._trouble["poll"]), ""
        self._metrics.note_poll(self._clock.now())
        if has_recovered and self._polls_failed:
            _log.info("poll.recovered", revision=self._reconciler.revision)
        self._polls_failed = False
        if is_new:
            _log.info("poll.new_revision", revision=self._reconciler.revision)
        if is_new or has_recovered:
            self.ask()

    def _note_crash(self, event: events.JobExecutionEvent) -> None:
        """Let a bug in a poll end the daemon, where the scheduler would only print it and go on."""
        self._crash = event.exception
        self.stop()

    async def _flush(self) -> None:
        try:
            await self._reconciler.flush(pass_id(self._clock.now()))
        except (errors.TransientError, errors.StalledError) as error:
            _log.error("flush.failed", reason=str(error))

    def _note_failure(self, error: errors.TransientError | errors.StalledError | None, name: str) -> float:
        """Note why a pass is to be run again, if there is a reason, and return the seconds after which."""
        self._metrics.count_pass(error)
        if error is None:
            self._failures = 0
            self._trouble["pass"] = ""
            return 0.0
        self._failures += 1
        self._trouble["pass"] = str(error)
        asked = error.retry_after if isinstance(error, errors.TransientError) else None
        wait = max(asked or 0.0, min(_LONGEST_BACK_OFF, 2.0 ** min(self._failures - 1, 10)))
        _log.error("pass.failed", id=name, reason=str(error), kind=type(error).__name__, again_after=wait)
        self.ask()
        return wait

    def _note_pass(self, done: reconcilers.Pass) -> None:
        self._metrics.note_pass(done.report, done.outcomes, self._clock.now())
        self._metrics.note_evicted(done.evicted)
        for phase, seconds in done.seconds.items():
            self._metrics.note_phase(phase, seconds)
        self._worked = sum(done.seconds.get(phase, 0.0) for phase in ("plan", "summarise"))
        self._teller.tell_pass(done)
        self._set_alarm(done.again_after)
        self._passed(done)

    def _set_alarm(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if seconds is not None:
            self._alarm = asyncio.ensure_future(self._ask_after(seconds))

    async def _ask_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self.ask()

    async def _pause(self, seconds: float) -> None:
        """Wait, but not once the daemon stops."""
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({sleep, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleep, stop):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
