"""SidecarSets from short YAML, injection of them, and a JSON Patch carried out by its RFC's letter."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from gitsidecar.injection import choosing, injecting
from gitsidecar.manifests import restoring, shapes
from gitsidecar.model import findings, sidecarsets

COMMIT = "c0ffee1"
SHOP = choosing.Namespace("shop", {"team": "red"})
Json = dict[str, Any]


def sets(text: str) -> tuple[sidecarsets.SidecarSet, ...]:
    """Return the sets of YAML documents, of which apiVersion and kind may be left out."""
    return tuple(build(each) for each in yaml.safe_load_all(text))


def build(value: Mapping[str, Any]) -> sidecarsets.SidecarSet:
    """Return the set that *value* describes; without a selector it is for pods labelled ``app: web``."""
    head = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet"}
    spec = {"selector": {"matchLabels": {"app": "web"}}, **value["spec"]}
    document = shapes.to_json({**head, **value, "spec": spec})
    return restoring.restore(document, findings.Place(f"{value['metadata']['name']}.yaml", 1, 1))


def one(name: str = "logging", **spec: Any) -> sidecarsets.SidecarSet:
    """Return a set called *name* with these fields of its spec."""
    return build({"metadata": {"name": name}, "spec": spec})


def pod(*containers: str | Json, **spec: Any) -> Json:
    """Return a pod labelled ``app: web`` with these containers, given whole or by name."""
    whole = [{"name": each, "image": f"{each}:1"} if isinstance(each, str) else each for each in containers]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "labels": {"app": "web"}},
        "spec": {"containers": whole, **spec},
    }


def chosen(found: Iterable[sidecarsets.SidecarSet]) -> list[injecting.Chosen]:
    """Return the sets with the commit that all tests use."""
    return [injecting.Chosen(each, COMMIT) for each in found]


def inject(pod: Json, *found: sidecarsets.SidecarSet) -> injecting.Injection:
    """Inject the sets into the pod."""
    return injecting.inject(pod, chosen(found))


def names(injection: injecting.Injection, field: str = "containers") -> list[str]:
    """Return the names in a list of the injected pod's spec."""
    return [each["name"] for each in injection.pod["spec"].get(field, ())]


def container(injection: injecting.Injection, name: str, field: str = "containers") -> Json:
    """Return the container of this name."""
    [found] = [each for each in injection.pod["spec"][field] if each["name"] == name]
    return dict(found)


def env(injection: injecting.Injection, name: str) -> dict[str, Any]:
    """Return the variables of a container: name → value, in order."""
    return {each["name"]: each.get("value") for each in container(injection, name)["env"]}


def applied(pod: Any, patch: Iterable[Mapping[str, Any]]) -> Any:
    """Return *pod* as an API server makes it of *patch* (RFC 6902: add and replace)."""
    result = copy.deepcopy(pod)
    for operation in patch:
        *parents, last = _parts(operation["path"])
        here = result
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here[part]
        value = copy.deepcopy(operation["value"])
        if operation["op"] == "replace":
            assert last in here
            here[last] = value
        elif isinstance(here, list):
            index = len(here) if last == "-" else int(last)
            assert index <= len(here)
            here.insert(index, value)
        else:
            assert operation["op"] == "add"
            here[last] = value
    return result


def _parts(path: str) -> Iterator[str]:
    assert path.startswith("/")
    return (part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))
