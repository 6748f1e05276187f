"""What a kubelet and containers change on the machine outside any folder: kernel settings and control groups."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

# The kubelet sets these for the whole machine when it starts.
_TUNABLES = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
_CGROUPS = Path("/sys/fs/cgroup")
_PARENT = "k8s.io"  # containerd's namespace, the group in which it puts each container's own


def tunables() -> dict[Path, str]:
    """Return the kernel settings that a kubelet may change, as they are now."""
    files = [Path("/proc/sys") / name for name in _TUNABLES]
    return {file: file.read_text() for file in files if file.exists()}


@contextlib.contextmanager
def kept_tunables() -> Iterator[None]:
    """Put the kernel settings that a kubelet changes back to what they were."""
    before = tunables()
    try:
        yield
    finally:
        for file, value in before.items():
            if file.read_text() != value:
                file.write_text(value)


def cgroups(names: Collection[str]) -> list[Path]:
    """Return the control groups called one of *names*, in all hierarchies."""
    return [Path(folder) for folder, _, _ in os.walk(_CGROUPS) if Path(folder).name in names]


def remove_cgroups(names: Collection[str]) -> None:
    """Remove the control groups of the containers *names*, whose processes must be dead, and the group around them."""
    for top in cgroups(names):
        for folder, _, _ in os.walk(top, topdown=False):
            Path(folder).rmdir()
    for parent in cgroups([_PARENT]):
        with contextlib.suppress(OSError):  # another containerd's containers may be in it
            parent.rmdir()
