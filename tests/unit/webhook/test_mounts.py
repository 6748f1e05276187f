"""Mounted certificates are judged by what the files say, and words are found for what cannot be served."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import pytest

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
    content = mounts.read(dataclasses.replace(_mount(tmp_path), authorities=None))
    assert isinstance(content, mounts.Content)
    assert isinstance(mounts.watch(content, clients.NOW, known=None), mounts.Mounted)


def test_no_representation_shows_what_is_in_the_files(tmp_path: Path) -> None:
    """Content is held as bytes, and shown by none."""
    assert "BEGIN" not in repr(_content(tmp_path))
