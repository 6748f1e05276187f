"""Certificates that somebody else keeps: files that are mounted into the pod, and may change at any time."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from gitsidecar.webhook import certificates, signing

_NEXT = "serving goes on with the last good pair, if there was one; see to it that the files hold a new one"


@dataclasses.dataclass(frozen=True, slots=True)
class Mount:
    """
    Where the files are, and the DNS name or address that API servers call us by (`name`, empty = it is not checked).

    The authorities that clients shall trust are in ``ca.crt`` beside the certificate when `authorities` is ``None``.
    They may be missing, and may come later.
    """

    certificate: Path
    key: Path
    authorities: Path | None = None
    name: str = ""

    @property
    def trusted(self) -> Path:
        """Return the file of the authorities."""
        return self.authorities or self.certificate.with_name("ca.crt")


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """What stood in the files at one moment."""

    mount: Mount
    certificate: bytes = dataclasses.field(repr=False)
    key: bytes = dataclasses.field(repr=False)
    authorities: bytes = dataclasses.field(repr=False, default=b"")


@dataclasses.dataclass(frozen=True, slots=True)
class Mounted:
    """A pair that may be served, whom to trust for it, and whether they are others than were known before."""

    pair: certificates.Pair
    authorities: tuple[x509.Certificate, ...]
    content: Content
    is_new: bool


def read(mount: Mount) -> Content | certificates.Broken:
    """Read the files of *mount*, or say which cannot be read."""
    found = []
    for file in (mount.certificate, mount.key, mount.trusted):
        try:
            found.append(file.read_bytes() if file != mount.trusted or file.exists() else b"")
        except OSError as error:
            return certificates.Broken(f"{file} cannot be read: {error.strerror}; mount the Secret that holds it there")
    return Content(mount, *found)


def watch(content: Content, now: datetime.datetime, *, known: Content | None) -> Mounted | certificates.Broken:
    """
    Return the pair that *content* holds if it may be served at *now*, compared with the last good one, *known*.

    Only what the files say counts, not their times: a kubelet puts new links where old ones were. It does so for each
    file by itself, so that a certificate and the key of the one before may be seen together for a moment.
    """
    place = f"{content.mount.certificate} and {content.mount.key}"
    pair = certificates.read_pair(content.certificate, content.key)
    if isinstance(pair, certificates.Broken):
        return certificates.Broken(f"{place} cannot be served: {pair.why}; {_NEXT}")
    if now >= pair.ends:
        return certificates.Broken(f"{place} cannot be served: the certificate ended on {pair.ends:%F %R} UTC; {_NEXT}")
    if now < pair.begins:
        words = f"the certificate begins on {pair.begins:%F %R} UTC, in the future"
        return certificates.Broken(f"{place} cannot be served: {words}; {_NEXT}, or set this machine's clock")
    if words := _name_fault(pair, content.mount.name):
        return certificates.Broken(f"{place} cannot be served: {words}; {_NEXT}")
    trusted = certificates.read_certificates(content.authorities) if content.authorities.strip() else ()
    if isinstance(trusted, certificates.Broken):
        return certificates.Broken(f"{content.mount.trusted} cannot be used: {trusted.why}; {_NEXT}")
    if trusted and not _leads_to(pair, trusted):
        words = f"{content.mount.certificate} is not signed by any certificate in it"
        return certificates.Broken(f"{content.mount.trusted} cannot be used: {words}; {_NEXT}")
    return Mounted(pair, trusted, content, content != known)


def _leads_to(pair: certificates.Pair, trusted: Sequence[x509.Certificate]) -> bool:
    """Say whether the certificate, or what it was signed by in its chain, is trusted or signed by what is trusted."""
    reached, waiting = [pair.certificate], list(pair.chain)
    while reached:
        last = reached.pop()
        if last in trusted or any(certificates.is_signed(last, each) for each in trusted):
            return True
        signers = [each for each in waiting if certificates.is_signed(last, each)]
        waiting = [each for each in waiting if each not in signers]
        reached += signers
    return False


def _name_fault(pair: certificates.Pair, name: str) -> str:
    """Say that clients who call *name* would turn the certificate away; empty if they would not."""
    if not name:
        return ""
    (wanted,) = signing.normal([name.lower()])
    names = {each.lower() for each in pair.names}
    if wanted in names or f"*.{wanted.partition('.')[2]}" in names:
        return ""
    return f"the certificate is for {', '.join(sorted(names)) or 'no name'}, and API servers call us {name}"
