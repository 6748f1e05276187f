"""A sidecar's resources are computed from the application's, as in the reference, but safe where that is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.injection import resources
from gitsidecar.manifests import trees
from gitsidecar.model import amounts, files, quantities


def _target(name: str, limits: str = "", requests: str = "") -> dict[str, Any]:
    """Return a container; cpu and memory stand side by side, ``-`` for none."""
    found: dict[str, Any] = {}
    for field, text in (("limits", limits), ("requests", requests)):
        pairs = zip(("cpu", "memory"), text.split(), strict=False)
        if section := {resource: amount for resource, amount in pairs if amount != "-"}:
            found[field] = section
    return {"name": name, "resources": found}


def _policy(limits: Sequence[str] = (), requests: Sequence[str] = (), mode: str = "sum", **more: str) -> dict[str, Any]:
    wanted = {
        "limits": dict(zip(("cpu", "memory"), limits, strict=False)),
        "requests": dict(zip(("cpu", "memory"), requests, strict=False)),
    }
    return {"targetContainersMode": mode, "resourcesExpr": wanted, **more}


def _apply(policy: Mapping[str, Any], *targets: Mapping[str, Any]) -> Any:
    """Return the resources of a sidecar, or the words that say why there are none."""
    container: dict[str, Any] = {"name": "sized", "image": "a:1"}
    words = resources.apply(container, policy, targets)
    assert not words or container == {"name": "sized", "image": "a:1"}
    return words or container.get("resources", {})


def _both(limits: str, requests: str) -> dict[str, Any]:
    return _target("x", limits, requests)["resources"]  # type: ignore[no-any-return]


_A = _target("a", "200m 200Mi", "50m 100Mi")
_B = _target("b", "400m 400Mi", "100m 200Mi")


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (_policy(("cpu*50%", "200Mi"), ("cpu*50%", "100Mi")), _both("300m 200Mi", "75m 100Mi")),
        (
            _policy(("max(cpu*50%,50m)", "200Mi"), ("max(cpu*50%,50m)", "100Mi"), "max"),
            _both("200m 200Mi", "50m 100Mi"),
        ),
        (
            _policy(("max(cpu*50%,50m)", "200Mi"), ("max(cpu*50%,50m)", "100Mi"), targetContainersNameRegex="^a$"),
            _both("100m 200Mi", "50m 100Mi"),
        ),
    ],
)
def test_the_references_case_66(policy: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Sum, max, and a pattern that leaves one container out (reference §9.5)."""
    assert _apply(policy, _A, _B) == wanted


def test_the_references_case_67() -> None:
    """Where one container has no limit there is none to take a share of; requests are as before."""
    policy = _policy(("cpu*50%", "memory*30%"), ("cpu*30%", "memory*20%"))
    targets = (_target("a", "200m 200Mi", "100m 100Mi"), _target("b", "- 400Mi", "50m 200Mi"))
    assert _apply(policy, *targets) == _both("- 180Mi", "45m 60Mi")


def test_the_references_case_70() -> None:
    """A native sidecar of the application and its container count together."""
    policy = _policy(("max(cpu*30%,50m)", "max(memory*25%,100Mi)"), ("cpu*20%", "memory*15%"))
    targets = (_target("app1", "400m 800Mi", "200m 400Mi"), _target("app2", "600m 1200Mi", "300m 600Mi"))
    assert _apply(policy, *targets) == _both("300m 500Mi", "100m 150Mi")


def test_a_constant_is_a_limit_whatever_targets_have() -> None:
    """Unlike in the reference, a fixed limit is set although no target has one."""
    assert _apply(_policy(("500m", "1Gi")), _target("a")) == _both("500m 1Gi", "")


def test_a_share_of_no_limit_is_no_limit() -> None:
    """An expression with a variable gives no limit when a target is without, though part of it is fixed."""
    assert _apply(_policy(("min(cpu, 500m)", "max(memory, 1Gi)")), _target("a")) == {}


def test_a_request_is_never_above_the_limit() -> None:
    """A request that comes to more than the limit is cut down to it; Kubernetes would refuse the pod."""
    policy = _policy(("cpu*10%", "64Mi"), ("max(cpu, 50m)", "memory"))
    assert _apply(policy, _A) == _both("20m 64Mi", "20m 64Mi")


def test_a_request_is_never_below_zero() -> None:
    """A request that comes to less than nothing is 0."""
    assert _apply(_policy((), ("cpu - 2", "memory - 1Gi")), _A) == _both("", "0 0")


def test_a_limit_below_zero_is_told() -> None:
    """A negative limit is a fault with words: 0 would be no limit at all."""
    words = _apply(_policy(("cpu - 2",)), _A)
    assert words == "resourcesExpr.limits.cpu comes to -1800m for this pod: write max(cpu - 2, 50m)"


def test_a_request_that_is_absent_counts_as_nothing() -> None:
    """Without limit and request a container asks for nothing, and what is computed of that is set, even 0."""
    assert _apply(_policy((), ("cpu*50%", "memory")), _target("a"), _target("b", "", "100m -")) == _both("", "50m 0")


