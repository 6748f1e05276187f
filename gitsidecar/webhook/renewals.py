"""Decides when certificates are renewed: by steps, so that whoever is one step behind or ahead still trusts us."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Sequence

from gitsidecar.webhook import certificates, signing

OVERLAP = datetime.timedelta(days=180)
"""How long before its end an authority gets a successor: longer than any certificate that it may still have signed."""

SETTLING = datetime.timedelta(days=1)
"""How long a new authority is only trusted before it signs: all replicas and API servers must have heard of it."""

_USED = 2 / 3  # the part of its life after which a serving certificate is renewed: 20 days are left for repairs


class Kind(enum.StrEnum):
    """What to do next."""

    WAIT = "Wait"  # all is well until the time of the step
    START = "Start"  # make everything anew: there is nothing to build on
    RENEW = "Renew"  # sign a new serving certificate with the same authority
    SWITCH = "Switch"  # sign it with another authority, which must be trusted everywhere by now
    ADD = "Add"  # add a new authority beside the old one, and only trust it
    DROP = "Drop"  # stop trusting authorities that have ended, and with them all that they signed


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, at once or (for `WAIT`) nothing until a time; *why* is for the log."""

    kind: Kind
    why: str
    until: datetime.datetime | None = None


def next_step(bundle: certificates.Bundle | None, now: datetime.datetime, names: Sequence[str]) -> Step:
    """
    Say what *bundle* needs at *now* to serve the DNS names and addresses *names*; ``None`` = there is none that works.

    No serving certificate outlives its authority, so one that has ended can be dropped. Rungs are in the order in which
    trouble would come: what is served first, then who signs the next one, then what is merely untidy.
    """
    if bundle is None:
        return Step(Kind.START, "there are no certificates")
    signer = _signer(bundle, now)
    if signer is None:
        return Step(Kind.START, "no authority may sign any more")
    if bundle.issuer != signer:
        return Step(Kind.SWITCH, f"another authority signs now, until {signer.ends:%F}")
    if bundle.serving.begins > now:  # one that signs is valid now: nobody has to learn of another
        return Step(Kind.RENEW, f"the serving certificate begins in the future, on {bundle.serving.begins:%F %R} UTC")
    if bundle.serving.names != signing.normal(names):
        return Step(Kind.RENEW, f"it serves {', '.join(names)} now")
    if now >= _renewal(bundle.serving) and bundle.serving.ends < signer.ends:  # else a new one would not last longer
        return Step(Kind.RENEW, f"the serving certificate ends on {bundle.serving.ends:%F}")
    last = _last_end(bundle)
    if now >= last - OVERLAP:
        return Step(Kind.ADD, f"the newest authority ends on {last:%F}")
    if any(now >= each.ends for each in bundle.authorities):
        return Step(Kind.DROP, "an authority has ended, and all that it signed")
    return Step(Kind.WAIT, "all certificates are good", until=_next_change(bundle, now))


def take(
    step: Step,
    bundle: certificates.Bundle | None,
    now: datetime.datetime,
    *,
    names: Sequence[str],
    make_key: certificates.MakeKey = certificates.new_key,
) -> certificates.Bundle:
    """Return the bundle after *step*, which `next_step` gave for *bundle* at *now*."""
    if step.kind is Kind.START or bundle is None:
        return _start(bundle, now, names, make_key)
    authorities = bundle.authorities
    if step.kind is Kind.ADD:
        added = certificates.make_authority(now, make_key())
        return dataclasses.replace(bundle, authorities=(*authorities, added))
    if step.kind is Kind.DROP:
        return dataclasses.replace(bundle, authorities=tuple(each for each in authorities if now < each.ends))
    signer = _signer(bundle, now)
    if step.kind is Kind.WAIT or signer is None:
        return bundle
    serving = certificates.make_serving(signer, names, now, key=make_key())
    return certificates.Bundle(_retire(authorities, signer), serving)


def _start(
    bundle: certificates.Bundle | None,
    now: datetime.datetime,
    names: Sequence[str],
    make_key: certificates.MakeKey,
) -> certificates.Bundle:
    """
    Make all anew, but go on to trust what is not over: another replica may still serve with it.

    That it begins in the future may be our clock's fault.
    """
    made = certificates.make(names, now, make_key=make_key)
    found = bundle.authorities if bundle is not None else ()
    kept = (each.without_key() for each in found if now < each.ends)
    return dataclasses.replace(made, authorities=(*kept, *made.authorities))


def _signer(bundle: certificates.Bundle, now: datetime.datetime) -> certificates.Pair | None:
    """
    Return the authority that signs at *now*: the newest that everybody has heard of.

    The newest of all when no such has more than two days left: half the clients that know it are better than none.
    """
    able = [each for each in bundle.authorities if each.key is not None and each.is_valid_at(now)]
    lasting = [each for each in able if _settled(each) <= now and each.ends - now > 2 * SETTLING]
    return next(reversed(lasting or able), None)


def _retire(authorities: tuple[certificates.Pair, ...], signer: certificates.Pair) -> tuple[certificates.Pair, ...]:
    """Forget the keys of those older than *signer*: they sign no more, and what is not kept cannot be stolen."""
    place = authorities.index(signer)
    return (*(each.without_key() for each in authorities[:place]), *authorities[place:])


def _settled(authority: certificates.Pair) -> datetime.datetime:
    return authority.begins + signing.BACKDATED + SETTLING


def _last_end(bundle: certificates.Bundle) -> datetime.datetime:
    """Return when the last authority that may sign ends."""
    return max(each.ends for each in bundle.authorities if each.key is not None)


def _renewal(serving: certificates.Pair) -> datetime.datetime:
    return serving.begins + (serving.ends - serving.begins) * _USED


def _next_change(bundle: certificates.Bundle, now: datetime.datetime) -> datetime.datetime:
    """Return the first moment at which `next_step` may say something else."""
    authorities = bundle.authorities
    own = [
        moment for each in authorities for moment in (each.begins, _settled(each), each.ends - 2 * SETTLING, each.ends)
    ]
    return min(moment for moment in (_renewal(bundle.serving), _last_end(bundle) - OVERLAP, *own) if moment > now)
