"""What injection makes of a pod is a pod that the real API server takes: examples, golden folders, and any others."""

from __future__ import annotations

import dataclasses
import json
import urllib.error
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import strategies as st

from gitsidecar.injection import choosing, injecting
from gitsidecar.manifests import trees
from gitsidecar.model import desires, files, sidecarsets
from tests.support import apiservers

Json = dict[str, Any]

_ROOT = Path(__file__).parents[2]
_FOLDERS = ("manifests-example", "docs/examples")
_GOLDEN = _ROOT / "tests" / "unit" / "injection" / "golden"
_COMMIT = "4f2a9c1"
_HERE = choosing.Namespace("default", {})

# The pod of the article; its set, word for word, is manifests-example/logtail.yaml.
_ARTICLE = """
apiVersion: v1
kind: Pod
metadata: {name: test-pod, labels: {app: nginx}}
spec:
  containers:
  - name: nginx
    image: log-service/docker-log-test:latest
    command: [/bin/mock_log]
    env: [{name: TZ, value: Asia/Shanghai}]
    volumeMounts: [{name: nginx-log, mountPath: /var/log/nginx}]
  volumes: [{name: nginx-log, emptyDir: {}}]
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What the API server says to a pod: the pod as it would be stored, or why it is refused."""

    pod: Json = dataclasses.field(default_factory=dict)
    refusal: str = ""


def ask(server: apiservers.ApiServer, pod: Mapping[str, Any]) -> Answer:
    """Create *pod* as a dry run, in the namespace ``default``, whatever it says itself."""
    kept = {field: each for field, each in pod["metadata"].items() if field not in ("namespace", "resourceVersion")}
    try:
        made = server.call(
            "POST", "/api/v1/namespaces/default/pods?dryRun=All", {**pod, "metadata": {"name": "web", **kept}}
        )
    except urllib.error.HTTPError as error:
        return Answer(refusal=json.loads(error.read())["message"])
    return Answer(made)


def read(*manifests: str) -> desires.Desired:
    """Return what the manifests ask for."""
    listed = (files.File(f"{number}.yaml", text.encode()) for number, text in enumerate(manifests))
    return trees.read(files.Tree(_COMMIT, tuple(listed)))


def inject(pod: Mapping[str, Any], sets: Iterable[sidecarsets.SidecarSet]) -> injecting.Injection:
    """Inject *sets* into *pod*, whether they select it or not."""
    return injecting.inject(pod, [injecting.Chosen(each, _COMMIT) for each in sets])


def names(pod: Mapping[str, Any]) -> list[str]:
    """Return the names of all containers of *pod*, in order."""
    return [each["name"] for field in ("initContainers", "containers") for each in pod["spec"].get(field) or ()]


def _examples() -> dict[str, sidecarsets.SidecarSet]:
    found = {}
    for file in sorted(path for folder in _FOLDERS for path in (_ROOT / folder).rglob("*.yaml")):
        for each in read(file.read_text()).sets:
            found[f"{file.relative_to(_ROOT)}: {each.name}"] = each
    return found


_EXAMPLES = _examples()


@pytest.mark.parametrize("name", _EXAMPLES)
def test_an_example_is_taken(apiserver_session: apiservers.ApiServer, name: str) -> None:
    """Every set of the examples goes into the article's pod, and the API server takes it."""
    injection = inject(yaml.safe_load(_ARTICLE), [_EXAMPLES[name]])
    assert injection.injected == (_EXAMPLES[name].name,)
    answer = ask(apiserver_session, injection.pod)
    assert (answer.refusal, names(answer.pod)) == ("", names(injection.pod))


def test_the_article_is_taken_word_for_word(apiserver_session: apiservers.ApiServer) -> None:
    """Stored would be a pod with logtail first, nginx's time zone in it, and the volume that both have."""
    pod = yaml.safe_load(_ARTICLE)
    desired = read((_ROOT / "manifests-example" / "logtail.yaml").read_text())
    made = ask(apiserver_session, inject(pod, choosing.choose(pod, desired.sets, _HERE).sets).pod).pod
    logtail, nginx = made["spec"]["containers"]
    assert (logtail["name"], logtail["image"]) == ("logtail", "log-service/logtail:0.16.16")
    assert logtail["env"] == [{"name": "IS_INJECTED", "value": "true"}, {"name": "TZ", "value": "Asia/Shanghai"}]
    assert logtail["volumeMounts"] == nginx["volumeMounts"] == [{"name": "nginx-log", "mountPath": "/var/log/nginx"}]
    assert (nginx["name"], made["spec"]["volumes"]) == ("nginx", [{"name": "nginx-log", "emptyDir": {}}])


@pytest.mark.parametrize("name", sorted(path.name for path in _GOLDEN.iterdir()))
def test_a_golden_result_is_taken(apiserver_session: apiservers.ApiServer, name: str) -> None:
    """The result of each golden folder is a pod that the API server takes, as it takes the pod without sidecars."""
    bare, result = (yaml.safe_load((_GOLDEN / name / f"{each}.yaml").read_text()) for each in ("pod", "result"))
    assert [ask(apiserver_session, each).refusal for each in (bare, result)] == ["", ""]


