"""Certificates: an authority of our own and what it signs, or anybody's pair as PEM files hold it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence

from cryptography import exceptions, x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from gitsidecar.webhook import signing

SERVING_LIFE = datetime.timedelta(days=60)
AUTHORITY_LIFE = datetime.timedelta(days=3 * 365)

MakeKey = Callable[[], ec.EllipticCurvePrivateKey]


@dataclasses.dataclass(frozen=True, slots=True)
class Broken:
    """Why something that should be a certificate with its key is none, in words that quote nothing of it."""

    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """
    A certificate with its private key, and the certificates in between that its clients may lack.

    `key` is ``None`` for an authority that signs no more. Keys are held as objects, never as text: no representation of
    this value shows one. Two pairs are equal when their certificates are.
    """

    certificate: x509.Certificate
    key: PrivateKeyTypes | None = dataclasses.field(repr=False, compare=False, default=None)
    chain: tuple[x509.Certificate, ...] = dataclasses.field(repr=False, default=())

    @property
    def begins(self) -> datetime.datetime:
        return self.certificate.not_valid_before_utc

    @property
    def ends(self) -> datetime.datetime:
        return self.certificate.not_valid_after_utc

    @property
    def names(self) -> frozenset[str]:
        """Return the DNS names and addresses that the certificate is for."""
        try:
            found = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return frozenset()
        addresses = found.get_values_for_type(x509.IPAddress)
        return frozenset([*found.get_values_for_type(x509.DNSName), *map(str, addresses)])

    def is_valid_at(self, now: datetime.datetime) -> bool:
        """Say whether clients whose clock says *now* may take it."""
        return self.begins <= now < self.ends

    def is_signed_by(self, authority: Pair) -> bool:
        """Say whether *authority* has signed this certificate; dates are not looked at."""
        return is_signed(self.certificate, authority.certificate)

    def without_key(self) -> Pair:
        """Return the pair as one that is trusted, but signs no more."""
        return dataclasses.replace(self, key=None)


@dataclasses.dataclass(frozen=True, slots=True)
class Bundle:
    """What a webhook serves with and is trusted by: its authorities, oldest first, and one certificate of theirs."""

    authorities: tuple[Pair, ...]
    serving: Pair

    @property
    def trusted(self) -> bytes:
        """Return the certificates of all authorities as PEM: the ``caBundle`` of the registration."""
        return certificates_pem(self.authorities)

    @property
    def issuer(self) -> Pair | None:
        """Return the authority that signed the serving certificate, ``None`` if it is not one of ours."""
        return next((each for each in self.authorities if self.serving.is_signed_by(each)), None)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new private key on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def make(names: Sequence[str], now: datetime.datetime, *, make_key: MakeKey = new_key) -> Bundle:
    """Make a first authority, and a certificate for the DNS names and addresses *names*. Same keys, same bytes."""
    authority = make_authority(now, make_key())
    return Bundle((authority,), make_serving(authority, names, now, key=make_key()))


def make_authority(now: datetime.datetime, key: ec.EllipticCurvePrivateKey) -> Pair:
    """Make an authority of our own."""
    return Pair(signing.sign_authority(key, now, until=now + AUTHORITY_LIFE), key)


def make_serving(
    authority: Pair, names: Sequence[str], now: datetime.datetime, *, key: ec.EllipticCurvePrivateKey
) -> Pair:
    """Make a server's certificate that ends no later than its *authority*, which must still have its key."""
    signer = authority.key
    assert isinstance(signer, ec.EllipticCurvePrivateKey)  # `read` takes no other keys of authorities
    until = min(now + SERVING_LIFE, authority.ends)
    server = signing.Server(key.public_key(), names)
    return Pair(signing.sign_server(server, now, authority=authority.certificate, key=signer, until=until), key)


def write(bundle: Bundle) -> dict[str, bytes]:
    """Return *bundle* as the data of a Secret: what ``kubernetes.io/tls`` asks for, and the authorities beside it."""
    return {
        "tls.crt": certificates_pem([bundle.serving]),
        "tls.key": key_pem(bundle.serving),
        "ca.crt": bundle.trusted,
        "ca.key": b"".join(key_pem(each) for each in bundle.authorities if each.key is not None),
    }


