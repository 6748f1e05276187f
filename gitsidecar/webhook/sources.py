"""Where the webhook's certificates come from: made by us and kept in a Secret, or mounted by somebody else."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
from collections.abc import Sequence
from typing import Protocol

import structlog
from cryptography import x509

from gitsidecar import errors
from gitsidecar.cluster import connections, leases, objects, secrets
from gitsidecar.webhook import certificates, mounts, renewals

_log = structlog.get_logger("gitsidecar")
_OWN_KEPT = datetime.timedelta(hours=1)
_MOUNTED_KEPT = datetime.timedelta(days=1)  # kubelets bring new files to their nodes at very different times
_MOST_STEPS = 8  # in one look; more than a few would be a circle


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What to serve, and the authorities that clients need to trust for it, as PEM."""

    pair: certificates.Pair
    trusted: bytes


class Source(Protocol):
    """Where certificates come from."""

    async def look(self, now: datetime.datetime, *, announced: bytes | None) -> Found:
        """
        Return what to serve at *now*; *announced* are the authorities that are registered for certain, if we do that.

        Raises TransientError or StalledError: then what is served stays.
        """


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    """Who keeps certificates of our own: the Secret they are in, the names they are for, the Lease of the writer."""

    place: objects.Place
    names: Sequence[str]
    lease: leases.Lease


class Trust:
    """
    Authorities that clients need to trust: those of the moment, and for the time *kept* those that were before.

    Other replicas may serve for a while yet with what those have signed. They are kept even when they have ended: that
    may be so by our clock alone.
    """

    def __init__(self, kept: datetime.timedelta) -> None:
        self._kept = kept
        self._current: tuple[x509.Certificate, ...] = ()
        self._gone: dict[x509.Certificate, datetime.datetime] = {}

    def of(self, authorities: Sequence[x509.Certificate], now: datetime.datetime) -> bytes:
        """Return all as PEM, those that were before first."""
        known = {**dict.fromkeys(self._current, now), **self._gone}
        self._gone = {
            each: min(since, now)  # a later one was noted before the clock was set back
            for each, since in known.items()
            if each not in authorities and now - since < self._kept
        }
        self._current = tuple(authorities)
        return certificates.pem([*self._gone, *authorities])


class OwnCertificates:
    """
    Certificates that we make and renew, in a Secret that all replicas read and the holder of the Lease writes.

    To change everything at once, delete the Secret: the old authorities are trusted for an hour more, for replicas that
    serve with them yet. A Secret that was garbled is restored from memory.
    """

    def __init__(
        self,
        connection: connections.Connection,
        owner: Owner,
        *,
        make_key: certificates.MakeKey = certificates.new_key,
    ) -> None:
        self._connection = connection
        self._owner = owner
        self._make_key = make_key
        self._last: certificates.Bundle | None = None
        self._trust = Trust(_OWN_KEPT)

    async def look(self, now: datetime.datetime, *, announced: bytes | None) -> Found:
        """Read the Secret, and take the steps that are due if we hold the Lease."""
        place, lease = self._owner.place, self._owner.lease
        stored = await secrets.read(self._connection, place)
        for _ in range(_MOST_STEPS):
            bundle, is_stored = self._bundle(stored)
            step = renewals.next_step(bundle, now, self._owner.names)
            is_due = step.kind is not renewals.Kind.WAIT or not is_stored
            if not is_due or not lease.is_held or _is_early(step, bundle, announced):
                return self._found(bundle, now)
            after = renewals.take(step, bundle, now, names=self._owner.names, make_key=self._make_key)
            data = certificates.write(after)
            written = await secrets.write(self._connection, place, data, over=stored, lease=lease)
            if written is not None:
                _log.info("certificates.changed", secret=str(place), step=step.kind, reason=step.why)
            stored = written or await secrets.read(self._connection, place)
        raise errors.TransientError(
            f"Secret {place} is changed by somebody else as fast as by us; it is read again soon"
        )

    def _bundle(self, stored: secrets.Stored | None) -> tuple[certificates.Bundle | None, bool]:
        """Return the bundle to go on with, and whether it is the one that is stored."""
        if stored is None or not stored.data:
            return None, False
        bundle = certificates.read(stored.data)
        if isinstance(bundle, certificates.Bundle):
            return bundle, True
        _log.warning("certificates.broken", secret=str(stored.place), reason=bundle.why)
        return self._last, False

    def _found(self, bundle: certificates.Bundle | None, now: datetime.datetime) -> Found:
        if bundle is None:
            raise errors.TransientError(
                f"there are no certificates in Secret {self._owner.place} yet: the replica that holds Lease "
                f"{self._owner.lease.claim.place} makes them; if that takes long, see its log"
            )
        self._last = bundle
        return Found(bundle.serving, self._trust.of([each.certificate for each in bundle.authorities], now))


class MountedCertificates:
    """Certificates that somebody else keeps in files."""

    def __init__(self, mount: mounts.Mount) -> None:
        self._mount = mount
        self._known: mounts.Content | None = None
        self._trust = Trust(_MOUNTED_KEPT)

    async def look(self, now: datetime.datetime, *, announced: bytes | None) -> Found:  # noqa: ARG002
        """Read the files again. Raises StalledError when what is in them cannot be served."""
        content = await asyncio.to_thread(mounts.read, self._mount)
        if isinstance(content, certificates.Broken):
            raise errors.StalledError(content.why)
        mounted = mounts.watch(content, now, known=self._known)
        if isinstance(mounted, certificates.Broken):
            raise errors.StalledError(mounted.why)
        if mounted.is_new:
            _log.info("certificates.changed", file=str(self._mount.certificate), ends=mounted.pair.ends.isoformat())
        self._known = content
        return Found(mounted.pair, self._trust.of(mounted.authorities, now))


def _is_early(step: renewals.Step, bundle: certificates.Bundle | None, announced: bytes | None) -> bool:
    """Say whether API servers may not know yet who would sign now: whoever registers by hand is not waited for."""
    if step.kind is not renewals.Kind.SWITCH or bundle is None or announced is None:
        return False
    return not announced.endswith(bundle.trusted)  # what is only kept comes before it
