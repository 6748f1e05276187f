"""Container images made by hand: one small static program in an archive that containerd can import."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import tarfile
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


def compile_program(folder: Path) -> Path:
    """Compile the program that every image holds, statically, and return its path."""
    source = folder / "program.c"
    source.write_text(_PROGRAM)
    program = folder / "program"
    subprocess.run(["gcc", "-static", "-O1", "-o", str(program), str(source)], check=True, capture_output=True)
    return program


def archive(program: Path, reference: str, *, content: str) -> bytes:
    """
    Return a docker-archive with one image, *reference*, that prints *content*.

    The image's ID depends on *content* alone: two references with one content are two tags of one image.
    """
    layer = _tar({"program": program.read_bytes()}, mode=0o755)
    machine = platform.machine()
    config = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {"Entrypoint": ["/program"], "Cmd": [content]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [reference], "Layers": ["layer.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        "layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    return _tar(files, mode=0o644)


def _tar(files: dict[str, bytes], *, mode: int) -> bytes:
    """Pack *files* with nothing in it that changes from call to call."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = mode
            packed.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