def read(data: Mapping[str, bytes]) -> Bundle | Broken:
    """Return the bundle that `write` made *data* of, or what is wrong with it. Dates are for `renewals` to judge."""
    missing = [name for name in ("tls.crt", "tls.key", "ca.crt", "ca.key") if not data.get(name)]
    if missing:
        return Broken(f"{', '.join(missing)} missing")
    serving = read_pair(data["tls.crt"], data["tls.key"])
    if isinstance(serving, Broken):
        return Broken(f"tls.crt and tls.key cannot be used: {serving.why}")
    authorities = _read_authorities(data["ca.crt"], data["ca.key"])
    if isinstance(authorities, Broken):
        return authorities
    bundle = Bundle(authorities, serving)
    return bundle if bundle.issuer is not None else Broken("tls.crt is not signed by any certificate of ca.crt")


def read_pair(certificate: bytes, key: bytes) -> Pair | Broken:
    """Return the certificate (with its chain) and key that two PEM texts hold, or what is wrong with them."""
    chain = read_certificates(certificate)
    if isinstance(chain, Broken):
        return chain
    private = _read_key(key)
    if isinstance(private, Broken):
        return private
    if not _belongs(private, chain[0]):
        return Broken("the key is not the one of the certificate")
    return Pair(chain[0], private, chain[1:])


def read_certificates(text: bytes) -> tuple[x509.Certificate, ...] | Broken:
    """Return the certificates of a PEM text, or what is wrong with it."""
    try:
        found = tuple(x509.load_pem_x509_certificates(text))
        for each in found:
            # These are read late, and raise then.
            _ = (each.version, each.extensions, each.subject, each.issuer, _public(each.public_key()))
            _ = (each.not_valid_before_utc, each.not_valid_after_utc)
    except Exception:  # noqa: BLE001  # cryptography has a dozen exceptions of its own for what is garbled
        return Broken("the certificate is not one in PEM")
    return found


def is_signed(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Say whether *authority* has signed *certificate*; dates are not looked at."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, exceptions.InvalidSignature, exceptions.UnsupportedAlgorithm):
        return False
    return True


def certificates_pem(pairs: Sequence[Pair]) -> bytes:
    """Return the certificates of *pairs*, each followed by its chain, as PEM."""
    return pem([certificate for pair in pairs for certificate in (pair.certificate, *pair.chain)])


def pem(found: Sequence[x509.Certificate]) -> bytes:
    """Return certificates as PEM."""
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in found)


def key_pem(pair: Pair) -> bytes:
    """Return the private key of *pair*, which must have one, as PEM."""
    assert pair.key is not None
    plain = serialization.NoEncryption()
    return pair.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _read_authorities(certificates: bytes, keys: bytes) -> tuple[Pair, ...] | Broken:
    found = read_certificates(certificates)
    if isinstance(found, Broken):
        return Broken(f"ca.crt cannot be used: {found.why}")
    if not all(_may_sign(each) for each in found):
        return Broken("ca.crt cannot be used: it holds what is not an authority of ours")
    owned = []
    for text in _split(keys):
        key = _read_key(text)
        if isinstance(key, Broken):
            return Broken("ca.key cannot be used: it holds what is not a private key in PEM")
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            return Broken("ca.key cannot be used: it holds a key that is not of ours")
        owned.append(key)
    pairs = [Pair(each, next((key for key in owned if _belongs(key, each)), None)) for each in found]
    return tuple(sorted(pairs, key=lambda pair: (pair.begins, pair.ends)))


def _read_key(text: bytes) -> PrivateKeyTypes | Broken:
    try:
        return serialization.load_pem_private_key(text, None)
    except TypeError:
        return Broken("the key is encrypted: store it without a passphrase")
    except Exception:  # noqa: BLE001  # as for certificates
        return Broken("the key is not a private key in PEM")


def _may_sign(certificate: x509.Certificate) -> bool:
    """Say whether it is an authority that is also named in what it signs."""
    try:
        find = certificate.extensions.get_extension_for_class
        find(x509.SubjectKeyIdentifier)
        return find(x509.BasicConstraints).value.ca and find(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return False


def _split(text: bytes) -> list[bytes]:
    """Return the PEM blocks of *text* one by one."""
    end = b"-----END PRIVATE KEY-----"
    return [block + end for block in text.split(end) if block.strip()]


def _belongs(key: PrivateKeyTypes, certificate: x509.Certificate) -> bool:
    return _public(key.public_key()) == _public(certificate.public_key())


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