def test_a_container_without_request_asks_for_its_limit() -> None:
    """As the API server fills it in before it asks a webhook, so it is for a pod that comes from a file."""
    assert _apply(_policy((), ("cpu",)), _target("a", "300m")) == _both("", "300m")


def test_without_targets_only_constants_are_set() -> None:
    """When no container is called as wanted, a fixed amount is set and a share is a fault that names the pattern."""
    pattern = {"targetContainersNameRegex": "^web"}
    assert _apply(_policy(("1", "1Gi"), ("1m",), **pattern), _A) == _both("1 1Gi", "1m")
    assert "containers called as '^web'" in _apply(_policy(("1", "memory"), **pattern), _A)
    assert "and the application has none" in _apply(_policy((), ("cpu",)))


def test_an_empty_expression_sets_nothing() -> None:
    """A field that is empty is a field that is absent."""
    assert _apply(_policy(("", "1Gi"), ("",)), _A) == _both("- 1Gi", "")


def test_claims_stay() -> None:
    """Limits and requests are replaced whole, and claims of devices stay."""
    container: dict[str, Any] = {"name": "a", "resources": {"claims": [{"name": "gpu"}], "limits": {"cpu": "1"}}}
    assert resources.apply(container, _policy(("", "1Gi")), ()) == ""
    assert container["resources"] == {"claims": [{"name": "gpu"}], "limits": {"memory": "1Gi"}}


def test_targets_stay_as_they_are() -> None:
    """Nothing of the application is changed."""
    before = copy.deepcopy([_A, _B])
    _apply(_policy(("cpu", "memory"), ("cpu", "memory")), _A, _B)
    assert before == [_A, _B]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (_policy(("1Ei",)), "resourcesExpr.limits.cpu '1Ei': 'Ei' in '1Ei' is not a suffix"),
        (_policy(("cpu",), targetContainersNameRegex="(?=a)"), "targetContainersNameRegex '(?=a)'"),
    ],
)
def test_a_set_that_was_accepted_before_there_were_rules(policy: Mapping[str, Any], words: str) -> None:
    """What today's rules refuse, and an older release kept, is a fault in words and no crash."""
    assert words in _apply(policy, _A)


def test_an_amount_that_is_none_is_told() -> None:
    """A pod from a file may hold anything; its container and field are named."""
    words = _apply(_policy(("cpu",)), _target("app", "lots"))
    assert words == "container app: resources.limits.cpu is 'lots', which is no quantity"


_words = st.sampled_from(
    [*("1", "50%", "100m", "0", "cpu", "cpu", "memory", "max(", "min(", "(", ")", ",", "+", "-", "*", "/"), ""]
)
_texts = st.sampled_from(["cpu", "cpu*50%", "memory - 1Gi", "max(memory, 1)", "2 - cpu"]) | st.lists(
    _words, max_size=8
).map("".join)
_pairs = st.fixed_dictionaries({}, optional={"cpu": _texts, "memory": _texts})
_amounts = st.sampled_from(["0", "1m", "200m", "1.5", "3Gi", "9223372036854775807", 2, 0.1])
_held = st.fixed_dictionaries({}, optional={"cpu": _amounts, "memory": _amounts})
_targets = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["a", "app-1", "b"])},
        optional={"resources": st.none() | st.fixed_dictionaries({}, optional={"limits": _held, "requests": _held})},
    ),
    max_size=3,
)
_policies = st.fixed_dictionaries(
    {
        "targetContainersMode": st.sampled_from(["sum", "max"]),
        "resourcesExpr": st.fixed_dictionaries({}, optional={"limits": _pairs, "requests": _pairs}),
    },
    optional={"targetContainersNameRegex": st.sampled_from(["^a", ".*", "(a|b)+$"])},
)


def _is_accepted(policy: Mapping[str, Any]) -> bool:
    document = {
        "apiVersion": "apps.kruise.io/v1beta1",
        "kind": "SidecarSet",
        "metadata": {"name": "sized"},
        "spec": {
            "selector": {"matchLabels": {"app": "a"}},
            "containers": [{"name": "sized", "image": "a:1", "resourcesPolicy": policy}],
        },
    }
    return bool(trees.read(files.Tree("r1", (files.File("set.yaml", json.dumps(document).encode()),))).sets)


@given(_policies, _targets)
def test_what_the_manifests_accept_never_fails(policy: dict[str, Any], targets: list[dict[str, Any]]) -> None:
    """An accepted policy gives every pod resources that Kubernetes takes, or says that a limit is negative."""
    found = _apply(policy, *targets)
    if isinstance(found, str):
        has_reason = "for this pod" in found or "the application has none" in found
        assert has_reason or not _is_accepted(policy)
        return
    milli = {
        field: {resource: quantities.parse(amount) for resource, amount in section.items()}
        for field, section in found.items()
    }
    for resource, request in milli.get("requests", {}).items():
        assert request is not None
        limit = milli.get("limits", {}).get(resource)
        assert 0 <= request.milli <= (limit.milli if limit else amounts.MAX_MILLI)


@given(_policies, _targets)
def test_the_same_twice(policy: dict[str, Any], targets: list[dict[str, Any]]) -> None:
    """Nothing is remembered from one pod for the next, and the order of the containers does not count."""
    assert _apply(policy, *targets) == _apply(policy, *reversed(targets))
