"""A Lease: of all processes that want to write, the one that may; and the guarded requests that it may send."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime
import random
import time
from collections.abc import Callable

import msgspec

from gitsidecar import errors
from gitsidecar.cluster import connections, objects, pacing

_MARGIN = 0.2  # part of the duration that a holder gives away: a request sent at the very end must have time to arrive
_RENEWALS = 3  # attempts in one duration


def elapsed() -> float:
    """Return monotonic seconds that also pass while the machine sleeps: the others' time goes on meanwhile."""
    return time.clock_gettime(_CLOCK) if _CLOCK is not None else time.monotonic()


_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """
    Which Lease is wanted, for how many whole seconds at a time, and by whom.

    `identity` must be another one for each process, also for one that takes another's place under the same name.
    """

    place: objects.Place
    identity: str
    duration: int = 15


class Lease:
    """
    One process's share in a Lease. *clock* gives monotonic seconds; *now* is the time of day, for people who read it.

    No clock of one machine is ever compared with another's: a holder counts from before its request was sent, everybody
    else from when they saw its answer, each by a clock of their own.
    """

    def __init__(
        self,
        connection: connections.Connection,
        claim: Claim,
        *,
        now: Callable[[], datetime.datetime],
        clock: pacing.Clock = elapsed,
    ) -> None:
        self.claim = claim
        self.fault: errors.GitsidecarError | None = None
        self._connection = connection
        self._now = now
        self._clock = clock
        self._deadline = float("-inf")
        self._since = float("inf")
        self._sight: _Sight | None = None

    @property
    def remaining(self) -> float:
        """Return for how many seconds the Lease is held for certain; 0 when it is not."""
        return max(0.0, self._deadline - self._clock())

    @property
    def is_held(self) -> bool:
        """Say whether we may write at this moment. Ask right before each write: it ends by itself."""
        return self.remaining > 0

    @property
    def held_for(self) -> float:
        """Return for how many seconds it has been held for certain, without a gap; 0 when it is not held."""
        return max(0.0, self._clock() - self._since) if self.is_held else 0.0

    async def attempt(self) -> bool:
        """
        Take or renew the Lease if it is free, ours, or was left alone for its whole duration; say whether it is held.

        Raises TransientError or StalledError when the API server does not let us: what was held runs out by itself.
        """
        found = await self._read()
        if found is not None and not self._may_take(found):
            self._deadline = float("-inf")
            return False
        began = self._clock()
        was_held = self.is_held
        if await self._write(found, self._spec(found)):
            if not (was_held and self.is_held):  # what ended while the answer was on its way has begun anew
                self._since = self._clock()
            self._deadline = began + self.claim.duration * (1 - _MARGIN)
        return self.is_held

    async def run(self, changed: Callable[[], None]) -> None:
        """
        Try to take and keep the Lease until cancelled; *changed* is called when it was won or found lost.

        `fault` is why the last attempt failed, ``None`` when it did not.
        """
        jitter = random.Random()  # noqa: S311  # spreads requests, guards nothing
        was_held = self.is_held
        while True:
            try:
                await self.attempt()
                self.fault = None
            except (errors.TransientError, errors.StalledError) as fault:
                self.fault = fault
            if was_held != self.is_held:
                was_held = self.is_held
                changed()
            await asyncio.sleep(self.claim.duration / _RENEWALS * jitter.uniform(0.8, 1.0))

    async def release(self) -> None:
        """
        Give the Lease up, so that the next holder need not wait. End `run` first.

        Never raises: where this fails, the Lease runs out by itself.
        """
        self._deadline = float("-inf")
        with contextlib.suppress(errors.TransientError, errors.StalledError):
            found = await self._read()
            if found is not None and found.spec.holder == self.claim.identity:
                given_up = {**self._spec(found), "holderIdentity": None, "leaseDurationSeconds": 1}
                await self._write(found, given_up)

    def _may_take(self, found: _Found) -> bool:
        spec = found.spec
        if not spec.holder or spec.holder == self.claim.identity:
            return True
        if self._sight is None or self._sight.spec != spec:
            self._sight = _Sight(spec, self._clock())
        return self._clock() - self._sight.since > (spec.duration or self.claim.duration)

    def _spec(self, found: _Found | None) -> objects.Json:
        moment = self._now().astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        before = _Spec() if found is None else found.spec
        is_ours = before.holder == self.claim.identity
        return {
            "holderIdentity": self.claim.identity,
            "leaseDurationSeconds": self.claim.duration,
            "acquireTime": before.acquired or moment if is_ours else moment,
            "renewTime": moment,
            "leaseTransitions": (before.transitions or 0) + (found is not None and not is_ours),
        }

    async def _read(self) -> _Found | None:
        answer = await objects.send(self._connection, objects.Request("GET", self._path, "get", "leases"))
        if answer.code == 404:
            return None
        try:
            return _Found(
                _leases.decode(answer.body).spec or _Spec(), msgspec.json.decode(answer.body, type=objects.Json)
            )
        except ValueError as error:
            raise errors.TransientError(f"Lease {self.claim.place} cannot be read: {error}") from error

    async def _write(self, found: _Found | None, spec: objects.Json) -> bool:
        """Write *spec* over *found* and nothing else; ``False`` when somebody else has been quicker."""
        place = self.claim.place
        if found is None:
            kind = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
            metadata = {"namespace": place.namespace, "name": place.name}
            path = self._path.rpartition("/")[0]
            request = objects.Request(
                "POST", path, "create", "leases", body={**kind, "metadata": metadata, "spec": spec}
            )
        else:
            document = {**found.document, "spec": {**(found.document.get("spec") or {}), **spec}}
            request = objects.Request("PUT", self._path, "update", "leases", body=document)
        return (await objects.send(self._connection, request)).is_success

    @property
    def _path(self) -> str:
        return objects.path_of("/apis/coordination.k8s.io/v1", "leases", self.claim.place)


class _Spec(msgspec.Struct, frozen=True):
    """What a Lease says of its holder."""

    holder: str | None = msgspec.field(default=None, name="holderIdentity")
    duration: int | None = msgspec.field(default=None, name="leaseDurationSeconds")
    acquired: str | None = msgspec.field(default=None, name="acquireTime")
    renewed: str | None = msgspec.field(default=None, name="renewTime")
    transitions: int | None = msgspec.field(default=None, name="leaseTransitions")


class _Object(msgspec.Struct):
    spec: _Spec | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    spec: _Spec
    document: objects.Json


@dataclasses.dataclass(frozen=True, slots=True)
class _Sight:
    """Another's hold, and since when we have seen it unchanged."""

    spec: _Spec
    since: float


_leases = msgspec.json.Decoder(_Object)
