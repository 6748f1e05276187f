"""Container images made by hand: one layer of a few files, as containerd imports it or as a registry serves it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import platform
import re
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

PAUSE = "registry.k8s.io/pause:3.10"

# It prints its arguments and waits for SIGTERM. The signals are blocked first: as process 1 of a container it would
# otherwise ignore SIGTERM, and every restart would take the whole grace period.
_PROGRAM = """
#include <signal.h>
#include <stdio.h>

int main(int argc, char **argv) {
    sigset_t ends;
    int ending;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    for (int i = 1; i < argc; i++) printf("%s\\n", argv[i]);
    fflush(stdout);
    return sigwait(&ends, &ending);
}
"""
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_LIBRARY = re.compile(r"(/\S+) \(0x")  # in a line of `ldd`: the name alone, or after an arrow


@dataclasses.dataclass(frozen=True, slots=True)
class Image:
    """An image called *reference*; its ID depends on *config* alone, in which the digest of *layer* stands."""

    reference: str
    layer: bytes
    config: bytes


def compile_program(folder: Path) -> Path:
    """Compile the program that every image holds, statically, and return its path."""
    source = folder / "program.c"
    source.write_text(_PROGRAM)
    program = folder / "program"
    subprocess.run(["gcc", "-static", "-O1", "-o", str(program), str(source)], check=True, capture_output=True)
    return program


def of_program(program: Path, reference: str, *, content: str) -> Image:
    """
    Return an image that prints *content*.

    Its ID depends on *content* alone: two references with one content are two tags of one image.
    """
    return of_files(reference, {"program": program.read_bytes()}, command=["/program", content])


def of_files(reference: str, files: Mapping[str, bytes], *, command: Sequence[str] = ()) -> Image:
    """Return an image of *files*, by path, all of which may be executed."""
    layer = _tar(files, mode=0o755)
    machine = platform.machine()
    config = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {"Entrypoint": list(command[:1]), "Cmd": list(command[1:])},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
    }
    return Image(reference, layer, json.dumps(config).encode())


def shell() -> dict[str, bytes]:
    """
    Return ``sh`` and ``sleep`` by path, with the libraries they load, for an image with scripts.

    They are this machine's; ``sh`` is bash, which becomes the one command that ``sh -c`` names. Other shells stay as
    process 1 of the container, which no SIGTERM reaches.
    """
    own = {"bin/sh": Path("/bin/bash"), "bin/sleep": Path("/bin/sleep")}
    listed = subprocess.run(["ldd", *own.values()], check=True, capture_output=True, text=True).stdout
    files = own | {path.lstrip("/"): Path(path) for path in _LIBRARY.findall(listed)}
    return {name: file.read_bytes() for name, file in files.items()}


def archive(image: Image) -> bytes:
    """Return *image* as a docker-archive."""
    manifest = [{"Config": "config.json", "RepoTags": [image.reference], "Layers": ["layer.tar"]}]
    files = {
        "config.json": image.config,
        "layer.tar": image.layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    return _tar(files, mode=0o644)


def digest(content: bytes) -> str:
    """Return the name by which images call *content*."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _tar(files: Mapping[str, bytes], *, mode: int) -> bytes:
    """Pack *files* with nothing in it that changes from call to call."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = mode
            packed.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
