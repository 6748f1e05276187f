"""Who goes before the default order: `priorityStrategy` (reference §5.5)."""

from __future__ import annotations

from collections.abc import Mapping

from gitsidecar.model import sidecarsets

_DIGITS = "0123456789"
_LARGEST = 2**63 - 1

Key = tuple[int, ...]


def key(priority: sidecarsets.Priority, labels: Mapping[str, str]) -> Key:
    """
    Return what sorts pods with these *labels* by *priority*; pods that it holds equal keep the default order.

    With weights: the larger sum of the terms that match goes first, and keys are not looked at. Without: the first
    listed key that the pod has counts; an earlier key goes first and, of one key, the larger number at the end of the
    value. A pod that has none of the keys goes before all that have one, as in the reference.
    """
    if priority.weights:
        return (-sum(term.weight for term in priority.weights if term.selector.matches(labels)), 0)
    for level, name in enumerate(priority.keys):
        if name in labels:
            return (level, -_trailing_number(labels[name]))
    return (-1, 0)


def _trailing_number(value: str) -> int:
    """Return the number that ends *value*; 0 when none does, or one too large for the reference's 64 bits."""
    digits = value[len(value.rstrip(_DIGITS)) :]
    number = int(digits) if digits else 0
    return number if number <= _LARGEST else 0
