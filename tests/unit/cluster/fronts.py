"""Clusters in front of a scripted server."""

from __future__ import annotations

import random

from gitsidecar.cluster import clusters, configurations, connections, feeds
from tests.support import scripted


def connect(
    server: scripted.ScriptedServer, *, silence: float = 20.0, page_size: int = 500
) -> clusters.KubernetesCluster:
    """Return a cluster, not started yet, in front of *server*."""
    target = configurations.Target(server.kubeconfig())
    rhythm = feeds.Rhythm(page_size=page_size, silence=silence)
    return clusters.KubernetesCluster(connections.Connection(target), rhythm=rhythm, jitter=random.Random(1))
