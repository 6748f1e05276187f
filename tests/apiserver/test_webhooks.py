"""The webhook, end to end: the installed command serves it, a real API server asks it, with the manifest's rights."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import itertools
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gitsidecar.webhook import certificates
from tests.support import apis, apiservers, daemons, fleets, podspecs, processes, remotes, sidecarsets, sites

Json = dict[str, Any]

pytestmark = pytest.mark.timeout(120)
_numbers = itertools.count(1)


class Replica(daemons.Daemon):
    """`gitsidecar webhook` in place of `gitsidecar run`."""

    def start(self) -> None:
        """Start a process."""
        arguments: list[str | Path] = [daemons.command(), "webhook", "--config", self.settings.file]
        self._process = processes.start("gitsidecar", arguments, log=self.log, env=daemons.environment())


@pytest.fixture
async def site(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> AsyncIterator[sites.Site]:
    """Return a site whose daemon has the rights of the manifest's daemon and of its webhook."""
    namespace = f"gitsidecar-{next(_numbers)}"
    async with fleets.gathered(apiserver, http_remote, tmp_path, []) as fleet:
        await fleet.api.create_namespace(namespace)
        with sites.granted(apiserver, namespace, user="daemon"):
            yield sites.Site(fleet, namespace)
            with contextlib.suppress(apis.RefusedError):
                await fleet.api.request("DELETE", sites.REGISTRATION)


def mark(pod: Json) -> Json:
    """Return what our annotation says of the set."""
    marks: Json = json.loads(pod["metadata"]["annotations"]["gitsidecar.io/sidecars"])
    found: Json = marks["logtail"]
    return found


async def test_a_new_pod_starts_with_the_sidecar_and_counts_as_updated(site: sites.Site) -> None:
    """It is injected and marked with the commit; the status counts it; one that opts out is left alone."""
    revision = await site.serve()
    pod = await site.create("web-1")
    assert sites.images(pod) == {**sites.BARE, "logtail": sidecarsets.NEW}
    assert (mark(pod)["commit"], mark(pod)["containers"]) == (revision, ["logtail"])
    assert await site.images("web-2", labels={"gitsidecar.io/inject": "false"}) == sites.BARE
    status = await site.until_counted(lambda status: bool(status["readyPods"]))
    counts = ("matchedPods", "updatedPods", "readyPods", "updatedReadyPods")
    assert [status[count] for count in counts] == [1, 1, 1, 1]
    assert status["latestRevision"] == mark(pod)["specHash"] == status["stable"]
    told = await site.fleet.daemon.told("pod.admitted", pod="web-1")
    assert (told["result"], told["dry_run"]) == ("injected", False)
    assert 'gitsidecar_admissions_total{reason="Complete",result="injected"}' in site.fleet.daemon.probe("/metrics")[1]
    assert await site.fleet.daemon.stopped() == 0
    assert site.fleet.daemon.lines(level="error") == []


async def test_pods_start_without_while_the_webhook_is_away(site: sites.Site) -> None:
    """With the policy Ignore a pod starts bare and is counted as missing; with the webhook back the next one is not."""
    await site.serve()
    assert await site.fleet.daemon.stopped() == 0
    assert await site.images("web-1") == sites.BARE
    site.fleet.daemon.start()
    await site.until_asked()
    assert "logtail" in await site.images("web-2")
    status = await site.until_counted(lambda status: bool(status["readyPods"]))
    assert (status["matchedPods"], status["missingPods"]) == (1, 1)
    assert site.fleet.daemon.lines("registration.changed", level="warning") == []


async def test_pods_are_refused_while_the_webhook_is_away(site: sites.Site) -> None:
    """With the policy Fail the creation is refused, in words that name the webhook and why it cannot be asked."""
    await site.serve(failurePolicy="Fail")
    assert "logtail" in await site.images("web-1")
    assert await site.fleet.daemon.stopped() == 0
    with pytest.raises(apis.RefusedError, match=r'webhook "inject\.gitsidecar\.io".*connection refused'):
        await site.create("web-2")
    # Whoever asks not to be injected, and gitsidecar's own pods, start all the same: they may be what mends it.
    assert await site.images("web-3", labels={"gitsidecar.io/inject": "false"}) == sites.BARE
    own = podspecs.pod("own", sites.BARE, labels=sidecarsets.LABELS, namespace=site.namespace)
    [made] = await site.fleet.api.create_pods([own])
    assert sites.images(made) == sites.BARE
    site.fleet.daemon.start()
    await site.fleet.daemon.ready()
    assert "logtail" in await site.images("web-4")


