"""Rules for what is in volumes: retired sources need their names, and two files of one folder need two paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.model import findings

# The newer sources have models, with all their fields.
_NEEDED = {
    "awsElasticBlockStore": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "azureFile": ("secretName", "shareName"),
    "cephfs": ("monitors",),
    "cinder": ("volumeID",),
    "flexVolume": ("driver",),
    "gcePersistentDisk": ("pdName",),
    "gitRepo": ("repository",),
    "glusterfs": ("endpoints", "path"),
    "iscsi": ("targetPortal", "iqn"),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "quobyte": ("registry", "volume"),
    "rbd": ("monitors", "image"),
    "scaleIO": ("gateway", "system", "volumeName"),
    "storageos": ("volumeName",),
    "vsphereVolume": ("volumePath",),
}
_NAMING = {"configMap": "name", "secret": "secretName", "persistentVolumeClaim": "claimName"}
_ONE_NEEDED = {"fc": ("targetWWNs", "wwids"), "flocker": ("datasetName", "datasetUUID")}


def check(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with the sources of the volumes of *spec*."""
    for index, volume in enumerate(drafts.items(spec.get("volumes"))):
        path: documents.Path = ("spec", "volumes", index)
        for name, source in drafts.mapping(volume).items():
            if isinstance(source, dict):
                yield from _check_names(draft, (*path, name), source)
                yield from _check_existence(draft, (*path, name, _NAMING.get(name, "")), source)
        yield from _check_files(draft, (*path, "projected"), drafts.mapping(drafts.mapping(volume).get("projected")))


def _check_names(draft: drafts.Draft, path: documents.Path, source: Mapping[str, Any]) -> Iterator[findings.Finding]:
    name = str(path[-1])
    for field in _NEEDED.get(name, ()):
        if not source.get(field):
            yield draft.finding((*path, field), f"is missing: {name} needs it", at_key=True)
    choices = _ONE_NEEDED.get(name, ())
    if choices and sum(bool(source.get(field)) for field in choices) != 1:
        yield draft.finding(path, f"needs exactly one of {' and '.join(choices)}", at_key=True)


def _check_existence(
    draft: drafts.Draft, path: documents.Path, source: Mapping[str, Any]
) -> Iterator[findings.Finding]:
    name = source.get(str(path[-1]))
    if path[-2] in _NAMING and isinstance(name, str) and name and names.domain_fault(name):
        message = f"{names.shown(name)} can be no object's name: Kubernetes takes the pod, which then waits for ever"
        yield draft.finding(path, message, findings.Level.WARNING)


def _check_files(draft: drafts.Draft, path: documents.Path, projected: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield the files that two sources would write; within one source the API server lets the last one win."""
    taken: dict[str, documents.Path] = {}
    for index, part in enumerate(drafts.items(projected.get("sources"))):
        its: dict[str, documents.Path] = {}
        for field, source in drafts.mapping(part).items():
            yield from _check_existence(draft, (*path, "sources", index, field, "name"), drafts.mapping(source))
            for where, file in _files((*path, "sources", index, field), drafts.mapping(source)):
                if file in taken:
                    message = (
                        f"{names.shown(file)} is already written by {documents.spell(taken[file])}: choose another"
                    )
                    yield draft.finding(where, message)
                its[file] = where
        taken = its | taken


def _files(path: documents.Path, source: Mapping[str, Any]) -> Iterator[tuple[documents.Path, str]]:
    for index, item in enumerate(drafts.items(source.get("items"))):
        if isinstance(file := drafts.mapping(item).get("path"), str):
            yield (*path, "items", index, "path"), file
    if isinstance(file := source.get("path"), str):
        yield (*path, "path"), file
