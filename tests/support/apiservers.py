"""A real etcd and kube-apiserver on free ports of 127.0.0.1, in a temporary folder, with a user for each role."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support import audits, binaries, processes

Json = dict[str, Any]

# `admin` may do all, `kubelet` (the fake one and the real one) and `controllers` too, so that the audit log tells their
# writes from those of `daemon`, who may do what gitsidecar needs and nothing more. `reader` may look but not touch;
# `stranger` nothing.
_GROUPS = {
    "admin": "system:masters",
    "kubelet": "system:masters",
    "controllers": "system:masters",
    "daemon": "",
    "reader": "",
    "stranger": "",
}
_ROLES: dict[str, list[Json]] = {
    "daemon": [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "patch"]},
        {"apiGroups": [""], "resources": ["pods/eviction"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch"]},
    ],
    "reader": [{"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["get", "list", "watch"]}],
}
_MARK = "/gitsidecar-tests/compacted"  # a key of ours in etcd: writing it moves the revision on


class ApiServer:
    """
    A running control plane: etcd and kube-apiserver, no scheduler and no controllers.

    Give pods a ``nodeName``, or they stay Pending. Namespaces never finish to be deleted (that is a controller's work):
    use a new name each time, or ``wipe()``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = processes.free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.ca_file = folder / "certificates" / "apiserver.crt"
        self.audit_log = folder / "audit.log"
        self._etcd_url = f"http://127.0.0.1:{processes.free_port()}"
        self._tokens = {user: secrets.token_hex(16) for user in _GROUPS}
        self._etcd: processes.Process | None = None
        self._apiserver: processes.Process | None = None

    def token(self, user: str = "admin") -> str:
        """Return the bearer token of *user*: admin, kubelet, controllers, daemon, reader or stranger."""
        return self._tokens[user]

    def kubeconfig(self, *, user: str = "admin") -> Path:
        """Write (again) a kubeconfig file for *user* and return its path."""
        cluster = {"server": self.url, "certificate-authority": str(self.ca_file)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self.token(user)}}],
            "contexts": [{"name": user, "context": {"cluster": "tests", "user": user}}],
            "current-context": user,
        }
        file = self.folder / f"{user}.kubeconfig"
        file.write_text(json.dumps(config, indent=2))  # JSON is YAML
        file.chmod(0o600)
        return file

    def start(self) -> None:
        """Start both servers and wait until the API answers and knows its users. About 4 s."""
        self._write_files()
        self._etcd = processes.start("etcd", self._etcd_command(), log=self.folder / "etcd.log")
        processes.wait_until(self._is_etcd_ready, what="etcd", timeout=30, watched=[self._etcd])
        self._start_apiserver()
        for user, rules in _ROLES.items():
            self._grant(user, rules)

    def stop(self) -> None:
        """End both servers at once; what they held is lost."""
        for process in (self._apiserver, self._etcd):
            if process is not None:
                process.stop(grace=0)

    def kill(self) -> None:
        """Kill the API server as a power cut would: connections break, watches end without a last event."""
        assert self._apiserver is not None
        self._apiserver.stop(grace=0)

    def restart(self) -> None:
        """Kill the API server and start it again on the same port with the same data. About 3 s."""
        self.kill()
        self._start_apiserver()

    def compact(self) -> None:
        """
        Make every resource version of before this call too old: 410 for a watch, and for a list's ``continue`` token.

        Etcd forgets its history and the API server, restarted, forgets its own (the watch cache keeps a history of its
        own, which etcd's compaction does not touch for minutes).
        """
        self.kill()
        self._etcd_call("kv/put", {"key": _in_base64(_MARK), "value": ""})
        revision = self._etcd_call("kv/range", {"key": _in_base64(_MARK)})["header"]["revision"]
        self._etcd_call("kv/compaction", {"revision": revision, "physical": True})
        self._start_apiserver()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the API server fall silent for a while: connections stay open, nothing is answered."""
        assert self._apiserver is not None
        self._apiserver.popen.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._apiserver.popen.send_signal(signal.SIGCONT)

    def writes(self, *, user: str) -> tuple[audits.Write, ...]:
        """Return all that *user* has written so far, by the API server's own audit log, refused requests included."""
        return audits.read(self.audit_log, user=user)

    def wipe(self) -> None:
        """Delete all pods in all namespaces, at once and without grace."""
        for item in self.call("GET", "/api/v1/namespaces")["items"]:
            self.call("DELETE", f"/api/v1/namespaces/{item['metadata']['name']}/pods?gracePeriodSeconds=0")

    def call(self, method: str, path: str, body: Json | None = None, *, user: str = "admin") -> Json:
        """Send one request and wait for its answer. Raises ``urllib.error.HTTPError`` for a refusal."""
        headers = {"Authorization": f"Bearer {self.token(user)}", "Content-Type": "application/json"}
        return self._send(urllib.request.Request(self.url + path, method=method, headers=headers), body)

    def ssl_context(self) -> ssl.SSLContext:
        """Return a TLS context that trusts this server and no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    def _send(self, request: urllib.request.Request, body: Json | None) -> Json:
        context = self.ssl_context() if request.type == "https" else None
        data = None if body is None else json.dumps(body).encode()
        # No proxy of the machine's may come between the tests and 127.0.0.1.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(request, data=data, timeout=30) as response:
            answer: Json = json.loads(response.read() or b"{}")
            return answer

    def _etcd_call(self, path: str, body: Json) -> Json:
        return self._send(urllib.request.Request(f"{self._etcd_url}/v3/{path}", method="POST"), body)

    def _start_apiserver(self) -> None:
        self._apiserver = processes.start(
            "kube-apiserver", self._apiserver_command(), log=self.folder / "kube-apiserver.log"
        )
        processes.wait_until(self._is_apiserver_ready, what="API server", timeout=60, watched=[self._apiserver])

    def _is_etcd_ready(self) -> bool:
        try:
            return self._send(urllib.request.Request(f"{self._etcd_url}/health"), None).get("health") == "true"
        except OSError:
            return False

    def _is_apiserver_ready(self) -> bool:
        if not self.ca_file.exists():
            return False
        request = urllib.request.Request(f"{self.url}/readyz", headers={"Authorization": f"Bearer {self.token()}"})
        try:
            self._send(request, None)
        except json.JSONDecodeError:
            return True  # it says "ok", in plain text
        except (OSError, ssl.SSLError):
            return False
        return False

    def _write_files(self) -> None:
        lines = [f'{self._tokens[user]},{user},{user},"{group}"' for user, group in _GROUPS.items()]
        (self.folder / "tokens.csv").write_text("\n".join(lines) + "\n")
        (self.folder / "audit.yaml").write_text(json.dumps(audits.POLICY))
        key = self.folder / "service-accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)

    def _grant(self, user: str, rules: list[Json]) -> None:
        group = "rbac.authorization.k8s.io"
        meta = {"name": f"tests-{user}"}
        api = f"/apis/{group}/v1"
        role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules}
        binding = {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": meta["name"]},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        }
        self.call("POST", f"{api}/clusterroles", role)
        self.call("POST", f"{api}/clusterrolebindings", binding)

    def _etcd_command(self) -> list[str | Path]:
        peers = f"http://127.0.0.1:{processes.free_port()}"
        return [
            binaries.path("etcd"),
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={self._etcd_url}",
            f"--advertise-client-urls={self._etcd_url}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def _apiserver_command(self) -> list[str | Path]:
        key = self.folder / "service-accounts.key"
        return [
            binaries.path("kube-apiserver"),
            f"--etcd-servers={self._etcd_url}",
            f"--cert-dir={self.ca_file.parent}",
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://tests.invalid",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",
            "--endpoint-reconciler-type=none",
            f"--audit-policy-file={self.folder / 'audit.yaml'}",
            f"--audit-log-path={self.audit_log}",
        ]


@contextlib.contextmanager
def running() -> Iterator[ApiServer]:
    """Start a control plane in a temporary folder; end it and remove the folder when the block is left."""
    folder = Path(tempfile.mkdtemp(prefix="gitsidecar-apiserver-"))
    server = ApiServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
