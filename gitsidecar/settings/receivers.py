"""Every setting of the push receiver: who may ask, and where it listens."""

from __future__ import annotations

from pathlib import Path

from gitsidecar.settings import forms


class Hooks(forms.Section):
    """The receiver of pushes: `POST /hooks/push` makes the daemon look at the remote at once."""

    secret_file: Path | None = None
    """File with the secret that is shared with the Git server, read at each request; without one nothing is served. Of
    several lines each is valid, so that a secret can be changed without a gap."""

    address: forms.Address = "0.0.0.0:8081"  # an ingress asks from outside the pod
    """host:port to listen on; port 0 takes a free one."""

    certificates_folder: Path | None = None
    """Folder with tls.crt and tls.key, read again every half minute; without one it speaks plain HTTP, for an ingress
    that ends TLS before it."""
