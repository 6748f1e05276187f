"""How the real client meets a real server: wrong certificates, wrong tokens, long silence, long lines."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.cluster import clusters, configurations, connections, feeds, objects
from tests.support import apis, apiservers, podspecs, watching


def _kubeconfig(apiserver: apiservers.ApiServer, folder: Path, **cluster: str) -> Path:
    """Write a kubeconfig of the daemon's with other members in its cluster, and return its path."""
    config = json.loads(apiserver.kubeconfig(user="daemon").read_text())
    config["clusters"][0]["cluster"].update(cluster)
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return file


async def test_a_long_line_is_read(apiserver: apiservers.ApiServer) -> None:
    """A pod with 200 kB of annotations comes through the watch, far beyond any line limit of a stream."""
    cluster = clusters.connect(configurations.Target(apiserver.kubeconfig(user="daemon")))
    async with apis.connected(apiserver) as api, watching.started(cluster) as eyes:
        await cluster.observe()
        await api.create_pods([podspecs.pod("web", {"app": "nginx:1"}, annotations={"long": "x" * 200_000})])
        await eyes.until(lambda: cluster.pod("default", "web"))


async def test_a_wrong_token_is_said(apiserver: apiservers.ApiServer, tmp_path: Path) -> None:
    """A token that the server does not know stops the pass and names the kubeconfig; the token is not shown."""
    file = _kubeconfig(apiserver, tmp_path)
    file.write_text(file.read_text().replace(apiserver.token("daemon"), "wrong-token"))
    cluster = clusters.connect(configurations.Target(file))
    async with watching.started(cluster):
        with pytest.raises(errors.StalledError, match=r"credentials \(401.*kubeconfig") as caught:
            await cluster.observe()
    assert "wrong-token" not in str(caught.value)


async def _authority_of_another(file: Path) -> Path:
    """Write the certificate of an authority that has signed nothing of the server's."""
    other = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-days", "1"),
        *("-keyout", file.with_suffix(".key"), "-out", file),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await other.wait() == 0
    return file


async def test_a_certificate_that_is_replaced_is_taken_up(apiserver: apiservers.ApiServer, tmp_path: Path) -> None:
    """A server whose certificate we do not trust is not talked to; once the authority file is right, it is."""
    authority = await _authority_of_another(tmp_path / "ca.crt")
    file = _kubeconfig(apiserver, tmp_path, **{"certificate-authority": str(authority)})
    cluster = clusters.connect(configurations.Target(file))
    async with watching.started(cluster) as eyes:
        with pytest.raises(errors.TransientError, match=r"not reached: .*certificate"):
            await cluster.observe()
        authority.write_bytes(apiserver.ca_file.read_bytes())
        await eyes.until(lambda: cluster.health.is_filled and not cluster.health.fault)
        await cluster.observe()


async def test_requests_for_our_own_objects_take_up_another_authority(
    apiserver: apiservers.ApiServer, tmp_path: Path
) -> None:
    """The webhook's Secret and Lease are reached again at the second attempt after the cluster's authority changed."""
    authority = await _authority_of_another(tmp_path / "ca.crt")
    connection = connections.Connection(
        configurations.Target(_kubeconfig(apiserver, tmp_path, **{"certificate-authority": str(authority)}))
    )
    request = objects.Request("GET", "/api/v1/namespaces/default", "get", "namespaces")
    try:
        for _ in range(2):
            with pytest.raises(errors.TransientError, match=r"cannot get namespaces: .*not reached: .*certificate"):
                await objects.send(connection, request)
            authority.write_bytes(apiserver.ca_file.read_bytes())
        assert (await objects.send(connection, request)).is_success
    finally:
        await connection.close()


async def test_a_server_that_falls_silent_is_left(apiserver: apiservers.ApiServer) -> None:
    """While nothing is answered the fault is known; when the server speaks again, the watch goes on."""
    target = configurations.Target(apiserver.kubeconfig(user="daemon"))
    connection = connections.Connection(target, request_timeout=1.0)
    cluster = clusters.KubernetesCluster(connection, rhythm=feeds.Rhythm(silence=1.0))
    async with apis.connected(apiserver) as api, watching.started(cluster) as eyes:
        await cluster.observe()
        with apiserver.frozen():
            await eyes.until(lambda: cluster.health.fault)
        await api.create_pods([podspecs.pod("web", {"app": "nginx:1"})])
        await eyes.until(lambda: cluster.pod("default", "web"))


async def test_no_server_is_said(apiserver: apiservers.ApiServer, tmp_path: Path) -> None:
    """An address where nobody listens is a fault that may pass, with the address."""
    file = _kubeconfig(apiserver, tmp_path, server="https://127.0.0.1:1")
    cluster = clusters.connect(configurations.Target(file))
    async with watching.started(cluster):
        with pytest.raises(errors.TransientError, match=r"the API server at https://127\.0\.0\.1:1 is not reached"):
            await cluster.observe()
