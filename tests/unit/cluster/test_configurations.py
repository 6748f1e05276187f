"""A kubeconfig is read as it is now, or refused with its name and what to do; its secrets are never quoted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitsidecar import errors
from gitsidecar.cluster import configurations, connections
from tests.support import scripted


async def test_a_kubeconfig_gives_server_and_token(tmp_path: Path) -> None:
    """Host and bearer token come from the current context."""
    file = scripted.write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1")
    configuration = await configurations.load(configurations.Target(file))
    assert configuration.host == "http://127.0.0.1:1"
    assert configuration.api_key == {"BearerToken": "Bearer secret-token"}


async def test_the_environment_names_no_proxy(tmp_path: Path) -> None:
    """Proxies and netrc files of the machine are not for this connection."""
    file = scripted.write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1")
    configuration = await configurations.load(configurations.Target(file))
    assert configuration.client_session_kwargs is not None
    assert configuration.client_session_kwargs["trust_env"] is False


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message has the file's name and the setting to correct."""
    with pytest.raises(errors.StalledError, match=r"none\.yaml does not exist.*cluster\.kubeconfig"):
        await configurations.load(configurations.Target(tmp_path / "none.yaml"))


async def test_an_unknown_context_is_named(tmp_path: Path) -> None:
    """The message has the context that is not there."""
    file = scripted.write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1")
    with pytest.raises(errors.StalledError, match=r"context other cannot be used.*other"):
        await configurations.load(configurations.Target(file, "other"))


async def test_outside_a_cluster_a_kubeconfig_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a kubeconfig and without a service account the message says what to set."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(errors.StalledError, match=r"cluster\.kubeconfig"):
        await configurations.load(configurations.Target())


def _broken(**changes: Any) -> str:
    config = {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
        **changes,
    }
    return json.dumps(config)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "- secret-token",
        "\x00",
        "users: [{token: secret-token",
        "token: secret-token\n\tbad: tab",
        _broken(users=[{"user": {"token": "secret-token"}}]),
        _broken(users="secret-token"),
        _broken(clusters=[]),
        _broken(clusters=[{"name": "c", "cluster": {"token": "secret-token"}}]),
        _broken(clusters=[{"name": "c"}]),
        _broken(clusters=[{"name": "c", "cluster": {"server": "https://a", "certificate-authority": "/none.crt"}}]),
        _broken(contexts=None),
        _broken(**{"current-context": None}),
    ],
)
async def test_a_broken_kubeconfig_is_refused_without_its_secrets(tmp_path: Path, text: str) -> None:
    """Whatever is wrong with the file, the message names it and what to run, and quotes no secret."""
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(errors.StalledError, match=r"config cannot be used: .+ check it with `kubectl") as caught:
        await connections.Connection(configurations.Target(file)).refresh()
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_broken_certificates_are_refused(tmp_path: Path) -> None:
    """A certificate authority that is no certificate is said to be none."""
    authority = tmp_path / "ca.crt"
    authority.write_text("no certificate")
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority": str(authority)}
    file = tmp_path / "config"
    file.write_text(_broken(clusters=[{"name": "c", "cluster": cluster}]))
    with pytest.raises(errors.StalledError, match="certificates cannot be read"):
        await connections.Connection(configurations.Target(file)).refresh()
