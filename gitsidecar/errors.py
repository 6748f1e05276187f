"""
The three exceptions, classed by what the loop does next.

Trouble with one pod or one file is a value with a reason (an `Outcome`, a `Finding`), never an exception.
"""


class GitsidecarError(Exception):
    """Say what went wrong, where, why and what to do next, in words that may be shown to anyone."""


class TransientError(GitsidecarError):
    """Report a fault that may pass by itself: the pass stops here and is tried again after *retry_after* seconds."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StalledError(GitsidecarError):
    """
    Report a fault that stays until a person acts: a wrong token, a missing branch, a forbidden list.

    *is_halt* says that until then no pod may start to move.
    """

    def __init__(self, message: str, *, is_halt: bool = False) -> None:
        super().__init__(message)
        self.is_halt = is_halt


class BugError(GitsidecarError):
    """Report that gitsidecar itself is wrong: something that cannot happen did."""
