"""All that one revision of the source branch asks for."""

from __future__ import annotations

import dataclasses

from gitsidecar.model import findings, policies, sidecarsets


@dataclasses.dataclass(frozen=True, slots=True)
class Desired:
    """
    What one revision of the source branch asks for; sets and policies are in order of name.

    `refused` names the sets whose documents were refused, as far as a name could be read. `unread` are the files that
    could not be read at all: a set that is missing while there are some may stand in one of them.
    """

    revision: str
    sets: tuple[sidecarsets.SidecarSet, ...] = ()
    found: tuple[findings.Finding, ...] = ()
    refused: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    policies: tuple[policies.RolloutPolicy, ...] = ()

    @property
    def rejections(self) -> tuple[findings.Finding, ...]:
        """Return the findings that refused a document or a file."""
        return tuple(finding for finding in self.found if finding.level is findings.Level.ERROR)
