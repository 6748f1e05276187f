"""Commits as text: what is read of one, and the stream that makes one."""

from __future__ import annotations

import datetime

import pytest

from gitsidecar import errors
from gitsidecar.repository import commits

NOW = datetime.datetime(2026, 11, 24, 2, 0, tzinfo=datetime.UTC)
AUTHOR = commits.Author("gitsidecar", "gitsidecar@example.com")


def test_a_commit_is_described() -> None:
    """Parents and author come first, then the trailers, keys in lower case and values as they are."""
    described = b"a1 b2\0Ada <ada@example.com>\0Signed-Off-By: Ada\0Link: https://example.com/1\n"
    trailers = (("signed-off-by", "Ada"), ("link", "https://example.com/1"))
    assert commits.parse(described) == (commits.Described(("a1", "b2"), "Ada <ada@example.com>", trailers),)


def test_several_commits_are_described_in_order() -> None:
    """Each line is a commit; one without parents and trailers has none."""
    described = b"a1\0Ada <a@example.com>\0\n\0Grace <g@example.com>\0\n"
    assert commits.parse(described) == (
        commits.Described(("a1",), "Ada <a@example.com>", ()),
        commits.Described((), "Grace <g@example.com>", ()),
    )


def test_the_stream_holds_nothing_that_a_path_could_break() -> None:
    """Quotes, line feeds and other bytes in a path are escaped, so that they cannot become commands."""
    change = commits.Change("a" * 40, {"sets/a.yaml": b"1\n"}, (b'sets/"\n\xff',))
    stream = commits.stream(change, ref="refs/x", author=AUTHOR, now=NOW, message="Zwei Pods\n")
    assert stream == (
        b"commit refs/x\nmark :1\ncommitter gitsidecar <gitsidecar@example.com> 1795485600 +0000\n"
        b"data 10\nZwei Pods\n\nfrom " + b"a" * 40 + b'\nD "sets/\\042\\012\\377"\n'
        b'M 100644 inline "sets/a.yaml"\ndata 2\n1\n\n\nget-mark :1\ndone\n'
    )


def test_blob_names_are_gits() -> None:
    """The name of a content is the one that Git gives it, in either of its hashes."""
    assert commits.blob_name(b"", like="0" * 40) == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    expected = "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
    assert commits.blob_name(b"", like="0" * 64) == expected


@pytest.mark.parametrize("name", ["", " ", "a<b", "a>b", "a\nb"])
def test_authors_that_a_commit_cannot_hold_are_refused(name: str) -> None:
    """Names with angle brackets or line feeds would forge other headers."""
    with pytest.raises(errors.StalledError):
        commits.Author(name, "a@example.com")
