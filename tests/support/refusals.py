"""
Fields of containers and volumes that no pod may have, each beside a near one that pods may have.

`python` literals, because the tests of two tiers read them: that the manifests' reader refuses exactly the former, and
that the real API server does.
"""

from __future__ import annotations

import dataclasses
from typing import Any

Json = dict[str, Any]
_MOUNT: Json = {"name": "v", "mountPath": "/v"}
_EXIT: Json = {"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}
_CPU: Json = {"resourceName": "cpu", "restartPolicy": "NotRequired"}
_FIELD: Json = {"fieldRef": {"fieldPath": "metadata.name"}}
_CPU_OF_SIDE: Json = {"resourceFieldRef": {"containerName": "side", "resource": "limits.cpu"}}
_CLAIM: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """A container named ``side`` with fields of its own, which mounts `volume`, named ``v``."""

    side: Json
    volume: Json = dataclasses.field(default_factory=lambda: {"emptyDir": {}})
    is_init: bool = False

    @property
    def container(self) -> Json:
        """Return the container."""
        return {"name": "side", "image": "side:1", "volumeMounts": [_MOUNT], **self.side}

    @property
    def field(self) -> str:
        """Return the list of the pod, or of the set, that the container stands in."""
        return "initContainers" if self.is_init else "containers"

    @property
    def volumes(self) -> list[Json]:
        """Return the volumes of the pod, or of the set."""
        return [{"name": "v", **self.volume}]


def _security(**context: Any) -> Case:
    return Case({"securityContext": context})


def _profile(field: str, kind: str, name: str | None = None) -> Case:
    return _security(**{field: {"type": kind, **({} if name is None else {"localhostProfile": name})}})


def _windows(**options: Any) -> Case:
    return _security(windowsOptions=options)


def _mount(*, privileged: bool = False, **fields: Any) -> Case:
    side = {"volumeMounts": [_MOUNT | fields]}
    return Case(side | ({"securityContext": {"privileged": True}} if privileged else {}))


def _ready(**probe: Any) -> Case:
    return Case({"readinessProbe": probe})


def _header(name: str) -> Case:
    return _ready(httpGet={"port": 80, "httpHeaders": [{"name": name, "value": "x"}]})


def _rules(*rules: Json, is_init: bool = False, **fields: Any) -> Case:
    return Case({"restartPolicyRules": list(rules), **fields}, is_init=is_init)


def _value(**source: Any) -> Case:
    return Case({"env": [{"name": "A", "valueFrom": source}]})


def _field(path: str, **others: str) -> Case:
    return _value(fieldRef={"fieldPath": path, **others})


def _resource(name: str, divisor: str | None = None) -> Case:
    return _value(resourceFieldRef={"resource": name, **({} if divisor is None else {"divisor": divisor})})


def _key(source: str, name: str, key: str) -> Case:
    return _value(**{source: {"name": name, "key": key}})


def _all_of(source: str, name: str, prefix: str = "") -> Case:
    return Case({"envFrom": [{source: {"name": name}, "prefix": prefix}]})


def _file(key: str) -> Case:
    return _value(fileKeyRef={"volumeName": "v", "path": "a", "key": key})


def _volume(**source: Any) -> Case:
    return Case({}, source)


def _files(*items: Json, **others: Any) -> Case:
    return _volume(downwardAPI={"items": list(items), **others})


def _file_of_field(path: str) -> Case:
    return _files({"path": "a", "fieldRef": {"fieldPath": path}})


def _item(**item: Any) -> Case:
    return _volume(configMap={"name": "a", "items": [item]})


def _parts(*sources: Json) -> Case:
    return _volume(projected={"sources": list(sources)})


REFUSED = {
    "seccomp without a name": _profile("seccompProfile", "Localhost"),
    "seccomp from the root": _profile("seccompProfile", "Localhost", "/a"),
    "seccomp outside its folder": _profile("seccompProfile", "Localhost", "../a"),
    "seccomp with a name too many": _profile("seccompProfile", "RuntimeDefault", "a"),
    "seccomp with an empty name too many": _profile("seccompProfile", "Unconfined", ""),
    "AppArmor without a name": _profile("appArmorProfile", "Localhost"),
    "AppArmor with an empty name": _profile("appArmorProfile", "Localhost", ""),
    "AppArmor with a space before": _profile("appArmorProfile", "Localhost", " a"),
    "AppArmor with a space behind": _profile("appArmorProfile", "Localhost", "a "),
    "AppArmor with a long name": _profile("appArmorProfile", "Localhost", "a" * 4096),
    "AppArmor with a name too many": _profile("appArmorProfile", "RuntimeDefault", "a"),
    "a user that is no 31 bits": _security(runAsUser=2**31),
    "a group that is no 31 bits": _security(runAsGroup=2**31),
    "credentials of no name": _windows(gmsaCredentialSpecName="A_b"),
    "empty credentials": _windows(gmsaCredentialSpec=""),
    "long credentials": _windows(gmsaCredentialSpec="a" * (64 * 1024 + 1)),
    "a user of no name": _windows(runAsUserName=""),
    "a user in two domains": _windows(runAsUserName=r"a\b\c"),
    "a user with a tab": _windows(runAsUserName="a\tb"),
    "a user of dots": _windows(runAsUserName="..."),
    "a user with a colon": _windows(runAsUserName="a:b"),
    "Bidirectional without privileges": _mount(mountPropagation="Bidirectional"),
    "all read-only, but not itself": _mount(recursiveReadOnly="Enabled"),
    "all read-only if possible, but not itself": _mount(recursiveReadOnly="IfPossible", readOnly=False),
    "all read-only and propagated": _mount(
        recursiveReadOnly="Enabled", readOnly=True, mountPropagation="HostToContainer"
    ),
    "no command": _ready(exec={}),
    "an empty command": _ready(exec={"command": []}),
    "an empty command of a hook": Case({"lifecycle": {"postStart": {"exec": {}}}}),
    "a header with a space": _header("a b"),
    "a header with an underline": _header("a_b"),
    "a header with a dot": _header("a.b"),
    "a header of a hook": Case(
        {"lifecycle": {"preStop": {"httpGet": {"port": 80, "httpHeaders": [{"name": "a b", "value": "x"}]}}}}
    ),
    "rules without a policy": _rules(_EXIT),
    "rules without a policy at the start": _rules(_EXIT, is_init=True),
    "rules without codes": _rules({"action": "Restart"}, restartPolicy="Never"),
    "too many rules": _rules(*[_EXIT] * 21, restartPolicy="Never"),
    "too many codes": _rules(
        {"action": "Restart", "exitCodes": {"operator": "In", "values": list(range(256))}}, restartPolicy="Never"
    ),
    "a resource resized twice": Case({"resizePolicy": [_CPU, _CPU]}),
    "a ConfigMap of no name": _key("configMapKeyRef", "A_b", "k"),
    "a key with a slash": _key("configMapKeyRef", "a", "a/b"),
    "a key of dots": _key("configMapKeyRef", "a", ".."),
    "a key with dots before": _key("configMapKeyRef", "a", "..a"),
    "a long key": _key("configMapKeyRef", "a", "a" * 254),
    "a Secret of no name": _key("secretKeyRef", "A_b", "k"),
    "a key with a space": _key("secretKeyRef", "a", "a b"),
    "all of a ConfigMap of no name": _all_of("configMapRef", "A_b"),
    "all of a Secret of no name": _all_of("secretRef", "A_b"),
    "a prefix with =": _all_of("configMapRef", "a", "a=b"),
    "a prefix that is not ASCII": _all_of("configMapRef", "a", "ü"),
    "a variable of a file with =": _file("a=b"),
    "all labels in a variable": _field("metadata.labels"),
    "a label of no name": _field("metadata.labels['a b']"),
    "a label of nothing": _field("metadata.labels['']"),
    "a label without quotes": _field("metadata.labels[a]"),
    "an annotation of no name": _field("metadata.annotations['a b']"),
    "a part of the name": _field("metadata.name['a']"),
    "the restart policy": _field("spec.restartPolicy"),
    "the phase": _field("status.phase"),
    "a field that is not": _field("x"),
    "a field with a space behind": _field("status.podIP "),
    "another version": _field("metadata.name", apiVersion="v2"),
    "a device plug-in's resource": _resource("limits.example.com/gpu"),
    "a resource of neither": _resource("cpu"),
    "a resource of pods": _resource("limits.pods"),
    "half of two processors": _resource("limits.cpu", "2"),
    "thousandths of bytes": _resource("limits.memory", "1m"),
    "two megabytes": _resource("limits.memory", "2Mi"),
    "a divisor with an exponent": _resource("limits.memory", "1e3"),
    "thousandths of pages": _resource("limits.hugepages-2Mi", "1m"),
    "a file of the node's name": _file_of_field("spec.nodeName"),
    "a file of the address": _file_of_field("status.podIP"),
    "a file of a label of no name": _file_of_field("metadata.labels['a b']"),
    "a file of a resource of nobody": _files({"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}}),
    "a file of two": _files({"path": "a", **_FIELD, **_CPU_OF_SIDE}),
    "a file of nothing": _files({"path": "a"}),
    "a file without a path": _files(_FIELD),
    "a file at the root": _files({"path": "/a", **_FIELD}),
    "a file outside": _files({"path": "../a", **_FIELD}),
    "a file that begins with dots": _files({"path": "..a", **_FIELD}),
    "files of another mode": _files(defaultMode=512),
    "a file of another mode": _files({"path": "a", "mode": 1000, **_FIELD}),
    "a folder of the host without a path": _volume(hostPath={}),
    "a folder of the host of no type": _volume(hostPath={"path": "/a", "type": "X"}),
    "a folder of less than nothing": _volume(emptyDir={"sizeLimit": "-1"}),
    "a folder of no size": _volume(emptyDir={"sizeLimit": "x"}),
    "files of no ConfigMap": _volume(configMap={}),
    "files of less than no mode": _volume(configMap={"name": "a", "defaultMode": -1}),
    "files of no key": _item(path="x"),
    "files of no path": _item(key="x"),
    "a key at the root": _item(key="x", path="/x"),
    "a key outside": _item(key="x", path="a/../x"),
    "a key that begins with dots": _item(key="x", path="..x"),
    "files of no Secret": _volume(secret={}),
    "files of a Secret by another field": _volume(secret={"name": "a"}),
    "a key of a Secret without a path": _volume(secret={"secretName": "a", "items": [{"key": "a"}]}),
    "no claim": _volume(persistentVolumeClaim={}),
    "no server": _volume(nfs={"path": "/x"}),
    "no absolute path of a server": _volume(nfs={"server": "a", "path": "x"}),
    "no driver": _volume(csi={}),
    "a driver of no name": _volume(csi={"driver": "a_b"}),
    "a driver of a long name": _volume(csi={"driver": "a" * 64}),
    "a driver's Secret of no name": _volume(csi={"driver": "a.b", "nodePublishSecretRef": {}}),
    "no image": _volume(image={}),
    "an image pulled somehow": _volume(image={"reference": "a:1", "pullPolicy": "X"}),
    "no template": _volume(ephemeral={}),
    "a template of nothing": _volume(ephemeral={"volumeClaimTemplate": {}}),
    "a template without modes": _volume(
        ephemeral={"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}}
    ),
    "a template of no size": _volume(ephemeral={"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"]}}}),
    "two in one": _parts({"secret": {"name": "a"}, "configMap": {"name": "b"}}),
    "a Secret of no name among others": _parts({"secret": {}}),
    "a Secret by another field among others": _parts({"secret": {"secretName": "a"}}),
    "a ConfigMap of no name among others": _parts({"configMap": {}}),
    "a token of ten minutes but a second": _parts({"serviceAccountToken": {"path": "t", "expirationSeconds": 599}}),
    "a token of centuries": _parts({"serviceAccountToken": {"path": "t", "expirationSeconds": 2**32 + 1}}),
    "a token without a path": _parts({"serviceAccountToken": {}}),
    "two files of one path": _parts(
        {"configMap": {"name": "a", "items": [{"key": "a", "path": "x"}]}},
        {"secret": {"name": "a", "items": [{"key": "a", "path": "x"}]}},
    ),
    "an address among others": _parts(
        {"downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "status.podIP"}}]}}
    ),
    "a retired source of one name": _volume(awsElasticBlockStore={}),
    "a retired source of two names": _volume(rbd={"image": "a"}),
    "a retired source of one of two": _volume(flocker={}),
    "a retired source of both of two": _volume(flocker={"datasetName": "a", "datasetUUID": "b"}),
    "a repository without an address": _volume(gitRepo={}),
}
"""No pod may have these."""

TAKEN = {
    "seccomp with a name": _profile("seccompProfile", "Localhost", "a/b.json"),
    "AppArmor with a name": _profile("appArmorProfile", "Localhost", "a b"),
    "profiles without names": _security(
        seccompProfile={"type": "RuntimeDefault"}, appArmorProfile={"type": "Unconfined"}
    ),
    "the last user": _security(runAsUser=2**31 - 1, runAsGroup=2**31 - 1),
    "a user of a domain": _windows(runAsUserName=r"NT AUTHORITY\SYSTEM"),
    "no process of the host": _windows(hostProcess=False),
    "Bidirectional with privileges": _mount(privileged=True, mountPropagation="Bidirectional"),
    "all read-only": _mount(recursiveReadOnly="Enabled", readOnly=True, mountPropagation="None"),
    "nothing more read-only": _mount(recursiveReadOnly="Disabled"),
    "an empty word": _ready(exec={"command": [""]}),
    "a header of dashes": _header("-X-Y-"),
    "rules with a policy": _rules(*[_EXIT] * 20, restartPolicy="Never"),
    "rules of one that stays": _rules(_EXIT, restartPolicy="Always", is_init=True),
    "rules of no code": _rules({"action": "Restart", "exitCodes": {"operator": "In"}}, restartPolicy="Never"),
    "two resources resized": Case({"resizePolicy": [_CPU, _CPU | {"resourceName": "memory"}]}),
    "a key with all letters": _key("configMapKeyRef", "a.b-1", ".A_b-c.d"),
    "a prefix that begins with a digit": _all_of("secretRef", "a", "1 a"),
    "a variable of a file": _file("1 b"),
    "a label": _field("metadata.labels['a.b/c']"),
    "an annotation in capitals": _field("metadata.annotations['A/b']"),
    "all that pods know": Case(
        {
            "env": [
                {"name": "A", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}
                for path in (
                    "metadata.name",
                    "metadata.namespace",
                    "metadata.uid",
                    "spec.nodeName",
                    "spec.serviceAccountName",
                    "status.hostIP",
                    "status.hostIPs",
                    "status.podIP",
                    "status.podIPs",
                )
            ]
        }
    ),
    "thousandths of processors": _resource("limits.cpu", "1m"),
    "thousandths of processors, a thousand": _resource("requests.cpu", "1000m"),
    "kilobytes": _resource("limits.memory", "1000"),
    "mebibytes": _resource("limits.ephemeral-storage", "1024Ki"),
    "exbibytes": _resource("requests.memory", "1Ei"),
    "no divisor": _resource("limits.memory", "0"),
    "pages": _resource("requests.hugepages-2Mi", "1Mi"),
    "a file of all labels": _file_of_field("metadata.labels"),
    "a file of an annotation": _file_of_field("metadata.annotations['A/b']"),
    "a file with dots inside": _files({"path": "a/..b", "mode": 0o777, **_FIELD}, {"path": "b", **_CPU_OF_SIDE}),
    "no files": _files(defaultMode=0),
    "no source": _volume(),
    "any folder of the host": _volume(hostPath={"path": "a/b", "type": ""}),
    "a folder in memory": _volume(emptyDir={"medium": "Memory", "sizeLimit": 5}),
    "a key twice": _volume(configMap={"name": "a", "items": [{"key": "a", "path": "x"}, {"key": "b", "path": "x"}]}),
    "a Secret of one mode": _volume(secret={"secretName": "a", "defaultMode": 256, "optional": True}),
    "a claim": _volume(persistentVolumeClaim={"claimName": "a", "readOnly": True}),
    "a server": _volume(nfs={"server": "a", "path": "/x"}),
    "a driver in capitals": _volume(csi={"driver": "A.b", "nodePublishSecretRef": {"name": "x"}}),
    "an image": _volume(image={"reference": "a:1", "pullPolicy": "Always"}),
    "a template": _volume(ephemeral={"volumeClaimTemplate": {"spec": _CLAIM}}),
    "nothing together": _volume(projected={}),
    "several together": _parts(
        {"configMap": {"name": "a"}}, {"secret": {"name": "b"}}, {"downwardAPI": {"items": [{"path": "a", **_FIELD}]}}
    ),
    "a retired source": _volume(awsElasticBlockStore={"volumeID": "a"}),
    "a retired source of two": _volume(flocker={"datasetName": "a"}),
}
"""Pods may have these."""
