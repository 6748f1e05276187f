"""`gitsidecar inject`: pods as they would start, whatever form they are written in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import sidecarsets
from tests.unit.cli.conftest import Run
from tests.unit.injection import builders

_CONTAINERS = "containers: [{name: app, image: app:1}]"
_POD = f"kind: Pod\nmetadata: {{name: web-1, namespace: shop, labels: {{app: web}}}}\nspec: {{{_CONTAINERS}}}\n"
_TEMPLATE = f"template: {{metadata: {{labels: {{app: web}}}}, spec: {{{_CONTAINERS}}}}}"
_DEPLOYMENT = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{{_TEMPLATE}}}\n"
_CRON_JOB = (
    f"apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: web}}\nspec: {{jobTemplate: {{spec: {{{_TEMPLATE}}}}}}}\n"
)
_CONFIG_MAP = "kind: ConfigMap  # not ours\nmetadata: {name: x}\ndata: {mode: 0644}\n"


def _containers(pod: Any) -> list[str]:
    return [each["name"] for each in pod["spec"]["containers"]]


def test_the_pod_is_printed_as_it_would_start(run: Run, good: Path, tmp_path: Path) -> None:
    """As YAML, with all that was in it; what was done is said on standard error."""
    file = tmp_path / "pod.txt"
    file.write_text(_POD)
    result = run("inject", good, "--pod", file)
    pod = yaml.safe_load(result.stdout)
    assert result.exit_code == 0
    assert _containers(pod) == ["logtail", "app"]
    assert pod["metadata"]["namespace"] == "shop"
    assert result.stderr == "note: Pod shop/web-1: injected logtail\n"


def test_a_name_does_nothing_to_the_terminal(run: Run, good: Path) -> None:
    """What somebody wrote into a file is shown, and not carried out."""
    text = _POD.replace("web-1", '"web\\e[2J\\n1"')
    result = run("inject", good, "--pod", "-", stdin=text)
    assert result.stderr == "note: Pod shop/web [2J 1: injected logtail\n"


def test_several_documents_stay_several(run: Run, good: Path) -> None:
    """Templates are injected, and what is not for us is printed to the letter."""
    text = "---\n".join(["# all of it\n", _CONFIG_MAP, _DEPLOYMENT, _CRON_JOB])
    result = run("inject", good, "--pod", "-", stdin=text)
    comment, config_map, deployment, cron_job = result.stdout.split("---\n")
    assert (comment, config_map) == ("# all of it\n", _CONFIG_MAP)
    assert _containers(yaml.safe_load(deployment)["spec"]["template"]) == ["logtail", "app"]
    assert _containers(yaml.safe_load(cron_job)["spec"]["jobTemplate"]["spec"]["template"]) == ["logtail", "app"]


def test_json_in_and_out(run: Run, good: Path) -> None:
    """One JSON value for each document, in order, also of a list."""
    pod = yaml.safe_load(_POD)
    text = json.dumps({"kind": "List", "items": [pod]}) + json.dumps(pod)
    result = run("inject", good, "--pod", "-", "--output", "json", stdin=text)
    decoder = json.JSONDecoder()
    listed, end = decoder.raw_decode(result.stdout)
    single, _ = decoder.raw_decode(result.stdout[end:].lstrip())
    assert single == listed["items"][0]
    assert _containers(single) == ["logtail", "app"]


def test_json_comes_out_as_yaml_too(run: Run, good: Path) -> None:
    """The form of what comes out does not hang on what went in."""
    result = run("inject", good, "--pod", "-", stdin=json.dumps(yaml.safe_load(_POD)))
    assert result.stdout.startswith("kind: Pod\n")


@pytest.mark.parametrize(
    "text", [_POD, _DEPLOYMENT, _CRON_JOB, json.dumps({"kind": "PodList", "items": [{"spec": {}}]})]
)
def test_a_patch_makes_of_each_document_what_the_others_print(run: Run, good: Path, text: str) -> None:
    """Its paths begin at the document, not at the pod in it."""
    patch = json.loads(run("inject", good, "--pod", "-", "--output", "patch", stdin=text).stdout)
    whole = json.loads(run("inject", good, "--pod", "-", "--output", "json", stdin=text).stdout)
    assert builders.applied(yaml.safe_load(text), patch) == whole


def test_a_document_without_pods_has_an_empty_patch(run: Run, good: Path) -> None:
    """So that patches and documents can be told apart by their number."""
    result = run("inject", good, "--pod", "-", "--output", "patch", stdin=f"# comment\n---\n{_CONFIG_MAP}")
    assert json.loads(result.stdout) == []
    assert "there is no Pod" in result.stderr


def test_values_are_read_as_the_cluster_would_read_them(run: Run, good: Path) -> None:
    """0644 is a mode, yes is true, and text that looks like a number is still text afterwards."""
    text = """
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      volumes: [{name: v, secret: {defaultMode: 0644}}, &v {name: w, emptyDir: {}}]
      containers:
      - {name: app, stdin: yes, env: [{name: A, value: "1e3"}, {name: B, value: "0o7"}, {name: C, value: "y"}]}
      - {name: alias, moreVolumes: [*v], day: 2026-11-10, number: 1e3}
