"""Real Git remotes: a bare repository as a folder, over HTTP (git-http-backend) and over SSH (a real sshd)."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import getpass
import http.server
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gitsidecar.repository import remotes as addresses
from tests.support import processes

SSHD = Path("/usr/sbin/sshd")
_NAME = "fleet.git"


@dataclasses.dataclass(frozen=True, slots=True)
class Served:
    """One bare repository and how a client reaches it; *repository* is its folder on this machine."""

    repository: Path
    url: str
    username: str = "git"
    token_file: Path | None = None
    ssh_key_file: Path | None = None
    known_hosts_file: Path | None = None

    def address(self, **changes: Any) -> addresses.Remote:
        """Return what gitsidecar needs to know to reach it, with *changes*."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del fields["repository"]
        return addresses.Remote(**{"timeout": 30.0, **fields, **changes})


def create(folder: Path) -> Path:
    """Make an empty bare repository in *folder*, whose first branch is to be ``main``."""
    repository = folder / _NAME
    git("init", "--quiet", "--bare", "--initial-branch=main", str(repository))
    return repository


def by_file(folder: Path) -> Served:
    """Make a repository that is reached as a folder."""
    repository = create(folder)
    return Served(repository, f"file://{repository}")


def git(*arguments: str, folder: Path | None = None, stdin: bytes | None = None) -> str:
    """Run the git command line as a person would, but without this machine's configuration; return what it printed."""
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, env=_clean(), timeout=60)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode(errors="surrogateescape").rstrip("\n")


class HttpServer:
    """
    Serves the repositories in *root* with git-http-backend on 127.0.0.1.

    With a *token*, only requests that carry it (as the password of Basic, or as Bearer) are answered; `token` may be
    changed at any time. `status`, when set, is the answer to all requests. Requests whose path ends with `unheard`, if
    set, are carried out, but the connection closes without an answer. `seen` lists method, path and the Authorization
    header of each, and `watch`, when set, is called at each, while the client waits. With a *certificate* file, which
    holds the key too, it speaks HTTPS.
    """

    def __init__(self, root: Path, *, token: str = "", certificate: Path | None = None) -> None:
        self.root = root
        self.certificate = certificate
        self.watch: Callable[[], None] | None = None
        self.token = token
        self.status: tuple[int, Mapping[str, str]] | None = None
        self.unheard = ""
        self.seen: list[tuple[str, str, str]] = []
        self.port = processes.free_port()
        self._server: http.server.ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def url(self, name: str = _NAME) -> str:
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Begin to serve, on the same port each time."""
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="http remote")
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; clients are refused until the next `start`."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None

    def may_pass(self, authorization: str) -> bool:
        """Say whether a request with this Authorization header is let in."""
        if not self.token or authorization == f"Bearer {self.token}":
            return True
        scheme, _, encoded = authorization.partition(" ")
        return scheme == "Basic" and base64.b64decode(encoded).decode().partition(":")[2] == self.token


@contextlib.contextmanager
def serving_http(folder: Path, *, token: str = "") -> Iterator[tuple[HttpServer, Served]]:
    """Make a repository and serve it over HTTP while the block runs; the token, if any, is in a file of *folder*."""
    repository = create(folder)
    server = HttpServer(folder, token=token)
    token_file = None
    if token:
        token_file = folder / "token"
        token_file.write_text(token + "\n", encoding="utf-8")
    server.start()
    try:
        yield server, Served(repository, server.url(), username="x-access-token", token_file=token_file)
    finally:
        server.stop()


@dataclasses.dataclass(frozen=True, slots=True)
class SshServer:
    """A running sshd of one's own: its port, the key that it lets in, and the known-hosts file that names it."""

    port: int
    user_key: Path
    known_hosts: Path

    def serve(self, folder: Path) -> Served:
        """Make a repository and say how to reach it over this server."""
        repository = create(folder)
        url = f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{repository}"
        return Served(repository, url, ssh_key_file=self.user_key, known_hosts_file=self.known_hosts)


@contextlib.contextmanager
def serving_ssh(folder: Path) -> Iterator[SshServer]:
    """Run an sshd with keys of its own in *folder* while the block runs."""
    for name in ("host_key", "user_key"):
        make_key(folder / name)
    shutil.copyfile(folder / "user_key.pub", folder / "authorized_keys")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where a root's sshd insists to lock up its other half
    port = processes.free_port()
    config = folder / "sshd_config"
    config.write_text(_SSHD_CONFIG.format(port=port, folder=folder), encoding="utf-8")
    process = processes.start("sshd", [SSHD, "-D", "-e", "-f", config], log=folder / "sshd.log")
    try:
        server = SshServer(port, folder / "user_key", folder / "known_hosts")
        write_known_hosts(server.known_hosts, port=port, public_key=folder / "host_key.pub")
        processes.wait_until(
            lambda: "Server listening" in process.end_of_log(), what="sshd", timeout=10, watched=[process]
        )
        yield server
    finally:
        process.stop()


def make_certificate(path: Path) -> None:
    """Write a new self-signed certificate for 127.0.0.1, and its key, to one file."""
    key = path.with_suffix(".key")
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [*request, *names, "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    path.write_bytes(path.read_bytes() + key.read_bytes())


def make_key(path: Path) -> None:
    """Write a new SSH key to *path* and its public half beside it."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=30)


def write_known_hosts(path: Path, *, port: int, public_key: Path) -> None:
    """Write a known-hosts file that names 127.0.0.1 at *port* with *public_key*."""
    kind, key, *_ = public_key.read_text(encoding="utf-8").split()
    path.write_text(f"[127.0.0.1]:{port} {kind} {key}\n", encoding="utf-8")


def has_sshd() -> bool:
    """Say whether this machine can run a real sshd."""
    return SSHD.exists() and all(shutil.which(name) for name in ("ssh", "ssh-keygen"))


_SSHD_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
"""


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request, handed to git-http-backend as CGI."""

    owner: HttpServer

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, format: str, *args: object) -> None:
        return

    def _answer(self, body: bytes) -> None:
        authorization = self.headers.get("Authorization", "")
        self.owner.seen.append((self.command, self.path, authorization))
        if self.owner.watch is not None:
            self.owner.watch()
        if self.owner.status is not None:
            self._refuse(*self.owner.status)
        elif not self.owner.may_pass(authorization):
            self._refuse(401, {"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._run_backend(body)

    def _refuse(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _run_backend(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        env = {
            **_clean(),
            "GIT_PROJECT_ROOT": str(self.owner.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "tests",  # without one, the backend takes no pushes
            "REMOTE_ADDR": "127.0.0.1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=env, timeout=60)
        if self.owner.unheard and path.endswith(self.owner.unheard):
            return
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


def _clean() -> dict[str, str]:
    """Return the environment for git in the tests: this machine's configuration must not decide them."""
    fixed = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    people = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _PERSON.items()}
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.devnull, **fixed, **people}


_PERSON = {"NAME": "Ada Lovelace", "EMAIL": "ada@example.com"}
