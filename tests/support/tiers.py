"""What each tier of tests needs from the machine, and what of it is not there."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests.support import binaries

TIERS = ("apiserver", "node", "browser")

# Command → the Debian package that has it. containerd and runc live in /usr/sbin, which a user's PATH may lack.
_COMMANDS = {
    "apiserver": {"openssl": "openssl"},
    "browser": {"chromium": "chromium"},
    "node": {
        "openssl": "openssl",
        "containerd": "containerd",
        "ctr": "containerd",
        "runc": "runc",
        "iptables": "iptables",
        "conntrack": "conntrack",
        "ip": "iproute2",
        "mount": "mount",
        "unshare": "util-linux",
        "gcc": "gcc",
    },
}
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
CNI_PLUGINS = Path("/usr/lib/cni")
_LIBC_ARCHIVES = ("/usr/lib/x86_64-linux-gnu/libc.a", "/usr/lib/aarch64-linux-gnu/libc.a", "/usr/lib64/libc.a")


def missing(tier: str) -> list[str]:
    """
    Say what this machine lacks to run the tests of *tier*, one of `TIERS`; empty when nothing.

    Each entry reads "what (how to get it)".
    """
    lacks = binaries.missing() if tier in binaries.ALL_TIERS else []
    for command, package in _COMMANDS[tier].items():
        if shutil.which(command, path=SEARCH_PATH) is None:
            lacks.append(f"{command} (apt-get install {package})")
    if tier == "node":
        lacks.extend(_missing_for_a_node())
    return lacks


def _missing_for_a_node() -> list[str]:
    lacks = []
    if sys.platform != "linux":
        return ["Linux"]
    if os.geteuid() != 0:
        lacks.append("root rights (containers are started for real)")
    if not (CNI_PLUGINS / "ptp").exists():
        lacks.append("the CNI plug-ins (apt-get install containernetworking-plugins)")
    if not any(Path(archive).exists() for archive in _LIBC_ARCHIVES):
        lacks.append("a static C library (apt-get install libc6-dev)")
    if not os.access("/sys/fs/cgroup", os.W_OK):
        lacks.append("a writable /sys/fs/cgroup")
    return lacks
