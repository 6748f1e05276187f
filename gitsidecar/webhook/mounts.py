"""Certificates that somebody else keeps: files that are mounted into the pod, and may change at any time."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

from gitsidecar.webhook import certificates

_NEXT = "serving goes on with the last good pair, if there was one; see to it that the files hold a new one"


@dataclasses.dataclass(frozen=True, slots=True)
class Mount:
    """Where the files are: certificate and key, and the authorities that clients shall trust, if that is known."""

    certificate: Path
    key: Path
    authorities: Path | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """What stood in the files at one moment."""

    mount: Mount
    certificate: bytes = dataclasses.field(repr=False)
    key: bytes = dataclasses.field(repr=False)
    authorities: bytes = dataclasses.field(repr=False, default=b"")


@dataclasses.dataclass(frozen=True, slots=True)
class Mounted:
    """A pair that may be served, and whether it is another one than was known before."""

    pair: certificates.Pair
    content: Content
    is_new: bool


def read(mount: Mount) -> Content | certificates.Broken:
    """Read the files of *mount*, or say which cannot be read."""
    found = []
    for file in (mount.certificate, mount.key, mount.authorities):
        try:
            found.append(file.read_bytes() if file is not None else b"")
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
    if content.authorities:
        trusted = certificates.read_certificates(content.authorities)
        if isinstance(trusted, certificates.Broken):
            return certificates.Broken(f"{content.mount.authorities} cannot be used: {trusted.why}; {_NEXT}")
    return Mounted(pair, content, content != known)
