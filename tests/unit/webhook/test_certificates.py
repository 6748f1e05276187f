"""What we make is accepted by those who trust it, survives a Secret, and shows its keys to nobody."""

from __future__ import annotations

import base64
import collections
import dataclasses
import datetime
import random
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.webhook import certificates, renewals
from tests.unit.webhook import clients

BUNDLE = certificates.make(clients.NAMES, clients.NOW, make_key=clients.keys())
OTHER = certificates.make(clients.NAMES, clients.NOW, make_key=clients.keys(50))
DATA = certificates.write(BUNDLE)


def _with(**changes: bytes) -> dict[str, bytes]:
    return {**DATA, **{name.replace("_", "."): value for name, value in changes.items()}}


def _without_identifier() -> bytes:
    """Return our authority as one that cannot be named in what it signs."""
    authority = BUNDLE.authorities[0]
    key, name = authority.key, authority.certificate.subject
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    built = x509.CertificateBuilder(name, name, key.public_key(), 7, authority.begins, authority.ends)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return certificates.pem([built.sign(key, hashes.SHA256())])


@pytest.mark.parametrize("name", clients.NAMES)
def test_a_client_that_trusts_the_authority_accepts_the_server(name: str) -> None:
    """By DNS name and by address, from an hour before it was made until it ends."""
    served, trusted = BUNDLE.serving, BUNDLE.trusted
    for moment in (clients.NOW - datetime.timedelta(minutes=59), clients.NOW, served.ends):
        assert clients.accepts(trusted, served, moment, name=name)
    assert not clients.accepts(trusted, served, served.ends + datetime.timedelta(seconds=1), name=name)


@pytest.mark.parametrize("name", ["gitsidecar.other.svc", "127.0.0.2"])
def test_a_server_by_another_name_is_not_accepted(name: str) -> None:
    """The certificate is for the names that were asked for."""
    assert not clients.accepts(BUNDLE.trusted, BUNDLE.serving, clients.NOW, name=name)


def test_another_authority_is_not_enough() -> None:
    """Two installations do not trust each other."""
    assert not clients.accepts(OTHER.trusted, BUNDLE.serving, clients.NOW)


def test_same_keys_same_bytes() -> None:
    """Only keys are drawn at random: nothing else in a certificate is."""
    again = certificates.make(clients.NAMES, clients.NOW, make_key=clients.keys())
    assert certificates.write(again) == DATA


def test_a_serving_certificate_never_outlives_its_authority() -> None:
    """So an authority that has ended can be dropped, whatever it signed."""
    authority = BUNDLE.authorities[0]
    late = authority.ends - datetime.timedelta(days=3)
    served = certificates.make_serving(authority, clients.NAMES, late, key=clients.keys(9)())
    assert served.ends == authority.ends


def test_a_bundle_survives_a_secret() -> None:
    """Read again it is the same, keys too."""
    read = certificates.read(DATA)
    assert read == BUNDLE
    assert isinstance(read, certificates.Bundle)
    assert certificates.write(read) == DATA


def test_an_authority_without_its_key_survives_too() -> None:
    """It is trusted still, and signs no more; the order is that of age."""
    added = certificates.make_authority(clients.NOW + datetime.timedelta(days=1), clients.keys(7)())
    both = dataclasses.replace(BUNDLE, authorities=(BUNDLE.authorities[0].without_key(), added))
    read = certificates.read(certificates.write(both))
    assert isinstance(read, certificates.Bundle)
    assert [each.key is None for each in read.authorities] == [True, False]
    assert read.trusted == both.trusted


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, r"^tls.crt, tls.key, ca.crt, ca.key missing$"),
        (_with(tls_crt=b"nonsense"), r"^tls.crt and tls.key cannot be used: the certificate is not one in PEM$"),
        (_with(tls_key=b"nonsense"), r"^tls.crt and tls.key cannot be used: the key is not a private key in PEM$"),
        (_with(tls_key=DATA["ca.key"]), r"the key is not the one of the certificate$"),
        (_with(ca_crt=b"nonsense"), r"^ca.crt cannot be used: the certificate is not one in PEM$"),
        (_with(ca_key=b"nonsense"), r"^ca.key cannot be used: it holds what is not a private key in PEM$"),
        (_with(ca_crt=DATA["tls.crt"]), r"^ca.crt cannot be used: it holds what is not an authority of ours$"),
        (_with(ca_crt=_without_identifier()), r"^ca.crt cannot be used: it holds what is not an authority of ours$"),
        (_with(ca_crt=OTHER.trusted), r"^tls.crt is not signed by any certificate of ca.crt$"),
    ],
)
def test_what_is_no_bundle_is_said(data: dict[str, bytes], words: str) -> None:
    """Which part, and what is wrong with it."""
    broken = certificates.read(data)
    assert isinstance(broken, certificates.Broken)
    assert re.search(words, broken.why)


