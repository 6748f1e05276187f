"""Where webhooks are tried end to end: a daemon that serves one, with the rights that the manifest gives it."""

from __future__ import annotations

import asyncio
import contextlib
import urllib.error
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support import apis, apiservers, fleets, podspecs, processes, sidecarsets

Json = dict[str, Any]
MANIFEST = Path(__file__).parents[2] / "config" / "kubernetes.yaml"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REGISTRATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/gitsidecar"
BARE = {"nginx": "nginx:1"}
_EMPTY = {
    "Secret": "/api/v1/namespaces/{}/secrets",
    "Lease": "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
}


class Site:
    """A fleet without pods, a namespace of gitsidecar's own, and what a webhook there is configured with."""

    def __init__(self, fleet: fleets.Fleet, namespace: str) -> None:
        self.fleet = fleet
        self.namespace = namespace
        self.port = processes.free_port()

    @property
    def section(self) -> dict[str, Any]:
        """Return the settings of a webhook outside the cluster."""
        url = f"https://127.0.0.1:{self.port}"
        return {
            "enabled": True,
            "address": f"127.0.0.1:{self.port}",
            "namespace": self.namespace,
            "reached": {"url": url},
        }

    async def serve(self, *, image: str = sidecarsets.NEW, **settings: Any) -> str:
        """Push the set, start the daemon with its webhook, wait until new pods are injected; return the revision."""
        revision = await self.fleet.push({"logtail.yaml": sidecarsets.text(image)})
        self.fleet.daemon.settings.change({"webhook": {**self.section, **settings}})
        self.fleet.daemon.start()
        await self.fleet.daemon.ready()
        await self.until_asked()
        return revision

    async def registered(self) -> Json:
        """Return the webhook as it is registered."""
        [found] = (await self.fleet.api.request("GET", REGISTRATION))["webhooks"]
        return dict(found)

    async def until_asked(self) -> None:
        """Wait until the API server asks the webhook: it hears of a registration a moment after that was written."""
        async with asyncio.timeout(30):
            while "logtail" not in await self.images("probe", is_dry_run=True):  # noqa: ASYNC110  # nobody tells us
                await asyncio.sleep(0.1)

    async def create(self, name: str, *, labels: Mapping[str, str] | None = None, is_dry_run: bool = False) -> Json:
        """Create a pod of the application, without sidecars in its template, and return what became of it."""
        pod = podspecs.pod(name, BARE, labels={**sidecarsets.LABELS, **(labels or {})})
        params = {"dryRun": "All"} if is_dry_run else {}
        return await self.fleet.api.request("POST", apis.pods_path("default"), body=pod, params=params)

    async def images(self, name: str, **options: Any) -> dict[str, str]:
        """Create a pod and return its containers and their images."""
        return images(await self.create(name, **options))

    async def until_counted(self, holds: Callable[[Json], bool]) -> Json:
        """Wait for a recorded status, and return it."""
        return await self.fleet.until_status(holds, what="a status")


@contextlib.contextmanager
def granted(server: apiservers.ApiServer, namespace: str, *, user: str) -> Iterator[None]:
    """
    Give *user* what the manifest gives the webhook, with *namespace* as gitsidecar's own, while the block runs.

    The empty Secret and Lease of the manifest stay there: the webhook may not make them.
    """
    name = f"{namespace}-{user}"
    subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
    made = []
    for each in yaml.safe_load_all(MANIFEST.read_text()):
        if (path := _EMPTY.get(each["kind"])) is not None:
            body = {**each, "metadata": {**each["metadata"], "namespace": namespace}}
            with contextlib.suppress(urllib.error.HTTPError):  # another user's rights there came before
                server.call("POST", path.format(namespace), body)
        if each["kind"] in ("ClusterRole", "Role") and each["metadata"]["name"] == "gitsidecar-webhook":
            kind = each["kind"]
            place = RBAC if kind == "ClusterRole" else f"{RBAC}/namespaces/{namespace}"
            head = {"apiVersion": each["apiVersion"], "metadata": {"name": name}}
            reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
            binding = {**head, "kind": f"{kind}Binding", "roleRef": reference, "subjects": [subject]}
            server.call("POST", f"{place}/{kind.lower()}s", {**head, "kind": kind, "rules": each["rules"]})
            server.call("POST", f"{place}/{kind.lower()}bindings", binding)
            made += [f"{place}/{kind.lower()}bindings/{name}", f"{place}/{kind.lower()}s/{name}"]
    try:
        yield
    finally:
        for path in made:
            server.call("DELETE", path)


def images(pod: Json) -> dict[str, str]:
    """Return the containers of a pod and their images."""
    return {each["name"]: each["image"] for each in pod["spec"]["containers"]}
