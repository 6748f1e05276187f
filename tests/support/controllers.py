"""A real kube-controller-manager beside a test's API server: it makes pods of Deployments, as any cluster does."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator

from tests.support import apiservers, binaries, processes

# No pod-garbage-collector: it would delete the pods of nodes that have no Node object, and no test's node has one.
DEPLOYMENTS = ("deployment-controller", "replicaset-controller")
"""What is needed for pods of Deployments; the names are those of `kube-controller-manager --controllers`."""

_OWNERS = ("deployments", "replicasets", "statefulsets", "daemonsets")
# By default it is 20, and a thousand pods would take a minute. Several hundred outrun a webhook that shares two busy
# cores with all this: its answers would come too late now and then, and a pod would start bare.
_REQUESTS_PER_SECOND = 100


@contextlib.contextmanager
def running(server: apiservers.ApiServer, *, controllers: Collection[str] = DEPLOYMENTS) -> Iterator[processes.Process]:
    """
    Run *controllers* on *server*, as its user ``controllers``, while the block runs. They work after about 1 s.

    Afterwards the workloads of `apps` are deleted, so that nobody's controllers make their pods again. The pods stay.
    """
    log = server.folder / "kube-controller-manager.log"
    log.unlink(missing_ok=True)  # of another test: it would say that this one works
    process = processes.start("kube-controller-manager", _command(server, controllers), log=log)
    try:
        processes.wait_until(
            lambda: "Caches are synced" in log.read_text(),  # it has no probe without a port and certificates
            what="kube-controller-manager",
            timeout=30,
            watched=[process],
        )
        yield process
    finally:
        process.stop()
        for kind in _OWNERS:
            _delete_all(server, kind)


def _delete_all(server: apiservers.ApiServer, kind: str) -> None:
    for item in server.call("GET", f"/apis/apps/v1/{kind}")["items"]:
        metadata = item["metadata"]
        path = f"/apis/apps/v1/namespaces/{metadata['namespace']}/{kind}/{metadata['name']}"
        server.call("DELETE", f"{path}?propagationPolicy=Background")  # the others wait for the garbage collector


def _command(server: apiservers.ApiServer, controllers: Collection[str]) -> list[str]:
    key = server.folder / "service-accounts.key"
    return [
        str(binaries.path("kube-controller-manager")),
        f"--kubeconfig={server.kubeconfig(user='controllers')}",
        f"--controllers={','.join(controllers)}",
        "--leader-elect=false",
        f"--service-account-private-key-file={key}",
        "--use-service-account-credentials=false",
        "--secure-port=0",
        f"--kube-api-qps={_REQUESTS_PER_SECOND}",
        f"--kube-api-burst={_REQUESTS_PER_SECOND}",
    ]
