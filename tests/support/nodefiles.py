"""The files of a real node: what containerd, its network plug-ins and the kubelet are configured with."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from tests.support import images, processes, tiers

Json = dict[str, Any]

_CRI = "io.containerd.grpc.v1.cri"
_FORWARDING = "/proc/sys/net/ipv4/ip_forward"


def write(folder: Path, *, socket: Path, registry: str) -> None:
    """Write them into *folder*: containerd at *socket* pulls every image from the URL *registry*, never elsewhere."""
    hosts = folder / "registries" / "_default"
    for each in (folder / "cni", hosts):
        each.mkdir(parents=True)
    # Both lines: without a [host] this containerd calls the file invalid, and asks the public registry after all.
    (hosts / "hosts.toml").write_text(f'server = "{registry}"\n[host."{registry}"]\n')
    (folder / "forwarding").write_text("1\n")
    (folder / "cni" / "10-ptp.conflist").write_text(json.dumps(_network(folder)))
    (folder / "containerd.toml").write_text(_containerd_config(folder, socket))
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (folder / "kubelet.json").write_text(json.dumps(_kubelet_config(folder, socket)))


def containerd(folder: Path) -> list[str]:
    """
    Return the command that runs containerd, in mounts of its own.

    `ptp` lets the whole machine forward packets unless it does already. No pod of a test needs that, so it is told so.
    """
    told = shlex.join(["mount", "--bind", str(folder / "forwarding"), _FORWARDING])
    run = shlex.join(["exec", "containerd", "--config", str(folder / "containerd.toml")])
    return ["bash", "-c", f"{told} && {run}"]


def _containerd_config(folder: Path, socket: Path) -> str:
    # restrict_oom_score_adj: without the right to lower the score, runc dies with a message about a pipe.
    return f"""
version = 2
root = "{folder / "root"}"
state = "{folder / "state"}"
[grpc]
  address = "{socket}"
[plugins."{_CRI}"]
  sandbox_image = "{images.PAUSE}"
  restrict_oom_score_adj = true
  [plugins."{_CRI}".registry]
    config_path = "{folder / "registries"}"
  [plugins."{_CRI}".cni]
    bin_dir = "{tiers.CNI_PLUGINS}"
    conf_dir = "{folder / "cni"}"
"""


def _network(folder: Path) -> Json:
    """Return the network of pods that do not use the host's; without one the kubelet would not call its node ready."""
    ranges = [[{"subnet": "10.89.0.0/24"}]]
    addresses = {"type": "host-local", "dataDir": str(folder / "cni-addresses"), "ranges": ranges}
    return {"cniVersion": "0.4.0", "name": "tests", "plugins": [{"type": "ptp", "ipam": addresses}]}


def _kubelet_config(folder: Path, socket: Path) -> Json:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "evictionHard": {"memory.available": "1Mi"},
        "imageGCHighThresholdPercent": 100,
        "makeIPTablesUtilChains": False,  # they would stay in the machine's tables
        "address": "127.0.0.1",
        "port": processes.free_port(),
        "healthzPort": processes.free_port(),
        "readOnlyPort": 0,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "resolvConf": str(folder / "resolv.conf"),
        "podLogsDir": str(folder / "pod-logs"),
    }
