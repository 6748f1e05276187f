"""Volumes: the name is checked, the source is kept as written and left to the API server."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic

from gitsidecar.manifests.schemas import bases

_Source = dict[str, Any] | None


class Volume(bases.Model):
    """One entry of `volumes`."""

    name: bases.Label
    aws_elastic_block_store: _Source = None
    azure_disk: _Source = None
    azure_file: _Source = None
    cephfs: _Source = None
    cinder: _Source = None
    config_map: _Source = None
    csi: _Source = None
    downward_api: Annotated[_Source, pydantic.Field(alias="downwardAPI")] = None
    empty_dir: _Source = None
    ephemeral: _Source = None
    fc: _Source = None
    flex_volume: _Source = None
    flocker: _Source = None
    gce_persistent_disk: _Source = None
    git_repo: _Source = None
    glusterfs: _Source = None
    host_path: _Source = None
    image: _Source = None
    iscsi: _Source = None
    nfs: _Source = None
    persistent_volume_claim: _Source = None
    photon_persistent_disk: _Source = None
    portworx_volume: _Source = None
    projected: _Source = None
    quobyte: _Source = None
    rbd: _Source = None
    scale_io: Annotated[_Source, pydantic.Field(alias="scaleIO")] = None
    secret: _Source = None
    storageos: _Source = None
    vsphere_volume: _Source = None
