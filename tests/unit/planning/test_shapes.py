"""Shapes and quantities side by side: what a manifest writes must be live, and nothing else is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import quantities
from gitsidecar.planning import shapes


def _differences(wanted: dict[str, Any], live: dict[str, Any]) -> tuple[str, ...]:
    def text(value: dict[str, Any]) -> str:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))

    return shapes.differences(text(wanted), text(live))


LIVE: dict[str, Any] = {
    "args": ["--follow", "/var/log"],
    "env": [{"name": "IS_INJECTED", "value": "true"}, {"name": "TZ", "value": "UTC"}, {"name": "EMPTY"}],
    "imagePullPolicy": "IfNotPresent",
    "ports": [{"containerPort": 9000, "protocol": "TCP"}, {"containerPort": 9000, "protocol": "UDP"}],
    "livenessProbe": {"httpGet": {"path": "/", "port": 9000, "scheme": "HTTP"}, "periodSeconds": 10},
    "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}},
    "securityContext": {"capabilities": {"drop": ["ALL", "NET_RAW"]}, "runAsUser": 7},
    "terminationMessagePath": "/dev/termination-log",
    "volumeMounts": [{"mountPath": "/var/log", "name": "logs"}, {"mountPath": "/tmp", "name": "tmp"}],
}


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"args": ["--follow", "/var/log"]},
        {"env": [{"name": "TZ", "value": "UTC"}]},
        {"env": [{"name": "EMPTY", "value": ""}]},
        {"resources": {"limits": {"memory": "1024Mi", "cpu": 0.5}}},
        {"resources": {"limits": {"cpu": "0.5"}}},
        {"ports": [{"containerPort": 9000}]},
        {"ports": [{"containerPort": 9000, "protocol": "UDP"}, {"containerPort": 9000}]},
        {"livenessProbe": {"httpGet": {"port": 9000}}},
        {"volumeMounts": [{"mountPath": "/tmp", "name": "tmp", "readOnly": False}]},
        {"stdin": False, "command": [], "lifecycle": {}, "workingDir": "", "tty": None},
        {"securityContext": {"capabilities": {"drop": ["NET_RAW", "ALL"]}}},
    ],
)
def test_what_is_live_does_not_differ(wanted: dict[str, Any]) -> None:
    """Order of named lists, ways to write a quantity, defaults and zeros that the API drops make no difference."""
    assert _differences(wanted, LIVE) == ()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"args": ["/var/log", "--follow"]}, "args"),
        ({"args": ["--follow"]}, "args"),
        ({"env": [{"name": "TZ", "value": "CET"}]}, "env[TZ]"),
        ({"env": [{"name": "TZ"}]}, "env[TZ]"),
        ({"env": [{"name": "TZ", "valueFrom": {"fieldRef": {"fieldPath": "a"}}}]}, "env[TZ]"),
        ({"env": [{"name": "NEW", "value": ""}]}, "env[NEW]"),
        ({"resources": {"limits": {"memory": "2Gi"}}}, "resources.limits.memory"),
        ({"resources": {"limits": {"gpu": 1}}}, "resources.limits.gpu"),
        ({"ports": [{"containerPort": 9001}]}, "ports[9001/TCP]"),
        ({"livenessProbe": {"exec": {"command": ["true"]}}}, "livenessProbe.exec.command"),
        ({"livenessProbe": {"httpGet": {"port": "9000"}}}, "livenessProbe.httpGet.port"),
        ({"readinessProbe": {"periodSeconds": 5}}, "readinessProbe.periodSeconds"),
        ({"volumeMounts": [{"mountPath": "/tmp", "name": "logs"}]}, "volumeMounts[/tmp]"),
        ({"securityContext": {"allowPrivilegeEscalation": False}}, "securityContext.allowPrivilegeEscalation"),
        ({"securityContext": {"runAsUser": 0}}, "securityContext.runAsUser"),
        ({"securityContext": {"runAsUser": True}}, "securityContext.runAsUser"),
        ({"imagePullPolicy": "Always"}, "imagePullPolicy"),
    ],
)
def test_what_differs_is_named(wanted: dict[str, Any], field: str) -> None:
    """The answer is the path of the field, the item of a named list by its name."""
    assert _differences(wanted, LIVE) == (field,)


def test_values_are_never_named() -> None:
    """A secret that someone wrote into a manifest does not reach a message."""
    assert "hunter2" not in str(_differences({"env": [{"name": "P", "value": "hunter2"}]}, LIVE))


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab1m", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text("abc", max_size=2), _json, max_size=4))
def test_a_shape_does_not_differ_from_itself(shape: dict[str, Any]) -> None:
    """Whatever a manifest writes, a container that has just that fits, and so does one that has more."""
    assert _differences(shape, shape) == ()
    assert _differences(shape, {**shape, "more": 1}) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("0.5", "500m"), (1, "1000m"), ("1Gi", "1024Mi"), ("1k", "1e3"), ("0.0001", "1m"), (".5", 0.5), ("1E", "1e18")],
)
def test_quantities_are_compared_by_value(one: object, other: object) -> None:
    """What amounts to the same, in thousandths rounded up, is the same."""
    assert quantities.is_same(one, other)
    assert quantities.is_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("1Gi", "1G"), ("1", "1m"), ("1x", "1"), (True, 1), ("1e99999999", "2e99999999"), ("", "0")]
)
def test_quantities_that_differ(one: object, other: object) -> None:
    """Other amounts differ, and what is no quantity equals only itself."""
    assert not quantities.is_same(one, other)
