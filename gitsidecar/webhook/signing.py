"""What stands in our certificates: the one of an authority, and those that it signs for a server."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import ipaddress
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import oid

BACKDATED = datetime.timedelta(hours=1)
"""How long before it was made a certificate begins: an API server's clock may be behind ours."""

_SERIAL_BITS = 152  # drawn from a hash; a bit above them keeps the number positive, and at most 159 are allowed


def sign_authority(
    key: ec.EllipticCurvePrivateKey, now: datetime.datetime, *, until: datetime.datetime
) -> x509.Certificate:
    """Return the certificate of an authority that may sign servers' certificates, and no other authority's."""
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    # A name of its own each: some clients look the signer up by its name alone, and two of one name would confuse them.
    name = _name(f"gitsidecar webhook authority {identifier.digest.hex()[:12]}")
    built = (
        _builder(public, now, until=until)
        .subject_name(name)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    return built.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """Whom a server's certificate is for: the public key, and the DNS names and addresses it is called by."""

    key: ec.EllipticCurvePublicKey
    names: Sequence[str]


def sign_server(
    server: Server,
    now: datetime.datetime,
    *,
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    until: datetime.datetime,
) -> x509.Certificate:
    """Return the certificate of *server*, signed with the *key* of *authority*."""
    signer = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    names = x509.SubjectAlternativeName([_general(name) for name in server.names])
    built = (
        _builder(server.key, now, until=until)
        .subject_name(_name("gitsidecar webhook"))
        .issuer_name(authority.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(server.key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), critical=False)
    )
    return built.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def normal(names: Iterable[str]) -> frozenset[str]:
    """Return *names* as a certificate gives them back: an address can be written in several ways."""
    return frozenset(str(_general(name).value) for name in names)


def _builder(
    key: ec.EllipticCurvePublicKey, now: datetime.datetime, *, until: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .public_key(key)
        .serial_number(_serial(key, now))
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
    )


def _serial(key: ec.EllipticCurvePublicKey, now: datetime.datetime) -> int:
    """Return a number that nobody can foretell, because nobody can foretell the key."""
    text = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.sha256(text + now.isoformat().encode()).digest()
    return (1 << _SERIAL_BITS) + int.from_bytes(digest[: _SERIAL_BITS // 8])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, common_name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
