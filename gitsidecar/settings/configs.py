"""Every setting: its name, unit, default, and why it is that. `config/gitsidecar.yaml` shows them all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pydantic

from gitsidecar.manifests.schemas import bases
from gitsidecar.settings import dashboards, forms, notifications, receivers, webhooks


class Credentials(forms.Section):
    """How the remote knows us. Files are read at each use, so a rotated secret is taken up at once."""

    username: bases.Text = "git"
    """User name sent beside the token; GitHub and GitLab take any, Bitbucket wants ``x-token-auth``."""

    token_file: Path | None = None
    """File that holds an access token for http(s) and nothing else."""

    ssh_key_file: Path | None = None
    """Private key for ssh, readable by us only."""

    known_hosts_file: Path | None = None
    """Host keys that are trusted for ssh; without an entry for the host the connection is refused."""

    ca_file: Path | None = None
    """CA bundle for https, where the remote's certificate is not signed by a public one."""


class Repository(forms.Section):
    """Where the SidecarSets are."""

    url: bases.Text
    """Remote repository: https://, ssh://, user@host:path, or a folder. Never with a password in it."""

    branch: bases.Text = "main"
    """Branch that is followed."""

    path: str = ""
    """Folder of the SidecarSets inside the repository; empty = all of it."""

    folder: Path = Path("/var/lib/gitsidecar")
    """Folder of ours for the mirror; may be lost at any time, costs one fetch to make again."""

    poll_interval: forms.Seconds = 30.0
    """Time between two looks at the remote: half a minute until a stop is seen, two small requests a minute."""

    timeout: forms.Seconds = 60.0
    """Longest time one Git command may take before it is killed."""

    rewritten_history: Literal["Halt", "Accept"] = "Halt"
    """What a force-push of the branch does: Halt stops at the last revision until a person looks, Accept follows."""

    allow_insecure_http: bool = False
    """Whether http:// is allowed: tokens would travel in the open."""

    credentials: Credentials = Credentials()


class Status(forms.Section):
    """Where the audit trail goes."""

    branch: str = ""
    """Branch for it in the same repository; empty = gitsidecar/status/<cluster.name>."""

    path: str = ""
    """Folder inside that branch; empty = its top."""

    interval: forms.Seconds = 30.0
    """Shortest time between two commits that tell of mere progress; transitions are committed at once."""

    author_name: bases.Text = "gitsidecar"
    """Author and committer of the status commits."""

    author_email: bases.Text = "gitsidecar@localhost"
    """Their address."""


class Cluster(forms.Section):
    """Which pods."""

    name: bases.Label = "default"
    """Name of the cluster in commits and in the status branch's name: a-z, 0-9 and ``-``."""

    kubeconfig: Path | None = None
    """Kubeconfig file; without one the service account of the pod we run in is used."""

    context: str = ""
    """Context of the kubeconfig; empty = its current one."""

    page_size: Annotated[int, pydantic.Field(ge=1, le=5000)] = 500
    """Pods in one page of a list: about 3 MB, decoded in about 20 ms."""


class Limits(forms.Section):
    """How hard the cluster is worked."""

    writes_in_flight: Annotated[int, pydantic.Field(ge=1, le=500)] = 20
    """Patches sent at the same time, whatever the budgets allow."""

    coalesce: forms.Seconds = 0.5
    """Shortest pause between two passes: pod events that come in between make one pass."""


class Probes(forms.Section):
    """The daemon's own port: /healthz, /readyz, /metrics."""

    address: forms.Address = "0.0.0.0:8080"  # the kubelet asks from outside the pod
    """host:port to listen on; port 0 takes a free one."""


class Log(forms.Section):
    """The log, on standard error."""

    style: Literal["auto", "json", "console"] = "auto"
    """auto = coloured on a terminal, JSON lines otherwise."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is written."""


class GitsidecarConfig(forms.Section):
    """All settings of one daemon."""

    api_version: Literal["gitsidecar.io/v1alpha1"] = "gitsidecar.io/v1alpha1"
    kind: Literal["GitsidecarConfig"] = "GitsidecarConfig"
    repository: Repository
    status: Status = Status()
    cluster: Cluster = Cluster()
    limits: Limits = Limits()
    probes: Probes = Probes()
    webhook: webhooks.Webhook = webhooks.Webhook()
    dashboard: dashboards.Dashboard = dashboards.Dashboard()
    hooks: receivers.Hooks = receivers.Hooks()
    notify: notifications.Notifiers = ()
    """Who is told what happens to the sets; see docs/notifications.md. As a variable: the list in JSON."""

    log: Log = Log()

    @property
    def status_branch(self) -> str:
        """Return the name of the status branch."""
        return self.status.branch or f"gitsidecar/status/{self.cluster.name}"
