"""What went wrong with a list or a watch, as an error that says what the feed does next and what a person can do."""

from __future__ import annotations

from gitsidecar import errors
from gitsidecar.cluster import answers, configurations

_RIGHTS = "a ClusterRole with get, list, watch and patch on pods, and get, list and watch on namespaces"


class ExpiredError(errors.TransientError):
    """Report that the server has forgotten the version that was asked for (410): only a new list helps."""


class UnauthenticatedError(errors.StalledError):
    """Report that the server does not know us (401): a token that was renewed meanwhile may help, else a person."""


def of_answer(answer: answers.Answer, what: str, target: configurations.Target) -> errors.GitsidecarError:
    """Return the error for an answer that refused *what* ("list pods")."""
    said = f"({answer.code}: {answer.message})"
    if answer.code == 410:
        return ExpiredError(f"the API server has forgotten where to {what} from {said}")
    if answer.code == 401:
        return UnauthenticatedError(
            f"the API server does not accept our credentials {said}: renew the token or certificate of {target}"
        )
    if answer.code == 403:
        return errors.StalledError(
            f"the API server forbids to {what} in all namespaces {said}: bind {_RIGHTS} to the user of {target}"
        )
    return errors.TransientError(f"the API server could not {what} {said}", retry_after=answer.retry_after)


def of_fault(fault: Exception, what: str, host: str) -> errors.TransientError:
    """Return the error for a request that got no whole answer."""
    words = answers.cut(str(fault)) or "no answer in time"
    return errors.TransientError(f"cannot {what}: the API server at {host} is not reached: {words}")


def again(error: errors.GitsidecarError) -> errors.GitsidecarError:
    """Return a new error like *error*, so that one fault can be raised many times without growing a traceback."""
    if isinstance(error, errors.TransientError):
        return errors.TransientError(str(error), retry_after=error.retry_after)
    return errors.StalledError(str(error))
