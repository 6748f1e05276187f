"""Advice about what is valid, and probably not meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitsidecar.manifests import advising, trees
from gitsidecar.model import files, findings, rules

_DIGEST = f"sha256:{'0' * 64}"


def _set(image: str = "a:1", **update: Any) -> dict[str, Any]:
    container = {"name": "a", "image": image}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "updateStrategy": update, "containers": [container]}
    return {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "a"}, "spec": spec}


def _policy(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "gitsidecar.io/v1alpha1",
        "kind": "RolloutPolicy",
        "metadata": {"name": "p"},
        "spec": spec,
    }


def _check(document: dict[str, Any], *, has_pods: bool = False) -> list[tuple[str, str]]:
    """Return the field and the rule of each piece of advice."""
    survey = trees.survey(files.Tree("", (files.File("a.json", json.dumps(document).encode()),)))
    assert survey.desired.rejections == ()
    found = list(advising.check(survey.entries, has_pods=has_pods))
    assert all(each.line and each.level is not findings.Level.ERROR for each in found)
    return [(each.field, str(each.rule)) for each in found]


@pytest.mark.parametrize(
    ("image", "is_told"),
    [
        ("logtail", True),
        ("logtail:latest", True),
        ("registry.example.com:5000/logtail", True),
        ("registry.example.com:5000/logtail:latest", True),
        ("logtail:0.16.18", False),
        ("logtail:latest-stable", False),
        ("registry.example.com:5000/latest:1", False),
        (f"logtail@{_DIGEST}", False),
        (f"logtail:latest@{_DIGEST}", False),
    ],
)
def test_an_image_should_say_its_version(image: str, is_told: bool) -> None:
    """No tag and latest are whatever the registry has at the time; a digest is always the same."""
    assert _check(_set(image)) == [("spec.containers[0].image", "image-tag")] * is_told


def test_the_image_of_the_idle_container_counts_too() -> None:
    """It runs in every pod as well."""
    document = _set()
    container = document["spec"]["containers"][0]
    container["upgradeStrategy"] = {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty"}
    assert _check(document) == [("spec.containers[0].upgradeStrategy.hotUpgradeEmptyImage", "image-tag")]


@pytest.mark.parametrize(("share", "is_told"), [("100%", True), ("150%", True), ("99%", False), (100, False)])
def test_all_at_once_is_told(share: Any, is_told: bool) -> None:
    """A number may be less than all pods, a percentage of 100 is not."""
    assert _check(_set(maxUnavailable=share)) == [("spec.updateStrategy.maxUnavailable", "all-at-once")] * is_told


@pytest.mark.parametrize(
    ("update", "fields"),
    [
        ({"maxUnavailable": "1%"}, ["maxUnavailable"]),
        ({"maxUnavailable": "4%", "partition": "99%"}, ["maxUnavailable", "partition"]),
        ({"maxUnavailable": "5%", "partition": "95%"}, []),
        ({"partition": "100%"}, []),
        ({"maxUnavailable": "1%", "type": "NotUpdate"}, []),
    ],
)
def test_small_percentages_are_told_without_pods(update: dict[str, Any], fields: list[str]) -> None:
    """With pods there are numbers instead."""
    assert _check(_set(**update)) == [(f"spec.updateStrategy.{field}", "rounding") for field in fields]
    assert _check(_set(**update), has_pods=True) == []


def test_an_older_form_is_told_where_it_was_written() -> None:
    """The field is named as it stands in the file."""
    document = _set()
    document["spec"]["strategy"] = {"rollingUpdate": {"maxUnavailable": "100%"}}
    assert _check(document) == [("spec.strategy.rollingUpdate.maxUnavailable", "all-at-once")]


@pytest.mark.parametrize(
    ("kind", "duration", "is_told"),
    [("Allow", "59s", True), ("Allow", "1m", False), ("Deny", "1s", False)],
)
def test_a_window_should_last_as_long_as_a_restart(kind: str, duration: str, is_told: bool) -> None:
    """In less than a minute hardly more than one batch of pods starts to move."""
    document = _policy(windows=[{"type": kind, "schedule": "0 2 * * *", "duration": duration}])
    assert _check(document) == [("spec.windows[0].duration", "short-window")] * is_told


def test_nothing_is_said_of_what_is_refused() -> None:
    """Errors come first."""
    document = _set("a:latest")
    document["spec"]["containers"][0]["nmae"] = "x"
    survey = trees.survey(files.Tree("", (files.File("a.json", json.dumps(document).encode()),)))
    assert survey.desired.rejections != ()
    assert list(advising.check(survey.entries, has_pods=False)) == []


def test_every_finding_of_a_tree_has_its_rule() -> None:
    """Whatever is wrong, programs can tell what kind of thing it is."""
    texts = {
        "empty.yaml": "",
        "broken.yaml": "a: [",
        "twice.yaml": "kind: SidecarSet\nkind: SidecarSet\n",
        "other.yaml": "apiVersion: v1\nkind: Pod\n",
        "kindless.yaml": "a: 1\n",
        "list.yaml": "[]",
        "null.yaml": json.dumps({**_set(), "metadata": {"name": "a", "labels": None}}),
        "again.yaml": json.dumps(_set(maxUnavailable=0)),
        "field.yaml": json.dumps({**_set(), "metadata": {"name": "f"}, "spec": {"x": 1}}),
        "policy.yaml": json.dumps(_policy(sidecarSets=["x"])),
    }
    listed = tuple(files.File(name, text.encode()) for name, text in sorted(texts.items()))
    refused = (findings.Finding("link.yaml", 0, 0, "", "is a link"),)
    found = trees.read(files.Tree("", listed, refused)).found
    assert [each for each in found if each.rule is None] == []
    told = {(each.file, each.rule) for each in found}
    assert told >= {
        ("link.yaml", rules.Rule.FILE),
        ("broken.yaml", rules.Rule.FILE),
        ("twice.yaml", rules.Rule.FILE),
        ("other.yaml", rules.Rule.KIND),
        ("null.yaml", rules.Rule.NO_VALUE),
        ("again.yaml", rules.Rule.NAME_TAKEN),
        ("again.yaml", rules.Rule.NONE_MOVES),
        ("field.yaml", rules.Rule.FIELD),
        ("policy.yaml", rules.Rule.TOGETHER),
    }
