"""The article's example, word for word: logtail beside nginx (reference, the worked example and §3.11)."""

from __future__ import annotations

import yaml

from gitsidecar.injection import choosing, injecting
from gitsidecar.manifests import trees
from gitsidecar.model import files
from tests.unit.injection import builders

_SET = b"""
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata: {name: logtail-sidecarset}
spec:
  selector: {matchLabels: {app: nginx}}
  updateStrategy: {type: RollingUpdate, maxUnavailable: 10%}
  containers:
  - name: logtail
    image: log-service/logtail:0.16.16
    command: [sh, -c, /usr/local/ilogtail/run_logtail.sh 10]   # on SIGTERM it waits 10 s, then stops
    livenessProbe: {exec: {command: [/etc/init.d/ilogtaild, status]}}
    resources: {limits: {memory: 512Mi}, requests: {cpu: 10m, memory: 30Mi}}
    volumeMounts: [{name: nginx-log, mountPath: /var/log/nginx}]
    transferEnv: [{sourceContainerName: nginx, envName: TZ}]
  volumes: [{name: nginx-log, emptyDir: {}}]
"""
_POD = """
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


def test_the_pod_gets_logtail_as_the_article_shows_it() -> None:
    """logtail stands first, with nginx's time zone; nginx and the volume, which both have, stay as they are."""
    pod = yaml.safe_load(_POD)
    desired = trees.read(files.Tree("4f2a9c1", (files.File("logtail.yaml", _SET),)))
    choice = choosing.choose(pod, desired.sets, choosing.Namespace("default"))
    injection = injecting.inject(pod, [injecting.Chosen(each, desired.revision) for each in choice.sets])
    logtail, nginx = injection.pod["spec"]["containers"]
    assert logtail == {
        "name": "logtail",
        "image": "log-service/logtail:0.16.16",
        "command": ["sh", "-c", "/usr/local/ilogtail/run_logtail.sh 10"],
        "livenessProbe": {"exec": {"command": ["/etc/init.d/ilogtaild", "status"]}},
        "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "10m", "memory": "30Mi"}},
        "volumeMounts": [{"name": "nginx-log", "mountPath": "/var/log/nginx"}],
        "env": [{"name": "IS_INJECTED", "value": "true"}, {"name": "TZ", "value": "Asia/Shanghai"}],
    }
    assert [nginx] == pod["spec"]["containers"]
    assert injection.pod["spec"]["volumes"] == [{"name": "nginx-log", "emptyDir": {}}]
    assert [each["path"] for each in injection.patch] == ["/metadata/annotations", "/spec/containers/0"]
    assert builders.applied(pod, injection.patch) == injection.pod
    assert injection.notes == ()
