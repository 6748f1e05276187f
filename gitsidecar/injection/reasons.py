"""What was left out of an injection, and why, in words."""

from __future__ import annotations

import dataclasses
import enum


class Reason(enum.StrEnum):
    """Name why sidecars were left out, or something about those that were put in."""

    OPTED_OUT = "OptedOut"
    NAMESPACE_EXEMPT = "NamespaceExempt"
    POD_ENDED = "PodEnded"
    POD_DELETING = "PodDeleting"
    MIRROR_POD = "MirrorPod"
    PAUSED = "Paused"
    ALREADY_INJECTED = "AlreadyInjected"
    ADOPTED = "Adopted"
    NOTHING_TO_COPY = "NothingToCopy"
    MARK_UNREADABLE = "MarkUnreadable"
    POD_UNREADABLE = "PodUnreadable"
    NAMESPACE_UNKNOWN = "NamespaceUnknown"
    CONFLICTING_SETS = "ConflictingSets"
    METADATA_REFUSED = "MetadataRefused"
    RESOURCES_UNKNOWN = "ResourcesUnknown"
    SPEC_INCOMPLETE = "SpecIncomplete"
    DOES_NOT_FIT = "DoesNotFit"


_FAULTS = frozenset(
    {
        Reason.POD_UNREADABLE,
        Reason.NAMESPACE_UNKNOWN,
        Reason.CONFLICTING_SETS,
        Reason.METADATA_REFUSED,
        Reason.RESOURCES_UNKNOWN,
        Reason.SPEC_INCOMPLETE,
        Reason.DOES_NOT_FIT,
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """One thing said about an injection; `set_name` is empty when it is about the pod as a whole."""

    set_name: str
    reason: Reason
    message: str

    @property
    def is_fault(self) -> bool:
        """Say whether the set was meant to be put in and could not be: whether the pod may start is failurePolicy's."""
        return self.reason in _FAULTS

    def __str__(self) -> str:
        subject = f"SidecarSet {self.set_name}: " if self.set_name else ""
        return f"{subject}{self.reason}: {self.message}"


def unreadable(error: Exception) -> Note:
    """Return the note about what came as a pod and is none."""
    return Note("", Reason.POD_UNREADABLE, f"this is not a pod as the API server takes it: {error}")
