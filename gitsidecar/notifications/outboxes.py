"""What a notifier has yet to tell, in a file: a process that is killed or restarted tells it later."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from gitsidecar.model import notices

_log = structlog.get_logger("gitsidecar")


class Outbox:
    """
    The notices that wait, in *file*; calls block for a moment.

    The file may be lost at any time, with what it holds. Where it cannot be written, notices wait in memory alone.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._saved: Sequence[notices.Notice] = ()
        self._is_broken = False
        self._is_sealed = False
        self._writing = threading.Lock()  # at the end the last save may come while the one before is cut off

    def load(self) -> tuple[notices.Notice, ...]:
        """Return what an earlier process has left; nothing where that cannot be read."""
        try:
            found = msgspec.json.decode(self._file.read_bytes(), type=tuple[notices.Notice, ...])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError, UnicodeError) as error:
            _log.warning("outbox.unreadable", file=str(self._file), reason=_words(error))
            return ()
        self._saved = found
        return found

    def save(self, waiting: Sequence[notices.Notice], *, is_last: bool = False) -> bool:
        """
        Write what waits, if that is something else than was written last; say whether it is kept.

        A save that comes after the last one was cut off and is out of date: it writes nothing.
        """
        with self._writing:
            if self._is_sealed:
                return False
            self._is_sealed = is_last
            if waiting == self._saved and not self._is_broken:
                return True
            try:
                self._write(waiting)
            except OSError as error:
                if not self._is_broken:
                    _log.warning("outbox.unwritable", file=str(self._file), reason=_words(error))
                self._is_broken = True
                return False
            self._saved, self._is_broken = waiting, False
            return True

    def _write(self, waiting: Sequence[notices.Notice]) -> None:
        if not waiting:
            self._file.unlink(missing_ok=True)
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(waiting))
        os.replace(fresh, self._file)


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
