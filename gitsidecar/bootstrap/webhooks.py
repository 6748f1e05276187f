"""The webhook of one process: what it knows, its server, its certificate and its registration, joined."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import math
import socket
import urllib.parse
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import structlog

from gitsidecar import errors
from gitsidecar.bootstrap import reminders, worlds
from gitsidecar.cluster import connections, leases, objects, registrations
from gitsidecar.injection import metadatapatches
from gitsidecar.manifests import building
from gitsidecar.model import histories, plans
from gitsidecar.settings import configs, webhooks
from gitsidecar.telemetry import admissions, metrics
from gitsidecar.webhook import contexts, keeping, knowledge, mounts, servers, sources

_log = structlog.get_logger("gitsidecar")
_HEARD = datetime.timedelta(seconds=10)
"""By then each API server has heard of a registration; they watch, but hear late where they are busy."""
LEASE = "gitsidecar-webhook"
"""Name of the Lease: of all replicas its holder writes certificates and registration."""

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_GIVING_UP = 1.0  # seconds for giving up the Lease: it runs out by itself


def own_namespace(settings: webhooks.Webhook, *, file: Path = _SERVICE_ACCOUNT) -> str:
    """Return the namespace that we are in. Raises StalledError when neither the settings nor a pod's *file* say it."""
    if settings.namespace:
        return settings.namespace
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise errors.StalledError(
            "the webhook needs a namespace for its Secret and Lease, and this process does not run in a pod that could "
            "tell it; set webhook.namespace to one that exists"
        ) from error


def spared_namespaces(settings: webhooks.Webhook, *, file: Path = _SERVICE_ACCOUNT) -> tuple[str, ...]:
    """Return the namespaces whose pods get no sidecars, besides kube-system, as far as they are known here."""
    try:
        return excluded_namespaces(settings, file=file)
    except errors.StalledError:  # only a webhook has to know where it runs
        return tuple(sorted(settings.excluded_namespaces))


def excluded_namespaces(settings: webhooks.Webhook, *, file: Path = _SERVICE_ACCOUNT) -> tuple[str, ...]:
    """
    Return the namespaces that are never shown to us, besides kube-system.

    Ours is among them by both names that it may have: pods of ours are where the service account is, whatever is set.
    """
    own = {own_namespace(settings, file=file)}
    with contextlib.suppress(errors.StalledError):
        own.add(own_namespace(settings.model_copy(update={"namespace": ""}), file=file))
    return tuple(sorted(own.union(settings.excluded_namespaces)))


def whitelist_of(settings: webhooks.Webhook) -> metadatapatches.Whitelist:
    """Return which annotations SidecarSets may give to pods, as injection asks for it."""
    if settings.patch_pod_metadata is None:
        return None
    return tuple(
        metadatapatches.Rule(building.build_selector(rule.selector), rule.allowed_annotation_key_exprs)
        for rule in settings.patch_pod_metadata
    )


