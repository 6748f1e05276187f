"""Clients that decide whom they trust: cryptography's verifier at any time, OpenSSL's at the real one."""

from __future__ import annotations

import datetime
import functools
import ipaddress
import ssl
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification

from gitsidecar.webhook import certificates

NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
NAMES = ("gitsidecar.gitsidecar.svc", "127.0.0.1")


def keys(seed: int = 1) -> Callable[[], ec.EllipticCurvePrivateKey]:
    """Return a maker of keys that gives the same ones in the same order each time."""
    numbers = iter(range(seed, 1 << 30))
    return lambda: _key(next(numbers))


@functools.cache
def _key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def accepts(trusted: bytes, served: certificates.Pair, now: datetime.datetime, *, name: str = NAMES[0]) -> bool:
    """Say whether a client that trusts the authorities *trusted* takes *served* for *name* at *now*."""
    store = verification.Store(x509.load_pem_x509_certificates(trusted))
    try:
        subject: x509.DNSName | x509.IPAddress = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    verifier = verification.PolicyBuilder().store(store).time(now).build_server_verifier(subject)
    try:
        verifier.verify(served.certificate, list(served.chain))
    except verification.VerificationError:
        return False
    return True


class Handshake:
    """A client and a server in memory; *trusted* is PEM. Raises ssl.SSLError when they do not come together."""

    def __init__(self, server: ssl.SSLContext, trusted: bytes, *, name: str = NAMES[0]) -> None:
        context = ssl.create_default_context(cadata=trusted.decode())
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = context.wrap_bio(to_client, to_server, server_hostname=name)
        self.server = server.wrap_bio(to_server, to_client, server_side=True)
        waiting = [self.client, self.server]
        while waiting:
            side = waiting.pop(0)
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(side)

    def served(self) -> x509.Certificate:
        """Return the certificate that the client was shown."""
        shown = self.client.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown)

    def says(self, words: bytes) -> bytes:
        """Send *words* from the client to the server, and return what arrived."""
        self.client.write(words)
        return self.server.read(len(words))
