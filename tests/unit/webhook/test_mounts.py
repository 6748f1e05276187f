"""Mounted certificates are judged by what the files say, and words are found for what cannot be served."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gitsidecar.webhook import certificates, mounts
from tests.unit.webhook import clients

OLD = certificates.write(certificates.make(clients.NAMES, clients.NOW, make_key=clients.keys()))
NEW = certificates.write(certificates.make(clients.NAMES, clients.NOW, make_key=clients.keys(10)))
DAY = datetime.timedelta(days=1)


def _mount(folder: Path, data: dict[str, bytes] = OLD) -> mounts.Mount:
    for name in ("tls.crt", "tls.key", "ca.crt"):
        (folder / name).write_bytes(data[name])
    return mounts.Mount(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")


def _content(folder: Path, data: dict[str, bytes] = OLD) -> mounts.Content:
    content = mounts.read(_mount(folder, data))
    assert isinstance(content, mounts.Content)
    return content


def _broken(content: mounts.Content, after: datetime.timedelta = DAY) -> str:
    found = mounts.watch(content, clients.NOW + after, known=None)
    assert isinstance(found, certificates.Broken)
    return found.why


def test_a_good_pair_is_found(tmp_path: Path) -> None:
    """It is new when nothing was known, and not when it was."""
    content = _content(tmp_path)
    for known, is_new in ((None, True), (content, False)):
        found = mounts.watch(content, clients.NOW, known=known)
        assert isinstance(found, mounts.Mounted)
        assert found.is_new is is_new
        assert certificates.certificates_pem([found.pair]) == OLD["tls.crt"]


def test_a_file_written_again_is_no_change(tmp_path: Path) -> None:
    """Only what it says counts."""
    known = _content(tmp_path)
    found = mounts.watch(_content(tmp_path), clients.NOW, known=known)
    assert isinstance(found, mounts.Mounted)
    assert not found.is_new


def test_another_pair_is_a_change(tmp_path: Path) -> None:
    """It is the one to serve from now on."""
    known = _content(tmp_path)
    found = mounts.watch(_content(tmp_path, NEW), clients.NOW, known=known)
    assert isinstance(found, mounts.Mounted)
    assert found.is_new
    assert certificates.certificates_pem([found.pair]) == NEW["tls.crt"]


def test_a_pair_seen_in_mid_change_is_not_served(tmp_path: Path) -> None:
    """The new certificate with the old key: it is said, with both files and what happens meanwhile."""
    words = _broken(dataclasses.replace(_content(tmp_path), certificate=NEW["tls.crt"]))
    assert words.startswith(
        f"{tmp_path}/tls.crt and {tmp_path}/tls.key cannot be served: the key is not the one of the"
    )
    assert "serving goes on with the last good pair" in words


@pytest.mark.parametrize(
    ("after", "words"),
    [(61 * DAY, "the certificate ended on 2026-04-30 12:00 UTC"), (-DAY, "the certificate begins on 2026-03-01 11:00")],
)
def test_a_certificate_out_of_its_time_is_not_served(after: datetime.timedelta, words: str, tmp_path: Path) -> None:
    """The words say when it ended or begins."""
    assert words in _broken(_content(tmp_path), after)


def test_authorities_that_are_none_are_said(tmp_path: Path) -> None:
    """The file is named."""
    assert _broken(dataclasses.replace(_content(tmp_path), authorities=b"?")).startswith(f"{tmp_path}/ca.crt cannot be")


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    """Which one, and what to mount."""
    mount = _mount(tmp_path)
    mount.key.unlink()
    broken = mounts.read(mount)
    assert isinstance(broken, certificates.Broken)
    assert broken.why == f"{mount.key} cannot be read: No such file or directory; mount the Secret that holds it there"


def test_authorities_may_be_left_out(tmp_path: Path) -> None:
    """Somebody else tells clients whom to trust."""
    mount = _mount(tmp_path)
    mount.trusted.unlink()
    content = mounts.read(mount)
    assert isinstance(content, mounts.Content)
    found = mounts.watch(content, clients.NOW, known=None)
    assert isinstance(found, mounts.Mounted)
    assert found.authorities == ()


def test_authorities_are_looked_for_beside_the_certificate(tmp_path: Path) -> None:
    """Where cert-manager puts them."""
    assert mounts.read(dataclasses.replace(_mount(tmp_path), authorities=None)) == dataclasses.replace(
        _content(tmp_path), mount=mounts.Mount(tmp_path / "tls.crt", tmp_path / "tls.key")
    )


def test_authorities_that_have_not_signed_are_said(tmp_path: Path) -> None:
    """Whoever trusts them would turn us away."""
    words = _broken(dataclasses.replace(_content(tmp_path), authorities=NEW["ca.crt"]))
    assert words.startswith(f"{tmp_path}/ca.crt cannot be used: {tmp_path}/tls.crt is not signed by any certificate")


def _signed(subject: str, issuer: str, public: int, signer: int) -> bytes:
    name = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (issuer, subject)]
    begins, key = clients.NOW - DAY, clients.keys(public)().public_key()
    built = x509.CertificateBuilder(name[0], name[1], key, 7, begins, clients.NOW + DAY)
    return certificates.pem([built.sign(clients.keys(signer)(), hashes.SHA256())])


def test_an_authority_may_have_signed_one_in_between(tmp_path: Path) -> None:
    """It stands in the chain; without it, nothing leads to the authority."""
    root, between, served = _signed("r", "r", 1, 1), _signed("b", "r", 2, 1), _signed("s", "b", 3, 2)
    key = certificates.key_pem(certificates.Pair(x509.load_pem_x509_certificate(served), clients.keys(3)()))
    content = dataclasses.replace(_content(tmp_path), certificate=served + between, key=key, authorities=root)
    assert isinstance(mounts.watch(content, clients.NOW, known=None), mounts.Mounted)
    assert "is not signed by" in _broken(dataclasses.replace(content, certificate=served), 0 * DAY)


@pytest.mark.parametrize(
    ("name", "has", "is_good"),
    [
        ("Gitsidecar.gitsidecar.svc", clients.NAMES, True),
        ("127.0.0.1", clients.NAMES, True),
        ("gitsidecar.gitsidecar.svc", ("*.gitsidecar.svc",), True),
        ("gitsidecar.other.svc", clients.NAMES, False),
        ("a.gitsidecar.gitsidecar.svc", ("*.gitsidecar.svc",), False),
    ],
)
def test_a_certificate_for_another_name_is_said(
    name: str, has: tuple[str, ...], *, is_good: bool, tmp_path: Path
) -> None:
    """API servers would turn it away; a wildcard stands for one label."""
    content = _content(tmp_path, certificates.write(certificates.make(has, clients.NOW, make_key=clients.keys())))
    content = dataclasses.replace(content, mount=dataclasses.replace(content.mount, name=name))
    if is_good:
        assert isinstance(mounts.watch(content, clients.NOW, known=None), mounts.Mounted)
    else:
        assert f"the certificate is for {', '.join(sorted(has))}, and API servers call us {name}" in _broken(content)


def test_no_representation_shows_what_is_in_the_files(tmp_path: Path) -> None:
    """Content is held as bytes, and shown by none."""
    assert "BEGIN" not in repr(_content(tmp_path))
