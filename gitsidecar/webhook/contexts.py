"""A server's TLS context whose certificate can be swapped while it serves."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator

from gitsidecar import errors
from gitsidecar.webhook import certificates


class Context:
    """
    Holds `tls`, the context to listen with, and what it serves at the moment.

    Connections that are open keep what they began with; each new handshake takes what was swapped in last. Each pair
    has an inner context of its own: OpenSSL keeps one certificate for each type of key in a context, so that a swap
    from ECDSA to RSA in the same one would change nothing for most clients.
    """

    def __init__(self) -> None:
        self.tls = _context()
        self.tls.sni_callback = self._choose
        self._inner: ssl.SSLContext | None = None
        self._pair: certificates.Pair | None = None

    @property
    def pair(self) -> certificates.Pair | None:
        """Return what is served, ``None`` before the first `swap`: no handshake succeeds then."""
        return self._pair

    def swap(self, pair: certificates.Pair) -> bool:
        """
        Serve *pair* from the next handshake on, and say whether that is another one than before.

        Raises StalledError, and goes on to serve the old one, when OpenSSL refuses it: a key that is too weak, say.
        """
        if self._pair is not None and (pair, pair.chain) == (self._pair, self._pair.chain):
            return False
        with _file(pair) as name:
            try:
                inner = _context()
                inner.load_cert_chain(name)
            except ssl.SSLError as error:
                raise errors.StalledError(
                    f"the webhook's certificate cannot be served: OpenSSL refuses it ({error.reason}); give it one "
                    "with a key of at least 2048 bits RSA or 256 bits ECDSA, signed with SHA-256 or better"
                ) from None
        self._inner, self._pair = inner, pair
        return True

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _outer: ssl.SSLContext) -> None:
        """Give *connection* the pair of the moment; OpenSSL asks for it whether or not the client names a server."""
        if self._inner is not None:
            connection.context = self._inner


def _context() -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.set_alpn_protocols(["http/1.1"])  # API servers would rather speak HTTP/2, which our server does not
    return tls


@contextlib.contextmanager
def _file(pair: certificates.Pair) -> Iterator[str]:
    """Lend certificate and key as a file, as OpenSSL reads nothing else: in memory where the system can do that."""
    content = certificates.key_pem(pair) + certificates.certificates_pem([pair])
    descriptor, name = _opened()
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        yield name
    finally:
        os.close(descriptor)
        if not name.startswith(_OWN_FILES):
            os.unlink(name)


_OWN_FILES = "/proc/self/fd/"


def _opened() -> tuple[int, str]:
    if hasattr(os, "memfd_create") and os.path.isdir(_OWN_FILES):
        descriptor = os.memfd_create("certificate")
        return descriptor, f"{_OWN_FILES}{descriptor}"
    return tempfile.mkstemp(prefix="gitsidecar-")  # readable by us only, and gone at the end of the block
