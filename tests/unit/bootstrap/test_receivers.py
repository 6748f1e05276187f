"""The push receiver as the settings describe it: not served, plain, or with a certificate that may be replaced."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import aiohttp
import pytest

from gitsidecar import errors
from gitsidecar.bootstrap import receivers
from gitsidecar.settings import configs
from gitsidecar.webhook import certificates

NOW = datetime.datetime.now(datetime.UTC)


def _config(folder: Path, **hooks: object) -> configs.GitsidecarConfig:
    (folder / "secret").write_text("secret\n")
    return configs.GitsidecarConfig.model_validate(
        {"repository": {"url": "/remote"}, "hooks": {"address": "127.0.0.1:0", **hooks}}
    )


async def _post(url: str, tls: ssl.SSLContext | bool) -> int:
    headers = {"X-Gitlab-Token": "secret"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{url}/hooks/push", json={"ref": "refs/heads/main"}, headers=headers, ssl=tls) as answer,
    ):
        return answer.status


async def test_without_a_secret_nothing_is_served(tmp_path: Path) -> None:
    """It is off by default."""
    async with receivers.serving(_config(tmp_path), lambda: None, lambda _: None, now=lambda: NOW) as ports:
        assert ports == {}


async def test_with_a_secret_pushes_are_heard(tmp_path: Path) -> None:
    """Each calls what asks for a poll, and is counted."""
    heard: list[str] = []
    config = _config(tmp_path, secretFile=str(tmp_path / "secret"))
    async with receivers.serving(config, lambda: heard.append("poll"), heard.append, now=lambda: NOW) as ports:
        assert await _post(f"http://127.0.0.1:{ports['hooks']}", False) == 202
    assert heard == ["poll", "accepted"]


async def test_with_a_folder_it_speaks_tls(tmp_path: Path) -> None:
    """Clients that trust the folder's authority are served, and nobody in the open."""
    bundle = certificates.make(("127.0.0.1",), NOW)
    for name, content in certificates.write(bundle).items():
        (tmp_path / name).write_bytes(content)
    config = _config(tmp_path, secretFile=str(tmp_path / "secret"), certificatesFolder=str(tmp_path))
    trust = ssl.create_default_context(cadata=bundle.trusted.decode())
    async with receivers.serving(config, lambda: None, lambda _: None, now=lambda: NOW) as ports:
        assert await _post(f"https://127.0.0.1:{ports['hooks']}", trust) == 202
        with pytest.raises(aiohttp.ClientError):
            await _post(f"http://127.0.0.1:{ports['hooks']}", False)


async def test_a_folder_without_a_certificate_is_told_at_the_start(tmp_path: Path) -> None:
    """The words name the file that is missing."""
    config = _config(tmp_path, secretFile=str(tmp_path / "secret"), certificatesFolder=str(tmp_path))
    with pytest.raises(errors.StalledError, match=r"tls\.crt cannot be read"):
        async with receivers.serving(config, lambda: None, lambda _: None, now=lambda: NOW):
            pass  # pragma: no cover