_PATHS = ("/a", "/b", "/c")
_VOLUMES: tuple[Json, ...] = (
    {},
    {"emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}},
    {"configMap": {"name": "settings", "items": [{"key": "a", "path": "a.yaml"}]}},
    {"secret": {"secretName": "keys", "defaultMode": 0o400}},
    {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    {"projected": {"sources": [{"configMap": {"name": "settings"}}, {"secret": {"name": "keys"}}]}},
    {"hostPath": {"path": "/var/log", "type": "Directory"}},
    {"persistentVolumeClaim": {"claimName": "disk", "readOnly": True}},
    {"csi": {"driver": "csi.example.com", "volumeAttributes": {"a": "b"}}},
    {"nfs": {"server": "nfs.example.com", "path": "/logs"}},
    {"image": {"reference": "files:1", "pullPolicy": "IfNotPresent"}},
)
_CLAIM: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
_DISKS: tuple[Json, ...] = (
    {"persistentVolumeClaim": {"claimName": "own-disk"}},
    {"ephemeral": {"volumeClaimTemplate": {"spec": {**_CLAIM, "volumeMode": "Block"}}}},
)
_VARIABLES: tuple[Json, ...] = (
    {"name": "TZ", "value": "Asia/Shanghai"},
    {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "a", "optional": True}}},
    {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}},
)
_RESOURCES: tuple[Json, ...] = (
    {},
    {"limits": {"cpu": "150m", "memory": "100Mi"}},
    {"requests": {"cpu": "0.5", "memory": "1e8"}},
    {"limits": {"cpu": 2, "memory": "1.5Gi"}, "requests": {"cpu": "1001u", "memory": 100}},
    {"limits": {"cpu": "1", "example.com/gpu": 1, "hugepages-2Mi": "4Mi"}},
)
_EXPRESSIONS = {
    "cpu": ("cpu*33%", "max(cpu*50%, 50m)", "min(cpu, 1)", "100m", "cpu*0", "0.5*cpu - 0.3*max(0, cpu-4)"),
    "memory": ("memory*33%", "max(memory*50%, 50Mi)", "memory + 1Gi", "1000"),
}


def _some(items: Iterable[Any], most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(tuple(items)), max_size=most, unique_by=str)


@st.composite
def _application_container(draw: st.DrawFn, name: str) -> Json:
    expression = draw(st.sampled_from(({}, {"subPathExpr": "$(TZ)/$(POD_NAME)"}, {"subPath": "x"})))
    return {
        "name": name,
        "image": "app:1",
        "env": draw(_some(_VARIABLES)),
        "volumeMounts": [{"name": "data", "mountPath": each, **expression} for each in draw(_some(_PATHS))],
        "volumeDevices": [{"name": "disk", "devicePath": each} for each in draw(_some(("/d",)))],
        "resources": draw(st.sampled_from(_RESOURCES)),
    }


