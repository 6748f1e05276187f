"""`securityContext` of a container."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from gitsidecar.manifests.schemas import bases

_USER = re.compile(
    r"(?![^\\]*\\[. ]*$)(?![. ]*$)(?:[^\\\x00-\x1f\x7f]{1,256}\\)?[^\\/:;|=,+*?<>@\[\]\"\x00-\x1f\x7f]{1,104}"
)
_MOST_BYTES = 64 * 1024


def _credential_fault(text: str) -> str:
    return "" if 0 < len(text.encode(errors="replace")) <= _MOST_BYTES else "must have 1 to 65536 bytes"


def _user_fault(text: str) -> str:
    return "" if _USER.fullmatch(text) else "is not a user of Windows: write e.g. ContainerUser, or DOMAIN\\user"


class Capabilities(bases.Model):
    """Capabilities to add and to drop."""

    add: list[bases.Text] | None = None
    drop: list[bases.Text] | None = None


class SeLinuxOptions(bases.Model):
    """The SELinux context."""

    user: str | None = None
    role: str | None = None
    type: str | None = None
    level: str | None = None


class WindowsOptions(bases.Model):
    """What only Windows knows."""

    gmsa_credential_spec_name: bases.ObjectName | None = None
    gmsa_credential_spec: Annotated[str, bases.checked_by(_credential_fault)] | None = None
    run_as_user_name: Annotated[str, bases.checked_by(_user_fault)] | None = None
    host_process: bool | None = None


class Profile(bases.Model):
    """A seccomp or AppArmor profile."""

    type: Literal["RuntimeDefault", "Unconfined", "Localhost"]
    localhost_profile: str | None = None


class SecurityContext(bases.Model):
    """What the container may do on its node."""

    capabilities: Capabilities | None = None
    privileged: bool | None = None
    se_linux_options: SeLinuxOptions | None = None
    windows_options: WindowsOptions | None = None
    run_as_user: bases.UserId | None = None
    run_as_group: bases.UserId | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: Literal["Default", "Unmasked"] | None = None
    seccomp_profile: Profile | None = None
    app_armor_profile: Profile | None = None
