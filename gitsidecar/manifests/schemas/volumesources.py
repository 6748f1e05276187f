"""Volumes: their common sources; what the retired ones need stands in `rules.sources`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import pydantic

from gitsidecar.manifests import names
from gitsidecar.manifests.schemas import bases, projections, selectors

_Retired = dict[str, Any] | None


def _absolute_fault(path: str) -> str:
    return "" if path.startswith("/") else "must be an absolute path: begin it with '/'"


def _driver_fault(name: str) -> str:
    if len(name) > 63:
        return f"has {len(name)} characters: use at most 63"
    return names.domain_fault(name.lower())


def _modes_fault(modes: list[str]) -> str:
    return "" if modes else "is empty: write e.g. [ReadWriteOnce]"


class HostPath(bases.Model):
    """`hostPath`: a file or folder of the node."""

    path: bases.Text
    type: (
        Literal["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"]
        | None
    ) = None


class EmptyDir(bases.Model):
    """`emptyDir`: an empty folder that lives as long as the pod."""

    medium: str | None = None
    size_limit: bases.Quantity | None = None


class NamedClaim(bases.Model):
    """`persistentVolumeClaim`: a claim that exists in the pod's namespace."""

    claim_name: bases.Text
    read_only: bool | None = None


class ClaimResources(bases.Model):
    """What a claim asks for."""

    limits: dict[bases.LabelKey, bases.Quantity] | None = None
    requests: dict[bases.LabelKey, bases.Quantity]

    @pydantic.model_validator(mode="after")
    def _check_storage(self) -> Self:
        if "storage" not in self.requests:
            raise bases.fault("asks for no storage: write requests: {storage: 1Gi}")
        return self


class ClaimSpec(bases.Model):
    """The claim that each pod gets."""

    access_modes: Annotated[
        list[Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]],
        bases.checked_by(_modes_fault),
    ]
    resources: ClaimResources
    selector: selectors.AnySelector | None = None
    storage_class_name: str | None = None
    volume_name: str | None = None
    volume_mode: Literal["Filesystem", "Block"] | None = None
    volume_attributes_class_name: str | None = None
    data_source: dict[str, Any] | None = None
    data_source_ref: dict[str, Any] | None = None


class ClaimTemplate(bases.Model):
    """`volumeClaimTemplate`."""

    metadata: dict[str, Any] | None = None
    spec: ClaimSpec


class Ephemeral(bases.Model):
    """`ephemeral`: a claim of the pod's own."""

    volume_claim_template: ClaimTemplate


class Csi(bases.Model):
    """`csi`: a volume of a driver, made for the pod."""

    driver: Annotated[str, bases.checked_by(_driver_fault)]
    read_only: bool | None = None
    fs_type: str | None = None
    volume_attributes: dict[str, str] | None = None
    node_publish_secret_ref: projections.Reference | None = None


class Nfs(bases.Model):
    """`nfs`: a folder of a server."""

    server: bases.Text
    path: Annotated[str, bases.checked_by(_absolute_fault)]
    read_only: bool | None = None


class Image(bases.Model):
    """`image`: the files of an image."""

    reference: bases.Image
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None


class Volume(bases.Model):
    """One entry of `volumes`; without a source it is an `emptyDir`."""

    name: bases.Label
    config_map: projections.ConfigMap | None = None
    csi: Csi | None = None
    downward_api: Annotated[projections.DownwardApi | None, pydantic.Field(alias="downwardAPI")] = None
    empty_dir: EmptyDir | None = None
    ephemeral: Ephemeral | None = None
    host_path: HostPath | None = None
    image: Image | None = None
    nfs: Nfs | None = None
    persistent_volume_claim: NamedClaim | None = None
    projected: projections.Projected | None = None
    secret: projections.Secret | None = None

    aws_elastic_block_store: _Retired = None
    azure_disk: _Retired = None
    azure_file: _Retired = None
    cephfs: _Retired = None
    cinder: _Retired = None
    fc: _Retired = None
    flex_volume: _Retired = None
    flocker: _Retired = None
    gce_persistent_disk: _Retired = None
    git_repo: _Retired = None
    glusterfs: _Retired = None
    iscsi: _Retired = None
    photon_persistent_disk: _Retired = None
    portworx_volume: _Retired = None
    quobyte: _Retired = None
    rbd: _Retired = None
    scale_io: Annotated[_Retired, pydantic.Field(alias="scaleIO")] = None
    storageos: _Retired = None
    vsphere_volume: _Retired = None
