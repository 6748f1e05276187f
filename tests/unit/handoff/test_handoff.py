"""Our annotation is a contract between releases: pinned to the byte, read back whole, refused with words."""

from __future__ import annotations

import datetime
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar import handoff
from gitsidecar.model import pods

AT = datetime.datetime(2026, 11, 24, 2, 0, 0, 250_000, tzinfo=datetime.UTC)
MARK = pods.Mark(
    "logtail",
    "v1-00000000000000aa",
    "v1-00000000000000bb",
    "4f2a9c1",
    ("logtail",),
    pods.Move(AT, (("logtail", "containerd://1"),), was_ready=True),
)
TEXT = (
    '{"logtail":{"specHash":"v1-00000000000000aa","shapeHash":"v1-00000000000000bb","commit":"4f2a9c1",'
    '"containers":["logtail"],"move":{"at":"2026-11-24T02:00:00.250Z","from":{"logtail":"containerd://1"},'
    '"wasReady":true}}}'
)

_names = st.text(string.ascii_letters + string.digits + "-./:é", min_size=1, max_size=12)
_moves = st.builds(
    pods.Move,
    at=st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2100, 1, 1)).map(  # noqa: DTZ001  # bounds
        lambda moment: moment.replace(microsecond=0, tzinfo=datetime.UTC)
    ),
    origin=st.dictionaries(_names, _names, max_size=3).map(lambda found: tuple(sorted(found.items()))),
    was_ready=st.booleans(),
    is_heal=st.booleans(),
)
_marks = st.lists(
    st.builds(
        pods.Mark,
        set_name=_names,
        spec_hash=_names,
        shape_hash=_names,
        commit=_names,
        containers=st.lists(_names, max_size=3).map(tuple),
        move=st.none() | _moves,
    ),
    max_size=4,
    unique_by=lambda mark: mark.set_name,
)


def test_the_text_is_pinned() -> None:
    """A mark's text stays byte for byte: another text would be read differently by the release before."""
    assert handoff.write([MARK]) == TEXT


def test_what_an_older_release_wrote_is_read() -> None:
    """The pinned text gives the mark back, to the millisecond."""
    assert handoff.read(TEXT) == (MARK,)


def test_members_of_a_newer_release_are_passed_over() -> None:
    """An unknown member does not make the annotation unreadable."""
    assert handoff.read(TEXT.replace('"commit"', '"later":{"a":1},"commit"')) == (MARK,)


@given(_marks)
def test_reading_gives_back_what_was_written(marks: list[pods.Mark]) -> None:
    """Read after write is the identity, in order of set name."""
    assert handoff.read(handoff.write(marks)) == tuple(sorted(marks, key=lambda mark: mark.set_name))


@given(_marks, st.randoms(use_true_random=False))
def test_the_order_of_marks_does_not_count(marks: list[pods.Mark], random: object) -> None:
    """Same marks, same text, whatever order they come in."""
    assert handoff.write(reversed(marks)) == handoff.write(marks)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        '{"a":null}',
        '{"a":{}}',
        TEXT.replace("Z", ""),
        TEXT.replace('"4f2a9c1"', "7"),
        "[" * 9999,
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    """What gitsidecar did not write is a ValueError that names the annotation, never a mark made up."""
    with pytest.raises(ValueError, match=r"gitsidecar\.io/sidecars"):
        handoff.read(text)
