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
    common: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=common, processors=_renderers(is_console=is_console))
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level.upper())
    for chatty in ("asyncio", "aiohttp.access", "git", "kubernetes"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns each time that a slow poll makes one late


def _renderers(*, is_console: bool) -> list[structlog.typing.Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if is_console:
        # Without the values of variables, which may be secrets.
        return [strip, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [strip, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