async def test_new_pods_keep_the_share_of_a_canary(site: sites.Site) -> None:
    """
    While partition holds a rollout at 30 %, five pods more get the stable spec, but as many as the share has room for.

    The share is never exceeded, whenever one looks; afterwards everything is new, and what comes then as well.
    """
    await site.serve(image=sidecarsets.OLD)
    await site.fleet.api.create_pods([_pod(number) for number in range(10)])
    await site.fleet.until_complete(10, sidecarsets.OLD)
    canary = sidecarsets.text(sidecarsets.NEW, partition="70%", maxUnavailable="100%")
    await site.fleet.push({"logtail.yaml": canary})
    await site.until_counted(lambda status: fleets.held(status) == {"PartitionKept": 7} and not status["inFlightPods"])
    for number in range(10, 15):
        await site.fleet.api.create_pods([_pod(number)])
        await _check_share(site, keep=70)
    status = await site.until_counted(lambda status: bool(status["readyPods"] == 15))
    await _check_share(site, keep=70)
    assert (status["matchedPods"], status["updatedPods"]) == (15, 4)

    await site.fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="100%")})
    await site.fleet.until_complete(15, sidecarsets.NEW)
    assert (await site.images("web-later"))["logtail"] == sidecarsets.NEW


async def test_a_burst_of_new_pods_keeps_the_share_too(site: sites.Site) -> None:
    """Twenty pods created at once, faster than any pass, share the room of the canary: no more than it are new."""
    await site.serve(image=sidecarsets.OLD)
    await site.fleet.api.create_pods([_pod(number) for number in range(10)])
    await site.fleet.until_complete(10, sidecarsets.OLD)
    await site.fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, partition="50%", maxUnavailable="100%")})
    await site.until_counted(lambda status: fleets.held(status) == {"PartitionKept": 5} and not status["inFlightPods"])
    await site.fleet.api.create_pods([_pod(number) for number in range(10, 30)])
    await _check_share(site, keep=50)
    status = await site.until_counted(lambda status: bool(status["readyPods"] == 30))
    assert status["updatedPods"] <= 15


async def test_a_new_pod_of_a_set_that_holds_still_gets_the_stable_spec(site: sites.Site) -> None:
    """Of a paused set, of a frozen one, and of one outside its windows, a new pod starts as those that run."""
    await site.serve(image=sidecarsets.OLD)
    await site.create("web-1")
    await site.fleet.until_complete(1, sidecarsets.OLD)
    policy = "apiVersion: gitsidecar.io/v1alpha1\nkind: RolloutPolicy\nmetadata: {name: stop}\n"
    freeze = policy + "spec: {sidecarSetSelector: {}, freezes: [{reason: the till is closed}]}\n"
    shut = policy + 'spec: {sidecarSetSelector: {}, windows: [{type: Deny, schedule: "* * * * *", duration: 1h}]}\n'
    for name, files in (
        ("web-2", {"logtail.yaml": sidecarsets.text(sidecarsets.NEW, paused=True)}),
        ("web-3", {"logtail.yaml": sidecarsets.text(sidecarsets.NEW), "stop.yaml": freeze}),
        ("web-4", {"stop.yaml": shut}),
    ):
        revision = await site.fleet.push(files)
        await site.fleet.daemon.told("pass.done", revision=revision)
        assert (await site.images(name))["logtail"] == sidecarsets.OLD


async def test_a_certificate_that_somebody_else_keeps_is_served(site: sites.Site, tmp_path: Path) -> None:
    """From a folder it is served, its authority is registered, and the manifest's Secret stays empty."""
    _mount(tmp_path / "mounted", datetime.datetime.now(datetime.UTC))
    await site.serve(certificates={"folder": str(tmp_path / "mounted")})
    assert "logtail" in await site.images("web-1")
    secrets = await site.fleet.api.request("GET", f"/api/v1/namespaces/{site.namespace}/secrets")
    assert ["data" in each for each in secrets["items"]] == [False]
    assert (await site.registered())["clientConfig"]["caBundle"] == _trusted(tmp_path / "mounted")


async def test_an_emptied_secret_is_filled_anew(site: sites.Site) -> None:
    """This is how a person changes all certificates at once, as the manifest's rights let us create no Secret."""
    await site.serve()
    path = f"/api/v1/namespaces/{site.namespace}/secrets/gitsidecar-webhook"
    secret = await site.fleet.api.request("GET", path)
    before = secret.pop("data")
    await site.fleet.api.request("PUT", path, body=secret)
    async with asyncio.timeout(60):
        while (await site.registered())["clientConfig"]["caBundle"] == before["ca.crt"]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert site.fleet.daemon.lines("certificates.fault", level="warning") == []