class Webhook:
    """
    Serves the webhook that *config* describes. *now* is the time of day.

    Registered is only who can answer: with a certificate, and a plan to answer from. `tasks` run as long as it serves,
    and end early only by a bug.
    """

    def __init__(self, config: configs.GitsidecarConfig, *, now: Callable[[], datetime.datetime]) -> None:
        self.tasks: tuple[asyncio.Task[None], ...] = ()
        self._settings = config.webhook
        self._namespace = own_namespace(self._settings)
        self._connection = connections.Connection(worlds.target_of(config))
        self._lease = leases.Lease(self._connection, self._claim(), now=now)
        self._knowledge = knowledge.Knowledge(now, whitelist=whitelist_of(self._settings), alone_for=self._alone_for)
        self._is_known = asyncio.Event()
        self._context = contexts.Context()
        self._registered_at: datetime.datetime | None = None  # when it was found to be as it should be, time after time
        self._now = now
        self._keeper = keeping.Keeper(self._source(), self._context, self._announce(), now=now)

    @property
    def trouble(self) -> str:
        """Say why new pods cannot be served at the moment; empty when they can."""
        missing = self._keeper.trouble
        if missing and self._lease.fault is not None and self._needs_lease:
            missing = f"{missing}; {self._lease.fault}"
        unknown = "" if self._knowledge.is_ready else "the SidecarSets are not known yet: no plan has been made"
        return "; ".join(words for words in (missing, unknown) if words)

    def silence(self) -> str:
        """Say why new pods may come without their sidecars, though nothing need be wrong; empty when they don't."""
        if self.trouble or not self._settings.register_:
            return self.trouble
        if self._registered_at is None:
            return "the webhook is not registered yet"
        is_new = self._now() - self._registered_at < _HEARD
        return "the webhook was registered just now, and API servers hear of it one by one" if is_new else ""

    def note(self, plan: plans.Plan, history: histories.History, namespaces: Mapping[str, Mapping[str, str]]) -> None:
        """Note what a pass has planned (`reconcilers.Planned`)."""
        self._knowledge.note(plan, history, namespaces)
        self._is_known.set()

    def certificate_end(self) -> float:
        """Return when the certificate that is served ends, as a timestamp; 0 without one."""
        pair = self._context.pair
        return 0.0 if pair is None else pair.ends.timestamp()

    def registered(self) -> float:
        """Return 1 if the registration was as it should be when last looked at, else 0; NaN if a person registers."""
        return float(self._registered_at is not None) if self._settings.register_ else float("nan")

    @contextlib.asynccontextmanager
    async def serving(self, measured: metrics.Metrics) -> AsyncIterator[int]:
        """Serve while the block runs, and yield the port. Raises StalledError when the address is taken."""
        told = admissions.Admissions(measured.registry)
        told.follow(self.certificate_end, self.registered)
        server = servers.serving(
            self._settings.address,
            self._context.tls,
            self._knowledge,
            is_failing_closed=self._settings.failure_policy == "Fail",
            own_namespace=self._namespace,
            measured=told,
        )
        async with server as port:
            try:
                await self._begin()
                yield port
            finally:
                await self._end()

    @property
    def _secret(self) -> objects.Place:
        return objects.Place(self._namespace, self._settings.certificates.secret)

    @property
    def _needs_lease(self) -> bool:
        return self._settings.register_ or self._settings.certificates.folder is None

    def _alone_for(self) -> float:
        """Return since when this replica alone counts new pods: as long as it holds the Lease, where there is one."""
        return self._lease.held_for if self._needs_lease else math.inf

    async def _begin(self) -> None:
        running = [self._keeper.run()]
        if self._needs_lease:
            # Before the first look: it may have to write, and would else come back for that only after a pause.
            try:
                await self._lease.attempt()
            except (errors.TransientError, errors.StalledError) as error:  # tried again as long as we run
                _log.warning("lease.failed", lease=str(self._lease.claim.place), reason=str(error))
            running.append(self._lease.run(self._tell_lease))
        self.tasks = tuple(asyncio.create_task(each) for each in running)

    async def _end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            if self._lease.is_held:
                async with asyncio.timeout(_GIVING_UP):
                    await self._lease.release()
        await self._connection.close()

    def _announce(self) -> keeping.Register | None:
        if self._settings.register_:
            return self._register
        if self._settings.certificates.folder is not None:
            return None
        return reminders.Reminder(self._secret).note

    async def _register(self, trusted: bytes) -> bool | None:
        await self._is_known.wait()
        is_changed = None
        try:
            is_changed = await self._apply(trusted)
        finally:
            if is_changed is None:
                self._registered_at = None
            elif self._registered_at is None:
                self._registered_at = self._now()
        return is_changed

    async def _apply(self, trusted: bytes) -> bool | None:
        registration = registrations.Registration(
            self._settings.name,
            self._address(),
            excluded=excluded_namespaces(self._settings),
            trusted=trusted,
            failure_policy=self._settings.failure_policy,
        )
        return await registrations.apply(self._connection, registration, self._lease)

    def _address(self) -> registrations.Service | str:
        reached = self._settings.reached
        if reached.url:
            return reached.url + servers.PATH
        return registrations.Service(objects.Place(self._namespace, reached.service), servers.PATH, reached.port)

    def _source(self) -> sources.Source:
        folder = self._settings.certificates.folder
        if folder is not None:
            mount = mounts.Mount(folder / "tls.crt", folder / "tls.key", name=self._names()[0])
            return sources.MountedCertificates(mount)
        return sources.OwnCertificates(self._connection, sources.Owner(self._secret, self._names(), self._lease))

    def _names(self) -> tuple[str, ...]:
        reached = self._settings.reached
        if reached.url:
            return (urllib.parse.urlsplit(reached.url).hostname or "",)
        service = f"{reached.service}.{self._namespace}.svc"
        return (service, f"{service}.cluster.local")

    def _claim(self) -> leases.Claim:
        # A number of its own for each process: a pod that is restarted keeps its name, and is another holder.
        identity = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        return leases.Claim(objects.Place(self._namespace, LEASE), identity)

    def _tell_lease(self) -> None:
        _log.info("lease.changed", lease=str(self._lease.claim.place), is_held=self._lease.is_held)
