"""Log lines: JSON for machines, colours for people, libraries included."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from gitsidecar.telemetry import logs


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_where_no_terminal_reads_lines_are_json() -> None:
    """Each line is an object with event, level, time and the fields as values."""
    stream = io.StringIO()
    logs.configure(stream=stream)
    structlog.get_logger("gitsidecar").info("pass.done", id="one", sets={"logtail": {"matched": 4}})
    [line] = stream.getvalue().splitlines()
    found = json.loads(line)
    assert found["timestamp"].endswith("Z")
    del found["timestamp"]
    assert found == {"event": "pass.done", "level": "info", "id": "one", "sets": {"logtail": {"matched": 4}}}


def test_on_a_terminal_lines_have_colours() -> None:
    """A person sees the event, the fields and colours."""
    stream = Terminal()
    logs.configure(stream=stream)
    structlog.get_logger("gitsidecar").info("pass.done", id="one")
    assert "pass.done" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()


def test_a_style_may_be_asked_for() -> None:
    """JSON on a terminal, if the settings say so."""
    stream = Terminal()
    logs.configure(logs.Style.JSON, stream=stream)
    structlog.get_logger("gitsidecar").info("pass.done")
    assert json.loads(stream.getvalue())["event"] == "pass.done"


def test_what_is_below_the_level_is_not_written() -> None:
    """The level holds for our lines and those of libraries."""
    stream = io.StringIO()
    logs.configure(level="warning", stream=stream)
    structlog.get_logger("gitsidecar").info("pass.done")
    logging.getLogger("some.library").info("hello")
    assert stream.getvalue() == ""


def test_lines_of_libraries_have_the_same_form() -> None:
    """A library's warning is a JSON line too, its exception inside."""
    stream = io.StringIO()
    logs.configure(stream=stream)
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("some.library").exception("it %s", "failed")
    [line] = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "it failed"
    assert "RuntimeError: broken" in json.loads(line)["exception"]


def test_a_slow_poll_is_no_news() -> None:
    """The scheduler's warning about a poll that takes longer than the interval is left out."""
    stream = io.StringIO()
    logs.configure(stream=stream)
    logging.getLogger("apscheduler.scheduler").warning("maximum number of running instances reached")
    assert stream.getvalue() == ""


def test_it_may_be_configured_again() -> None:
    """After a second call each line is written once, to the newer stream."""
    first, second = io.StringIO(), io.StringIO()
    logs.configure(stream=first)
    logs.configure(stream=second)
    structlog.get_logger("gitsidecar").info("pass.done")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


def test_a_traceback_shows_no_values() -> None:
    """A variable of the function that failed may be a token: its value is not written."""
    stream = Terminal()
    logs.configure(stream=stream)
    secret = "t0k3n-" * 3
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger("gitsidecar").exception("pass.crashed")
    assert "ValueError: broken" in stream.getvalue()
    assert secret not in stream.getvalue()


class FullDisk(io.StringIO):
    """A stream that takes nothing."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_that_cannot_be_written_is_lost_and_no_more() -> None:
    """Nobody who logs has to reckon with a full disk, or a terminal that was closed."""
    closed = io.StringIO()
    closed.close()
    for stream in (FullDisk(), closed):
        logs.configure(logs.Style.JSON, stream=stream)
        structlog.get_logger("gitsidecar").info("pass.done")
    with pytest.raises(OSError, match="No space"):
        FullDisk().write("")


def test_an_exception_of_ours_is_in_the_line() -> None:
    """With its traceback, in JSON and for people; values of variables are not shown, they may be secrets."""
    for style in (logs.Style.JSON, logs.Style.CONSOLE):
        stream = io.StringIO()
        logs.configure(style, stream=stream)
        secret = "hunter2" * 2
        try:
            raise RuntimeError("broken")
        except RuntimeError:
            structlog.get_logger("gitsidecar").exception("pass.failed", id="one")
        assert "RuntimeError: broken" in stream.getvalue()
        assert secret not in stream.getvalue()
