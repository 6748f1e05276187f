"""config/kubernetes.yaml: its parts fit each other and the settings, and grant what is needed and nothing more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gitsidecar.bootstrap import webhooks
from gitsidecar.cluster import registrations
from gitsidecar.settings import configs, loading

ROOT = Path(__file__).resolve().parents[3]
OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all((ROOT / "config" / "kubernetes.yaml").read_text()))
VERBS = {"gitsidecar": "run", "gitsidecar-webhook": "webhook"}


@pytest.fixture
def config(tmp_path: Path) -> configs.GitsidecarConfig:
    """Return the settings of the ConfigMap, as a container would load them."""
    file = tmp_path / "gitsidecar.yaml"
    file.write_text(_object("ConfigMap", "gitsidecar")["data"]["gitsidecar.yaml"])
    return loading.load(file, {})


@pytest.mark.parametrize("name", VERBS)
def test_a_container_has_what_its_settings_name(name: str, config: configs.GitsidecarConfig) -> None:
    """The token's file, the mirror's folder and the settings are mounted, and the ports are those listened on."""
    container = _container(name)
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert str(config.repository.credentials.token_file) == "/etc/gitsidecar-git/token"
    assert {"/etc/gitsidecar-git", "/etc/gitsidecar", str(config.repository.folder)} <= mounts
    ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
    assert config.probes.address.endswith(f":{ports['probes']}")
    assert name != "gitsidecar-webhook" or config.webhook.address.endswith(f":{ports['webhook']}")
    assert container["args"] == [VERBS[name], "--config", "/etc/gitsidecar/gitsidecar.yaml"]


def test_every_port_of_the_webhook_is_exposed_by_the_image(config: configs.GitsidecarConfig) -> None:
    """The Dockerfile says which ports there are."""
    [line] = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("EXPOSE")]
    assert line.split()[1:] == [each.rpartition(":")[2] for each in (config.probes.address, config.webhook.address)]


def test_the_service_leads_to_the_webhook(config: configs.GitsidecarConfig) -> None:
    """Name and port are those that are registered, and the selector picks the webhook's pods, and those alone."""
    reached = config.webhook.reached
    service = _object("Service", reached.service)
    [port] = service["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (reached.port, "webhook")
    labels = {name: _object("Deployment", name)["spec"]["template"]["metadata"]["labels"] for name in VERBS}
    assert [name for name in VERBS if service["spec"]["selector"].items() <= labels[name].items()] == [reached.service]


def test_the_daemon_moves_pods_and_writes_nothing_else() -> None:
    """Its rights are to read pods and namespaces, to patch pods, and to evict them for repair."""
    assert _rights("ClusterRole", "gitsidecar") == {
        ("pods", "", "get list watch patch"),
        ("pods/eviction", "", "create"),
        ("namespaces", "", "get list watch"),
    }


def test_the_webhook_writes_its_own_three_objects_and_no_pod(config: configs.GitsidecarConfig) -> None:
    """Its rights are bound to the names that the settings have, so it can make itself no Secret, such as a token."""
    settings, namespace = config.webhook, {each["metadata"].get("namespace") for each in OBJECTS} - {None}
    assert namespace == {"gitsidecar"}
    assert _rights("ClusterRole", "gitsidecar-webhook") == {
        ("pods", "", "get list watch"),
        ("namespaces", "", "get list watch"),
        ("mutatingwebhookconfigurations", settings.name, "get create patch"),
    }
    assert _rights("Role", "gitsidecar-webhook") == {
        ("leases", webhooks.LEASE, "get update"),
        ("secrets", settings.certificates.secret, "get update"),
    }


def test_what_the_webhook_may_not_create_is_there_empty(config: configs.GitsidecarConfig) -> None:
    """Its Secret, of a type that asks for no content, and its Lease."""
    secret = _object("Secret", config.webhook.certificates.secret)
    lease = _object("Lease", webhooks.LEASE)
    assert (secret["type"], secret.keys() & {"data", "stringData"}, "spec" in lease) == ("Opaque", set(), False)


def test_only_the_daemon_has_the_token_that_may_push() -> None:
    """Each Deployment mounts a Secret of its own, and the head of the file says how to make it."""
    found = {name: _secrets(name) for name in VERBS}
    assert found == {"gitsidecar": ["gitsidecar-git"], "gitsidecar-webhook": ["gitsidecar-git-read"]}
    text = (ROOT / "config" / "kubernetes.yaml").read_text()
    assert all(f"create secret generic {each} --from-file=token=" in text for [each] in found.values())


@pytest.mark.parametrize("name", VERBS)
def test_pods_of_ours_need_no_webhook(name: str) -> None:
    """By their label no installation is ever asked about them."""
    labels = _object("Deployment", name)["spec"]["template"]["metadata"]["labels"]
    assert labels[registrations.INJECT_LABEL] == "false"


@pytest.mark.parametrize("binding", [each for each in OBJECTS if each["kind"].endswith("Binding")])
def test_every_role_is_bound_to_whom_it_is_for(binding: dict[str, Any]) -> None:
    """Roles, subjects and the Deployments' service accounts go by one name."""
    name = binding["metadata"]["name"]
    assert _object(binding["roleRef"]["kind"], binding["roleRef"]["name"])["metadata"]["name"] == name
    [subject] = binding["subjects"]
    assert (subject["name"], subject["namespace"]) == (name, "gitsidecar")
    assert _object("ServiceAccount", name)
    assert _object("Deployment", name)["spec"]["template"]["spec"]["serviceAccountName"] == name


def _object(kind: str, name: str) -> dict[str, Any]:
    [found] = [each for each in OBJECTS if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def _container(name: str) -> dict[str, Any]:
    [container] = _object("Deployment", name)["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _secrets(name: str) -> list[str]:
    """Return the Secrets that a Deployment mounts."""
    volumes = _object("Deployment", name)["spec"]["template"]["spec"]["volumes"]
    return [each["secret"]["secretName"] for each in volumes if "secret" in each]


def _rights(kind: str, name: str) -> set[tuple[str, str, str]]:
    """Return a role's rights: resource, the name that they are bound to, and verbs."""
    return {
        (resource, " ".join(rule.get("resourceNames", ())), " ".join(rule["verbs"]))
        for rule in _object(kind, name)["rules"]
        for resource in rule["resources"]
    }
