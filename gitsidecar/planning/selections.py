"""Why selectors match a pod's labels or don't, in words: label by label, as a person would look them up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitsidecar.model import pods, selectors, sidecarsets
from gitsidecar.planning import matching

_Labels = Mapping[str, str]
_NAMES_ONLY = " (the pods came without their namespaces: only the namespace's name is known)"


def of_set(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet, namespaces: matching.Namespaces) -> str:
    """Say by which labels *sidecar_set* selects the pod or, when it does not, which of them are not as it wants."""
    asked = [(sidecar_set.selector, pod.labels, "label")]
    if sidecar_set.namespace_selector is not None:
        its = matching.namespace_labels(pod, namespaces)
        asked.append((sidecar_set.namespace_selector, its, "namespace label"))
    refused = [each for each in asked if not each[0].matches(each[1])]
    words = "; ".join(_words(*each, wanted_by="the set") for each in refused or asked)
    is_guess = any(subject != "label" for _, _, subject in refused) and not namespaces.get(pod.namespace)
    return words + (_NAMES_ONLY if is_guess else "")


def of_update(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> str:
    """Say the same of `updateStrategy.selector`; empty without one."""
    selector = sidecar_set.update.selector
    return _words(selector, pod.labels, "label", wanted_by="the update selector") if selector is not None else ""


def _words(selector: selectors.Selector, labels: _Labels, subject: str, *, wanted_by: str) -> str:
    is_match = selector.matches(labels)
    found = _matches(selector, labels) if is_match else _mismatches(selector, labels, wanted_by)
    return "; ".join(f"{subject} {each}" for each in found) or f"{wanted_by} asks for no {subject}"


def _matches(selector: selectors.Selector, labels: _Labels) -> Iterator[str]:
    keys = [key for key, _ in selector.labels] + [each.key for each in selector.requirements]
    return (f"{key} is {_value(key, labels)}" for key in dict.fromkeys(keys))


def _mismatches(selector: selectors.Selector, labels: _Labels, wanted_by: str) -> Iterator[str]:
    for key, value in selector.labels:
        if labels.get(key) != value:
            yield f'{key} is {_value(key, labels)}, {wanted_by} wants "{value}"'
    for each in selector.requirements:
        if not each.holds(labels):
            yield f"{each.key} is {_value(each.key, labels)}, {wanted_by} wants {_wish(each)}"


def _value(key: str, labels: _Labels) -> str:
    return f'"{labels[key]}"' if key in labels else "missing"


def _wish(requirement: selectors.Requirement) -> str:
    values = " or ".join(f'"{value}"' for value in requirement.values)
    match requirement.operator:
        case selectors.Operator.IN:
            return values
        case selectors.Operator.NOT_IN:
            return f"anything but {values}"
        case selectors.Operator.EXISTS:
            return "any value"
        case selectors.Operator.DOES_NOT_EXIST:
            return "it missing"
