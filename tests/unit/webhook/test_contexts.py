"""A certificate is swapped under a server that goes on serving, and its key is left on no disk."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import ssl
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from gitsidecar import errors
from gitsidecar.webhook import certificates, contexts, signing
from tests.unit.webhook import clients

NOW = datetime.datetime.now(datetime.UTC)  # OpenSSL knows no other time
OLD = certificates.make(clients.NAMES, NOW, make_key=clients.keys())
NEW = certificates.make(clients.NAMES, NOW, make_key=clients.keys(10))


def _weak() -> certificates.Pair:
    key, name = rsa.generate_private_key(65537, 1024), x509.Name([])
    built = x509.CertificateBuilder(name, name, key.public_key(), 7, NOW, NOW + datetime.timedelta(days=1))
    return certificates.Pair(built.sign(key, hashes.SHA256()), key)


def test_a_handshake_takes_what_was_swapped_in_last() -> None:
    """A client that trusts only the old authority, then one that trusts only the new."""
    context = contexts.Context()
    assert context.swap(OLD.serving)
    assert clients.Handshake(context.tls, OLD.trusted).served() == OLD.serving.certificate
    assert context.swap(NEW.serving)
    assert clients.Handshake(context.tls, NEW.trusted).served() == NEW.serving.certificate
    with pytest.raises(ssl.SSLCertVerificationError):
        clients.Handshake(context.tls, OLD.trusted)


def test_a_connection_outlives_a_swap() -> None:
    """What was open before goes on."""
    context = contexts.Context()
    context.swap(OLD.serving)
    before = clients.Handshake(context.tls, OLD.trusted)
    context.swap(NEW.serving)
    assert before.says(b"review") == b"review"


def _rsa() -> certificates.Pair:
    """Return a certificate with another type of key, of the same authority as the new one."""
    key, authority = rsa.generate_private_key(65537, 2048), NEW.authorities[0]
    server = signing.Server(key.public_key(), clients.NAMES)  # type: ignore[arg-type]  # ours are never of this type
    signer, until = authority.key, NOW + datetime.timedelta(days=9)
    assert signer is not None
    signed = signing.sign_server(
        server,
        NOW,
        authority=authority.certificate,
        key=signer,  # type: ignore[arg-type]
        until=until,
    )
    return certificates.Pair(signed, key)


@contextlib.asynccontextmanager
async def _echoing(context: contexts.Context) -> AsyncIterator[int]:
    """Serve an echo with *context* on a port."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while words := await reader.read(100):
            writer.write(words)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context.tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("name", clients.NAMES)  # the address is not sent: a client without SNI
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_another_type_of_key_is_served_too(name: str, version: ssl.TLSVersion) -> None:
    """From ECDSA to RSA and back: new clients are shown the new certificate, and the connection before goes on."""
    context = contexts.Context()
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(_echoing(context))
        opened = []
        for pair, trusted in ((OLD.serving, OLD.trusted), (_rsa(), NEW.trusted), (OLD.serving, OLD.trusted)):
            context.swap(pair)
            client = ssl.create_default_context(cadata=trusted.decode())
            client.maximum_version = version
            connection = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
            shown = connection[1].get_extra_info("ssl_object").getpeercert(binary_form=True)
            assert x509.load_der_x509_certificate(shown) == pair.certificate
            opened.append(connection)
        for reader, writer in opened:
            writer.write(b"review")
            assert await reader.readexactly(6) == b"review"
            writer.close()


def test_the_same_pair_is_no_swap() -> None:
    """Looking again changes nothing."""
    context = contexts.Context()
    context.swap(OLD.serving)
    assert not context.swap(certificates.make(clients.NAMES, NOW, make_key=clients.keys()).serving)


def test_before_the_first_swap_no_handshake_succeeds() -> None:
    """A server without a certificate speaks to nobody."""
    with pytest.raises(ssl.SSLError):
        clients.Handshake(contexts.Context().tls, OLD.trusted)


def test_a_pair_that_is_refused_leaves_the_old_one() -> None:
    """OpenSSL takes no key so weak; the words say what to do, and the old certificate is served on."""
    context = contexts.Context()
    context.swap(OLD.serving)
    with pytest.raises(errors.StalledError, match=r"OpenSSL refuses it \(.*\); give it one with a key of at least"):
        context.swap(_weak())
    assert context.pair == OLD.serving
    assert clients.Handshake(context.tls, OLD.trusted).served() == OLD.serving.certificate


def test_no_old_protocol_is_spoken() -> None:
    """TLS 1.1 and older are refused."""
    assert contexts.Context().tls.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("has_memory_files", [True, False])
@pytest.mark.parametrize("pair", [OLD.serving, _weak()], ids=["good", "refused"])
def test_no_file_is_left(
    *, has_memory_files: bool, pair: certificates.Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither on a disk nor open, whether OpenSSL took the pair or not, and with or without files in memory."""
    if not has_memory_files:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    try:
        contexts.Context().swap(pair)
    except errors.StalledError:
        assert pair != OLD.serving
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == before
