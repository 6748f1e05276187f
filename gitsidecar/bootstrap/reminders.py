"""What is told to the person who registers the webhook by hand, while its certificates are ours."""

from __future__ import annotations

import structlog

from gitsidecar.cluster import objects
from gitsidecar.webhook import renewals

_END = b"-----END CERTIFICATE-----"
_log = structlog.get_logger("gitsidecar")


class Reminder:
    """Says, whenever there is a new authority in *secret*, that it has to be copied into the registration."""

    def __init__(self, secret: objects.Place) -> None:
        self._secret = secret
        self._known: frozenset[bytes] = frozenset()

    async def note(self, trusted: bytes) -> bool:
        """Note the authorities that API servers have to trust (`keeping.Register`); the registration never changes."""
        authorities = frozenset(each.strip() for each in trusted.split(_END))
        if not authorities <= self._known:
            hours = renewals.SETTLING.total_seconds() / 3600
            reason = (
                f"copy ca.crt of Secret {self._secret} into the caBundle of your registration: an authority that is "
                f"new there signs {hours:g} hours later, and API servers that do not trust it by then cannot ask us"
            )
            if not self._known:
                _log.info("registration.is_yours", reason=reason)
            else:
                _log.warning("registration.is_yours", reason=reason)
        self._known = authorities
        return False