async def test_pods_of_excluded_namespaces_start_bare(site: sites.Site) -> None:
    """They are not even shown to the webhook; with Fail they start while it is away."""
    await site.fleet.api.create_namespace(f"{site.namespace}-cni")
    await site.serve(failurePolicy="Fail", excludedNamespaces=[f"{site.namespace}-cni"])
    metrics = site.fleet.daemon.probe("/metrics")[1]
    assert "gitsidecar_webhook_registered 1.0" in metrics
    assert "gitsidecar_webhook_certificate_end_timestamp_seconds 1." in metrics
    assert await site.fleet.daemon.stopped() == 0
    pod = podspecs.pod("cni", sites.BARE, labels=sidecarsets.LABELS, namespace=f"{site.namespace}-cni")
    [made] = await site.fleet.api.create_pods([pod])
    assert sites.images(made) == sites.BARE


async def test_new_settings_are_registered(site: sites.Site) -> None:
    """SIGHUP with another failurePolicy changes the registration, and pods are injected as before."""
    await site.serve()
    site.fleet.daemon.settings.change({"webhook": {**site.section, "failurePolicy": "Fail"}})
    site.fleet.daemon.signal(signal.SIGHUP)
    async with asyncio.timeout(30):
        while (await site.registered())["failurePolicy"] != "Fail":  # noqa: ASYNC110  # nobody tells us
            await asyncio.sleep(0.1)
    await site.fleet.daemon.ready()
    assert "logtail" in await site.images("web-1")


async def test_who_registers_it_himself_is_not_interfered_with(site: sites.Site) -> None:
    """With `register: false` the webhook is ready, says what is for him to do, and writes no registration."""
    await site.fleet.push({"logtail.yaml": sidecarsets.text()})
    site.fleet.daemon.settings.change({"webhook": {**site.section, "register": False}})
    site.fleet.daemon.start()
    await site.fleet.daemon.ready()
    assert "ca.crt" in (await site.fleet.daemon.told("registration.is_yours"))["reason"]
    with pytest.raises(apis.RefusedError, match="not found"):
        await site.registered()


async def test_a_replica_serves_alone_and_writes_neither_pods_nor_git(
    site: sites.Site, apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """`gitsidecar webhook` has the rights of its own role alone; what is stable it reads from the status branch."""
    fleet = site.fleet
    folder = tmp_path / "replica"
    folder.mkdir()
    settings = daemons.Settings(folder, http_remote, kubeconfig=apiserver.kubeconfig(user="stranger"))
    settings.change({"webhook": {**site.section, "enabled": False}})
    replica = Replica(folder, settings)
    with sites.granted(apiserver, site.namespace, user="stranger"), contextlib.closing(_Ending(replica)):
        before = len(apiserver.writes(user="stranger"))
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        replica.start()
        await replica.ready()
        await site.until_asked()
        assert (await site.images("web-1"))["logtail"] == sidecarsets.OLD
        assert fleet.bench.remote_head(daemons.STATUS_BRANCH) == ""

        fleet.daemon.start()
        await fleet.until_complete(1, sidecarsets.OLD)
        revision = await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, paused=True)})
        await replica.told("pass.done", revision=revision)
        assert (await site.images("web-2"))["logtail"] == sidecarsets.OLD

        assert await replica.stopped() == 0
        replica.start()  # with nothing in its memory
        await replica.ready()
        assert (await site.images("web-3"))["logtail"] == sidecarsets.OLD
        assert apiserver.writes(user="stranger")[before:] == ()
        assert replica.lines(level="error") == []


class _Ending:
    """Ends a process at the end of a block."""

    def __init__(self, daemon: daemons.Daemon) -> None:
        self._daemon = daemon

    def close(self) -> None:
        self._daemon.end()


def _pod(number: int) -> Json:
    return podspecs.pod(f"web-{number:02}", sites.BARE, labels=sidecarsets.LABELS)


def _mount(folder: Path, now: datetime.datetime) -> None:
    """Write a certificate and its authority as they would be mounted."""
    folder.mkdir(exist_ok=True)
    for name, content in certificates.write(certificates.make(["127.0.0.1"], now)).items():
        if name != "ca.key":
            (folder / name).write_bytes(content)


def _trusted(folder: Path) -> str:
    return base64.b64encode((folder / "ca.crt").read_bytes()).decode()


async def _check_share(site: sites.Site, *, keep: int) -> None:
    """Check that, of all pods that there are, at least *keep* percent are old."""
    found = [sites.images(pod)["logtail"] for pod in await site.fleet.api.pods(namespace="default")]
    assert found.count(sidecarsets.NEW) <= len(found) - -(-keep * len(found) // 100)
