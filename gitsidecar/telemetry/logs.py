"""Log lines: JSON for machines, colours on a terminal; everything goes to standard error."""

from __future__ import annotations

import enum
import logging
import sys
from typing import TextIO

import structlog


class Style(enum.StrEnum):
    """Name the forms of a log line; *auto* looks whether a terminal reads."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


def configure(style: Style = Style.AUTO, *, level: str = "info", stream: TextIO | None = None) -> None:
    """
    Send all log lines, those of libraries too, to *stream* (standard error) in one *style* from *level* up.

    May be called again: the newest call counts.
    """
    out = sys.stderr if stream is None else stream
    is_console = style is Style.CONSOLE or (style is Style.AUTO and out.isatty())
    renderers = _renderers(is_console=is_console)
    common: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(out)
    lines = _Lines(handler)
    structlog.configure(
        processors=[*common, *renderers],
        logger_factory=lambda *_: lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=common, processors=[strip, *renderers]))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level.upper())
    for chatty in ("asyncio", "aiohttp.access", "git", "kubernetes"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns each time that a slow poll makes one late


class _Lines:
    """
    Writes our lines, as text, where *handler* writes those of libraries.

    Not by way of `logging`, which takes twice as long: a webhook writes a line for each pod. A line that cannot be
    written is lost, as it is there: a full disk ends no rollout.
    """

    def __init__(self, handler: logging.StreamHandler[TextIO]) -> None:
        self._handler = handler

    def msg(self, line: str) -> None:
        self._handler.acquire()
        try:
            self._handler.stream.write(f"{line}\n")
            self._handler.flush()
        except (OSError, ValueError):
            pass
        finally:
            self._handler.release()

    debug = info = warning = error = critical = exception = msg


def _renderers(*, is_console: bool) -> list[structlog.typing.Processor]:
    if is_console:
        # Without the values of variables, which may be secrets.
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