@st.composite
def _pods(draw: st.DrawFn) -> Json:
    kept = {"name": "v", **draw(st.sampled_from(_VOLUMES))}
    annotations = {"example.com/main": "app-1", "example.com/merged": '{"app":1}', "example.com/kept": "app"}
    inits = [{"name": "init-1", "image": "init:1"}, {"name": "init-2", "image": "init:1", "restartPolicy": "Always"}]
    spec = {
        "containers": [draw(_application_container(f"app-{number}")) for number in range(1, draw(st.integers(2, 4)))],
        "initContainers": draw(_some(inits)),
        "volumes": [
            {"name": "data", "emptyDir": {}},
            {"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}},
            *draw(st.sampled_from(([], [kept]))),
        ],
        "imagePullSecrets": [{"name": each} for each in draw(st.lists(st.sampled_from(("s1", "s2")), max_size=3))],
        "restartPolicy": draw(st.sampled_from(("Always", "Never"))),
    }
    chosen = draw(_some(annotations))
    metadata: Json = {"name": "web-1", "labels": {"app": "web", "main": "app-2"}}
    if chosen:
        metadata["annotations"] = {key: annotations[key] for key in chosen}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


_TRANSFERS: tuple[Json, ...] = (
    {"sourceContainerName": "app-1", "envName": "TZ"},
    {"sourceContainerName": "app-2", "envNames": ["KEY", "CPU", "POD_NAME"]},
    {"sourceContainerNameFrom": {"fieldRef": {"fieldPath": "metadata.labels['main']"}}, "envName": "CPU"},
    {"sourceContainerNameFrom": {"fieldRef": {"fieldPath": "metadata.annotations['example.com/main']"}}}
    | {"envNames": ["TZ"]},
)
_PROBE: Json = {"httpGet": {"path": "/", "port": "admin"}, "periodSeconds": 5}
# Those that stay may have these; the others of the fields are for all.
_STAYING: tuple[tuple[str, Any], ...] = (
    ("upgradeStrategy", {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"}),
    ("livenessProbe", {"exec": {"command": ["true"]}, "terminationGracePeriodSeconds": 5}),
    ("readinessProbe", _PROBE),
    ("startupProbe", {**_PROBE, "failureThreshold": 60}),
    ("lifecycle", {"postStart": {"exec": {"command": ["true"]}}, "preStop": {"sleep": {"seconds": 5}}}),
)
_FIELDS: tuple[tuple[str, Any], ...] = (
    ("podInjectPolicy", "BeforeAppContainer"),
    ("podInjectPolicy", "AfterAppContainer"),
    ("shareVolumePolicy", {"type": "enabled"}),
    ("shareVolumeDevicePolicy", {"type": "enabled"}),
    ("transferEnv", list(_TRANSFERS)),
    ("env", [{"name": "TZ", "value": "UTC"}, {"name": "IS_INJECTED", "value": "true"}]),
    ("envFrom", [{"prefix": "A_", "configMapRef": {"name": "settings"}}]),
    ("ports", [{"name": "admin", "containerPort": 9901}, {"containerPort": 53, "protocol": "UDP"}]),
    ("securityContext", {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}),
    ("imagePullPolicy", "Always"),
    ("terminationMessagePolicy", "FallbackToLogsOnError"),
)


@st.composite
def _sidecar(draw: st.DrawFn, name: str, *, is_staying: bool) -> Json:
    found: Json = {"name": name, "image": "side:1", **dict(draw(_some(_FIELDS, 6)))}
    if is_staying:
        found |= dict(draw(_some(_STAYING)))
    if paths := draw(_some(_PATHS)):
        found["volumeMounts"] = [{"name": "v", "mountPath": each, "readOnly": True} for each in paths]
    if draw(st.booleans()):
        found["volumeDevices"] = [{"name": "own-disk", "devicePath": "/e"}]
    if is_staying and draw(st.booleans()):
        found["resourcesPolicy"] = {
            "targetContainersMode": draw(st.sampled_from(("sum", "max"))),
            "targetContainersNameRegex": draw(st.sampled_from((".*", "app-1|init-2"))),
            "resourcesExpr": {
                field: {resource: draw(st.sampled_from(texts)) for resource, texts in _EXPRESSIONS.items()}
                for field in draw(st.sampled_from((("limits",), ("requests",), ("limits", "requests"))))
            },
        }
    else:
        found["resources"] = draw(st.sampled_from(_RESOURCES))
    return found


@st.composite
def _sets(draw: st.DrawFn) -> list[Json]:
    found, is_alike = [], draw(st.booleans())
    volume, disk = draw(st.sampled_from(_VOLUMES)), draw(st.sampled_from(_DISKS))
    for number in range(draw(st.integers(1, 3))):
        kinds = draw(st.lists(st.sampled_from(("containers", "natives", "inits")), min_size=1, max_size=4))
        spec: Json = {"selector": {"matchLabels": {"app": "web"}}, "containers": [], "initContainers": []}
        for index, kind in enumerate(kinds):
            # Of a name that two sets bring, or the application has, nothing comes into the pod.
            name = draw(st.sampled_from((f"side-{number}-{index}",) * 9 + (f"any-{index}",)))
            each = draw(_sidecar(name, is_staying=kind != "inits"))
            spec["containers" if kind == "containers" else "initContainers"].append(
                {**each, "restartPolicy": "Always"} if kind == "natives" else each
            )
        own = volume if is_alike else draw(st.sampled_from(_VOLUMES))
        spec["volumes"] = [{"name": "v", **own}, {"name": "own-disk", **disk}]
        spec["imagePullSecrets"] = [{"name": each} for each in draw(_some(("s2", "s3")))]
        policies = draw(_some(("Retain", "Overwrite", "MergePatchJson")))
        spec["patchPodMetadata"] = [
            {"annotations": {f"example.com/{key}": '{"side":2}'}, "patchPolicy": policy}
            for policy, key in zip(policies, ("kept", "merged", "new"), strict=False)
        ]
        found.append({"metadata": {"name": f"set-{number}"}, "spec": {key: each for key, each in spec.items() if each}})
    return found


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(_pods(), _sets(), st.sampled_from(("v1alpha1", "v1beta1")))
def test_any_pod_is_taken(apiserver_session: apiservers.ApiServer, pod: Json, sets: list[Json], version: str) -> None:
    """Whatever sets go into a pod, as a webhook sees it, the API server takes it if it takes it without."""
    head = {"apiVersion": f"apps.kruise.io/{version}", "kind": "SidecarSet"}
    desired = read(*(json.dumps({**head, **each}) for each in sets))  # JSON is YAML
    assert desired.rejections == ()
    bare = ask(apiserver_session, pod)
    assert bare.refusal == ""
    injection = inject(bare.pod, choosing.choose(bare.pod, desired.sets, _HERE).sets)
    answer = ask(apiserver_session, injection.pod)
    assert (answer.refusal, names(answer.pod)) == ("", names(injection.pod))
