"""`securityContext` of a container."""

from __future__ import annotations

from typing import Literal

from gitsidecar.manifests.schemas import bases


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

    gmsa_credential_spec_name: str | None = None
    gmsa_credential_spec: str | None = None
    run_as_user_name: str | None = None
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