def test_an_encrypted_key_is_said() -> None:
    """A person has to store it in another way."""
    key = clients.keys()()
    secret = serialization.BestAvailableEncryption(b"passphrase")
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
    broken = certificates.read_pair(DATA["tls.crt"], text)
    assert isinstance(broken, certificates.Broken)
    assert broken.why == "the key is encrypted: store it without a passphrase"


def test_a_pair_of_others_may_have_another_kind_of_key() -> None:
    """What cert-manager makes is RSA by default: read, it is what it was."""
    key, name = rsa.generate_private_key(65537, 2048), x509.Name([])
    until = clients.NOW + datetime.timedelta(days=1)
    built = x509.CertificateBuilder(name, name, key.public_key(), 7, clients.NOW, until).sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    text = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    pair = certificates.read_pair(built.public_bytes(pem), text)
    assert isinstance(pair, certificates.Pair)
    assert pair.certificate == built


@given(st.sampled_from(sorted(DATA)), st.binary(max_size=40), st.integers(0, 400))
def test_no_bytes_make_reading_fail(name: str, bytes_: bytes, place: int) -> None:
    """Whatever stands in a Secret, it is a bundle or words, and the words quote nothing of it."""
    text = DATA[name]
    read = certificates.read({**DATA, name: text[:place] + bytes_ + text[place + len(bytes_) :]})
    if isinstance(read, certificates.Broken):
        assert not shows_a_key(read.why)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_no_mutation_of_a_certificate_gets_further_than_reading() -> None:
    """Of a few hundred that are wrong inside, each is words, or a bundle from which every step can be taken."""
    drawn, kinds = random.Random(7), collections.Counter[type]()
    for name, pair in 300 * [("tls.crt", BUNDLE.serving), ("ca.crt", BUNDLE.authorities[0])]:
        text = bytearray(pair.certificate.public_bytes(serialization.Encoding.DER))
        for _ in range(drawn.choice((1, 1, 2, 3))):
            text[drawn.randrange(len(text))] = drawn.randrange(256)
        encoded = b"-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % base64.encodebytes(text)
        read = certificates.read({**DATA, name: encoded})
        kinds[type(read)] += 1
        if isinstance(read, certificates.Broken):
            continue
        for days in (0, 50, 950, 1200):
            now = clients.NOW + datetime.timedelta(days=days)
            step = renewals.next_step(read, now, clients.NAMES)
            assert renewals.take(step, read, now, names=clients.NAMES, make_key=clients.keys(80)).issuer is not None
    assert min(kinds[certificates.Bundle], kinds[certificates.Broken]) > 20


def test_no_representation_shows_a_key() -> None:
    """Neither a log line nor a failed assertion can give one away."""
    for value in (BUNDLE, BUNDLE.serving, BUNDLE.authorities):
        assert not shows_a_key(repr(value))
        assert not shows_a_key(str(value))


def shows_a_key(words: str) -> bool:
    """Say whether *words* hold PEM, or any line of a key of ours."""
    lines = [line for name in ("tls.key", "ca.key") for line in DATA[name].decode().splitlines()[1:-1]]
    encoded = [base64.b64encode(DATA[name]).decode()[40:80] for name in ("tls.key", "ca.key")]
    return "-----BEGIN" in words or any(line in words for line in [*lines, *encoded])
