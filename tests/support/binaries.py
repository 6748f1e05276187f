"""Build etcd and the programs of Kubernetes from their Go modules, once, into a cache outside the repository."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

_MODULES = Path(__file__).resolve().parent.parent / "controlplane"
ALL_TIERS = frozenset({"apiserver", "node"})
_VERSION_OF_K8S = re.compile(r"^\s*(?:require )?k8s\.io/kubernetes (v(\d+)\.(\d+)\.\S+)", re.MULTILINE)


class BuildError(Exception):
    """The binaries could not be built; the message says why and what to do."""


@dataclasses.dataclass(frozen=True, slots=True)
class Binary:
    """A program to build: its file name, the folder of its Go module, its package, and the tiers that run it."""

    name: str
    module: Path
    package: str
    tiers: frozenset[str] = ALL_TIERS


BINARIES = (
    Binary("etcd", _MODULES / "etcd", "go.etcd.io/etcd/server/v3"),
    Binary("kube-apiserver", _MODULES, "k8s.io/kubernetes/cmd/kube-apiserver"),
    Binary(
        "kube-controller-manager",
        _MODULES,
        "k8s.io/kubernetes/cmd/kube-controller-manager",
        tiers=frozenset({"apiserver"}),
    ),
    Binary("kubelet", _MODULES, "k8s.io/kubernetes/cmd/kubelet", tiers=frozenset({"node"})),
)


def missing() -> list[str]:
    """Say what the build lacks on this machine; empty when it can run."""
    if shutil.which("go") is None:
        return ["go (1.26 or newer, to build Kubernetes from source)"]
    try:
        _go_version()
    except BuildError as error:
        return [str(error)]
    return []


def folder() -> Path:
    """Return the folder of the binaries that belong to the module files and the Go of now, built or not."""
    key = hashlib.sha256(_go_version().encode())
    for module in (_MODULES, _MODULES / "etcd"):
        for file in ("go.mod", "go.sum"):
            key.update((module / file).read_bytes())
    return _cache() / key.hexdigest()[:16]


def path(name: str) -> Path:
    """Return the path of the binary *name*. Raises ``BuildError`` when it has not been built."""
    file = folder() / name
    if not file.exists():
        raise BuildError(f"{name} is not built yet: run `python -m tests.support.binaries`")
    return file


def build(say: Callable[[str], None] = print, *, tiers: Collection[str] = ALL_TIERS) -> Path:
    """
    Build what *tiers* run and is not in the cache yet, and return the folder of the binaries.

    Two processes that ask at the same time build once: the second waits for the first. *say* is told about each
    build before it starts, because from nothing they take minutes. Raises ``BuildError``.
    """
    if lacks := missing():
        raise BuildError(f"cannot build Kubernetes for the tests: missing {', '.join(lacks)}")
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    wanted = [binary for binary in BINARIES if not binary.tiers.isdisjoint(tiers)]
    if not _unbuilt(wanted, target):
        return target
    with _locked(target / "lock", say):
        for binary in _unbuilt(wanted, target):
            _build_one(binary, target, say)
    return target


def _unbuilt(wanted: Iterable[Binary], target: Path) -> list[Binary]:
    return [binary for binary in wanted if not (target / binary.name).exists()]


def _build_one(binary: Binary, target: Path, say: Callable[[str], None]) -> None:
    say(f"building {binary.name} from source into {target} (only once; all four take about 8 minutes on two cores)")
    started = time.monotonic()
    partial = target / f"{binary.name}.{os.getpid()}.partial"
    command = ["go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", _linker_flags()]
    try:
        _run([*command, "-o", str(partial), binary.package], cwd=binary.module)
        partial.rename(target / binary.name)
    finally:
        partial.unlink(missing_ok=True)
    say(f"built {binary.name} in {time.monotonic() - started:.0f} s")


def _linker_flags() -> str:
    """Return flags that strip the binary and give Kubernetes its version; unknown symbols do no harm to etcd."""
    match = _VERSION_OF_K8S.search((_MODULES / "go.mod").read_text())
    if match is None:
        raise BuildError(f"{_MODULES / 'go.mod'}: no `require` of k8s.io/kubernetes with a version")
    values = zip(("gitVersion", "gitMajor", "gitMinor"), match.groups(), strict=True)
    return " ".join(["-s", "-w", *(f"-X k8s.io/component-base/version.{name}={value}" for name, value in values)])


def _go_version() -> str:
    """Return Go's version as seen from the module's folder, where a newer toolchain may be asked for."""
    return _run(["go", "env", "GOVERSION"], cwd=_MODULES).strip()


def _run(command: list[str], *, cwd: Path) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise BuildError(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        end = "\n".join(error.stderr.splitlines()[-15:])
        raise BuildError(f"`{' '.join(command[:2])}` in {cwd} failed:\n{end}") from error
    return done.stdout


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "gitsidecar-tests"


@contextlib.contextmanager
def _locked(file: Path, say: Callable[[str], None]) -> Iterator[None]:
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is building the same binaries: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back, also when this process is killed


def main() -> int:
    """Build everything for `.ci/run`; exit code 1 when something is missing or does not build."""
    try:
        target = build(lambda line: print(line, flush=True))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{', '.join(binary.name for binary in BINARIES)} are in {target}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
