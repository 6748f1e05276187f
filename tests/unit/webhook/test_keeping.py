"""A look brings the served certificate and the registration up to date; one that fails leaves them as they are."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.webhook import certificates, contexts, keeping, mounts, sources
from tests.unit.webhook import clients

OLD = certificates.make(clients.NAMES, clients.NOW, make_key=clients.keys())
NEW = certificates.make(clients.NAMES, clients.NOW, make_key=clients.keys(10))


class Stage:
    """A keeper of mounted certificates with a clock and a registration of the test's own."""

    def __init__(self, folder: Path, *, may_register: bool = True) -> None:
        self.folder = folder
        self.now = clients.NOW
        self.registered: list[bytes] = []
        self.context = contexts.Context()
        mount = mounts.Mount(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
        self._may_register = may_register
        source = sources.MountedCertificates(mount)
        self.keeper = keeping.Keeper(source, self.context, self._register, now=lambda: self.now)

    def put(self, bundle: certificates.Bundle) -> None:
        """Let the files hold *bundle*."""
        for name, content in certificates.write(bundle).items():
            (self.folder / name).write_bytes(content)

    async def _register(self, trusted: bytes) -> bool | None:
        if not self._may_register:
            return None
        is_changed = self.registered[-1:] != [trusted]
        self.registered.append(trusted)
        return is_changed


async def test_a_look_serves_and_registers(tmp_path: Path) -> None:
    """What is in the files, and the authorities beside it."""
    stage = Stage(tmp_path)
    stage.put(OLD)
    await stage.keeper.look()
    assert stage.context.pair == OLD.serving
    assert stage.registered == [OLD.trusted]
    assert stage.keeper.trouble == ""


async def test_a_change_is_taken_up(tmp_path: Path) -> None:
    """The next look serves the new pair; other replicas may serve the old one yet, so that it is trusted too."""
    stage = Stage(tmp_path)
    for bundle in (OLD, NEW):
        stage.put(bundle)
        await stage.keeper.look()
    assert stage.context.pair == NEW.serving
    assert stage.registered == [OLD.trusted, OLD.trusted + NEW.trusted]


async def test_a_bad_change_is_not(tmp_path: Path) -> None:
    """It is said, and the old pair is served on without trouble."""
    stage = Stage(tmp_path)
    stage.put(OLD)
    await stage.keeper.look()
    (tmp_path / "tls.key").write_bytes(b"nonsense")
    with pytest.raises(errors.StalledError, match="not a private key in PEM"):
        await stage.keeper.look()
    assert stage.context.pair == OLD.serving
    assert stage.keeper.trouble == ""


async def test_a_certificate_that_has_ended_is_trouble(tmp_path: Path) -> None:
    """The webhook is not ready then, though it serves."""
    stage = Stage(tmp_path)
    stage.put(OLD)
    await stage.keeper.look()
    stage.now += datetime.timedelta(days=60)
    assert stage.keeper.trouble == "the certificate ended on 2026-04-30 12:00 UTC"


async def test_a_certificate_that_begins_in_the_future_is_trouble(tmp_path: Path) -> None:
    """API servers whose clock says the same as ours turn it away."""
    stage = Stage(tmp_path)
    stage.put(OLD)
    await stage.keeper.look()
    stage.now -= datetime.timedelta(hours=2)
    assert stage.keeper.trouble == "the certificate begins on 2026-03-01 11:00 UTC, in the future"


async def test_no_fault_ends_the_keeper(tmp_path: Path) -> None:
    """Not even one that nobody has thought of: it is said, and the pair is served on."""
    stage, called = Stage(tmp_path), asyncio.Event()
    stage.put(OLD)

    async def fail(_: bytes) -> bool | None:
        called.set()
        raise LookupError("unheard of")

    keeper = keeping.Keeper(
        sources.MountedCertificates(mounts.Mount(tmp_path / "tls.crt", tmp_path / "tls.key")),
        stage.context,
        fail,
        now=lambda: stage.now,
    )
    running = asyncio.create_task(keeper.run())
    await called.wait()
    assert not running.done()
    running.cancel()
    assert isinstance(keeper.fault, errors.BugError)
    assert "could not be looked after (LookupError)" in str(keeper.fault)
    assert stage.context.pair == OLD.serving


async def test_authorities_that_come_later_are_registered(tmp_path: Path) -> None:
    """They are asked for at each look; and when they are gone, clients trust them for a day more."""
    stage = Stage(tmp_path)
    stage.put(OLD)
    (tmp_path / "ca.crt").unlink()
    await stage.keeper.look()
    stage.put(OLD)
    await stage.keeper.look()
    (tmp_path / "ca.crt").unlink()
    for hours in (0, 23, 2):
        stage.now += datetime.timedelta(hours=hours)
        await stage.keeper.look()
    assert stage.registered == [b"", OLD.trusted, OLD.trusted, OLD.trusted, b""]


def test_no_certificate_is_trouble(tmp_path: Path) -> None:
    """Before the first look there is none."""
    assert Stage(tmp_path).keeper.trouble == "there is no certificate yet"


async def test_who_may_not_register_serves(tmp_path: Path) -> None:
    """A replica that does not hold the Lease has the certificate all the same."""
    stage = Stage(tmp_path, may_register=False)
    stage.put(OLD)
    await stage.keeper.look()
    assert stage.context.pair == OLD.serving


def test_a_handshake_needs_a_look(tmp_path: Path) -> None:
    """Nothing is served before."""
    with pytest.raises(ssl.SSLError):
        clients.Handshake(Stage(tmp_path).context.tls, OLD.trusted)