"""
    result = run("inject", good, "--pod", "-", stdin=text)
    spec = yaml.safe_load(result.stdout)["spec"]["template"]["spec"]
    assert spec["volumes"][0]["secret"]["defaultMode"] == 420
    assert spec["containers"][1]["stdin"] is True
    assert spec["containers"][2]["moreVolumes"] == [{"name": "w", "emptyDir": {}}]
    for line in ("value: '1e3'", "value: '0o7'", "value: 'y'", "day: '2026-11-10'", "number: 1000.0"):
        assert line in result.stdout


def test_a_pod_that_no_set_selects_is_said(run: Run, good: Path) -> None:
    """With a set picked, also by which label not."""
    text = _POD.replace("app: web}", "app: other}")
    result = run("inject", good, "--pod", "-", stdin=text)
    assert (result.stdout, result.exit_code) == (text, 0)
    assert result.stderr == "note: Pod shop/web-1: no SidecarSet selects it\n"
    result = run("inject", good, "--pod", "-", "--set", "logtail", stdin=text)
    assert 'SidecarSet logtail does not select it: label app is "other", the set wants "web"' in result.stderr


def test_one_set_alone_can_be_looked_at(run: Run, good: Path) -> None:
    """The others are as if they were not there; one that is not there has a name like it."""
    (good / "other.yaml").write_text(sidecarsets.text(name="other", container="other"))
    both = run("inject", good, "--pod", "-", stdin=_POD)
    assert _containers(yaml.safe_load(both.stdout)) == ["logtail", "other", "app"]
    one = run("inject", good, "--pod", "-", "--set", "other", stdin=_POD)
    assert _containers(yaml.safe_load(one.stdout)) == ["other", "app"]
    none = run("inject", good, "--pod", "-", "--set", "logtial", stdin=_POD)
    assert none.exit_code == 2
    assert "did you mean 'logtail'?" in none.stderr


def test_a_set_that_was_refused_cannot_be_looked_at(run: Run, bad: Path) -> None:
    """The error that refused it is there to read."""
    result = run("inject", bad, "--pod", "-", "--set", "b", stdin=_POD)
    assert result.exit_code == 2
    assert "its manifest was refused" in result.stderr
    assert "maxUnavailabel" in result.stderr


def test_manifest_errors_are_findings(run: Run, good: Path, bad: Path) -> None:
    """The other sets are injected all the same."""
    (good / "bad.yaml").write_text((bad / "b.yaml").read_text())
    result = run("inject", good, "--pod", "-", stdin=_POD)
    assert result.exit_code == 1
    assert "bad.yaml:" in result.stderr
    assert _containers(yaml.safe_load(result.stdout)) == ["logtail", "app"]


def test_a_pod_that_cannot_get_what_it_should_is_a_finding(run: Run, good: Path) -> None:
    """Two sets bring the same container: neither is in the pod, and why is said of each."""
    (good / "other.yaml").write_text(sidecarsets.text(name="other"))
    result = run("inject", good, "--pod", "-", stdin=_POD)
    assert result.exit_code == 1
    assert result.stdout == _POD
    assert "error: Pod shop/web-1: SidecarSet logtail: ConflictingSets: container logtail is brought" in result.stderr
    assert "error: Pod shop/web-1: SidecarSet other: ConflictingSets" in result.stderr


def test_a_workload_without_a_template_is_a_finding(run: Run, good: Path) -> None:
    """It is named, and printed as it came."""
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    result = run("inject", good, "--pod", "-", stdin=text)
    assert (result.stdout, result.exit_code) == (text, 1)
    assert "error: Deployment web: PodUnreadable: this is not a pod" in result.stderr


def _by_team(folder: Path) -> None:
    manifest = yaml.safe_load((folder / "logtail.yaml").read_text())
    manifest["spec"]["namespaceSelector"] = {"matchLabels": {"team": "red"}}
    (folder / "logtail.yaml").write_text(yaml.safe_dump(manifest))


def test_labels_of_the_namespace_can_be_given(run: Run, good: Path) -> None:
    """Without them a set that chooses by them is no guess."""
    _by_team(good)
    result = run("inject", good, "--pod", "-", "--namespace-labels", "team=red, x=", stdin=_POD)
    assert _containers(yaml.safe_load(result.stdout)) == ["logtail", "app"]
    result = run("inject", good, "--pod", "-", "--namespace-labels", "team=blue", "--set", "logtail", stdin=_POD)
    assert 'namespace label team is "blue", the set wants "red"' in result.stderr
    result = run("inject", good, "--pod", "-", stdin=_POD)
    assert result.exit_code == 1
    assert "NamespaceUnknown" in result.stderr
    assert "give --namespace-labels" in result.stderr
    assert run("inject", good, "--pod", "-", "--namespace-labels", "team", stdin=_POD).exit_code == 2


def test_an_older_revision_is_not_to_be_had_from_files(run: Run, good: Path) -> None:
    """What is shown is the latest form, and that is said."""
    manifest = yaml.safe_load((good / "logtail.yaml").read_text())
    manifest["spec"]["injectionStrategy"] = {"revision": {"customVersion": "1.0"}}
    (good / "logtail.yaml").write_text(yaml.safe_dump(manifest))
    asked = "SidecarSet logtail asks for revision 1.0, which files do not hold: this is the latest"
    assert asked in run("inject", good, "--pod", "-", stdin=_POD).stderr
    manifest["spec"]["customVersion"] = "1.0"
    (good / "logtail.yaml").write_text(yaml.safe_dump(manifest))
    assert asked not in run("inject", good, "--pod", "-", stdin=_POD).stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: Pod\n---\na: b\nspec: [", "standard input:5:1: it is not valid YAML"),
        ("a: 1\na: 2\n", "standard input:2:1: it is not valid YAML: 'a' is written twice"),
        ("a: !!binary aGk=\n", "the tag tag:yaml.org,2002:binary is not supported"),
        ("[" * 61, "standard input:1:61: it is not valid YAML: more than 60 levels are refused"),
        ("[" * 100_000, "it is not valid YAML"),
        ("a: *b\n", "standard input:1:4: it is not valid YAML"),
        (b"\xff", "it is not UTF-8"),
        ("a: \x00", "control characters are not allowed"),
    ],
)
def test_what_cannot_be_read_is_usage(run: Run, good: Path, text: str | bytes, words: str) -> None:
    """With the place, where there is one; nothing is printed."""
    result = run("inject", good, "--pod", "-", stdin=text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_a_folder_without_manifests_is_usage(run: Run, tmp_path: Path) -> None:
    """A mistyped folder must not give a pod without sidecars."""
    (tmp_path / "empty").mkdir()
    assert run("inject", tmp_path / "empty", "--pod", "-", stdin=_POD).exit_code == 2


def test_it_loads_nothing_that_it_does_not_need(good: Path, tmp_path: Path) -> None:
    """No Kubernetes client, no Git, no web server."""
    file = tmp_path / "pod.txt"
    file.write_text(_POD)
    code = (
        "import sys; from gitsidecar.cli import main; sys.argv[1:] = ['inject', sys.argv[1], '--pod', sys.argv[2]]\n"
        "try: main.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'kubernetes', 'git', 'aiohttp', 'apscheduler', 'prometheus_client', 'structlog'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(good), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.endswith("\n[]\n")
