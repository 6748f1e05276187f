"""Which documents are SidecarSets, which may have been meant as one, and which are nobody's business here."""

from __future__ import annotations

from typing import Any

import pytest

from gitsidecar.model import findings


@pytest.mark.parametrize(
    "kind",
    [
        "CloneSet",
        "StatefulSet",
        "DaemonSet",
        "BroadcastJob",
        "AdvancedCronJob",
        "UnitedDeployment",
        "ContainerRecreateRequest",
        "ImagePullJob",
        "PodProbeMarker",
        "PersistentPodState",
        "NodeImage",
        "ResourceDistribution",
        "WorkloadSpread",
        "EphemeralJob",
        "NodePodProbe",
    ],
)
def test_other_kinds_of_the_group_are_ignored(read_changed: Any, kind: str) -> None:
    """OpenKruise's other kinds are none of ours, and said so in a note."""
    desired = read_changed("kind", kind)
    assert not desired.sets
    assert [each.level for each in desired.found] == [findings.Level.NOTE]


@pytest.mark.parametrize(
    "kind", ["sidecarset", "SideCarSet", "SidecarSets", "SidecarSte", "SidercarSet", "SidecarSet "]
)
def test_a_misspelt_kind_is_refused(read_changed: Any, kind: str) -> None:
    """A kind that is nearly SidecarSet is an error, and its set is refused by name."""
    desired = read_changed("kind", kind)
    assert desired.refused == ("logtail",)
    assert "write kind: SidecarSet" in desired.rejections[0].message


def test_a_sidecar_of_another_group_is_ignored(read_changed: Any) -> None:
    """A similar kind of a group that is not OpenKruise's is no mistake."""
    desired = read_changed("apiVersion", "networking.istio.io/v1", "kind", "Sidecar")
    assert [each.level for each in desired.found] == [findings.Level.NOTE]


@pytest.mark.parametrize("version", ["gitsidecar.oi/v1alpha1", "gitsidecar.io/v1", "", 5])
def test_a_rollout_policy_of_a_wrong_version_holds(read_text: Any, version: object) -> None:
    """A RolloutPolicy of any other version is refused with the right one, and holds what it covers."""
    text = f"apiVersion: {version}\nkind: RolloutPolicy\nmetadata: {{name: a}}\nspec: {{podsPerMinute: 5}}\n"
    desired = read_text(text)
    (error,) = desired.rejections
    assert "write " in error.message
    assert "gitsidecar.io/v1alpha1" in error.message
    assert desired.policies[0].rejection


@pytest.mark.parametrize("version", ["gitsidecar.io/v1alpha1", "example.com/v1"])
@pytest.mark.parametrize("kind", ["rolloutpolicy", "RolloutPolicies", "rolloutPolicy"])
def test_a_misspelt_policy_holds(read_text: Any, kind: str, version: str) -> None:
    """A kind that is nearly RolloutPolicy is an error with the correction, and what it covers is held."""
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{podsPerMinute: 5}}\n"
    desired = read_text(text)
    assert "write kind: RolloutPolicy" in "".join(each.message for each in desired.rejections)
    assert [each.name for each in desired.policies if each.rejection] == ["a"]


@pytest.mark.parametrize("kind", ["RoloutPolicy", "RolloutPolcy", "Rollout", "Policy", "Freeze", "FreezeWindow"])
def test_an_unknown_kind_of_ours_holds(read_text: Any, kind: str) -> None:
    """Whatever else claims our group may have been meant as a policy, so it is refused as one."""
    desired = read_text(f"apiVersion: gitsidecar.io/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{}}\n")
    assert "write kind: RolloutPolicy" in desired.rejections[0].message
    assert [each.name for each in desired.policies if each.rejection] == ["a"]


@pytest.mark.parametrize("kind", ["sidecarset", "SidecarSets"])
def test_a_set_of_our_group_is_refused_by_name(read_changed: Any, kind: str) -> None:
    """A SidecarSet that claims our group was meant as one all the same."""
    desired = read_changed("apiVersion", "gitsidecar.io/v1alpha1", "kind", kind)
    assert desired.refused == ("logtail",)
    assert not desired.policies


def test_a_policy_without_a_kind_holds(read_text: Any) -> None:
    """A document with fields that only a policy has was meant as one."""
    desired = read_text("metadata: {name: a}\nspec: {freezes: [{reason: stop}]}\n")
    assert [each.name for each in desired.policies if each.rejection] == ["a"]
    assert not desired.refused


def test_our_settings_are_no_manifest(read_text: Any) -> None:
    """A settings file beside the manifests is passed over with a note."""
    desired = read_text("apiVersion: gitsidecar.io/v1alpha1\nkind: GitsidecarConfig\n")
    assert [each.level for each in desired.found] == [findings.Level.NOTE]


def test_other_kinds_may_hold_what_we_refuse(read_text: Any) -> None:
    """Anchors, tags and duplicates in a document that is not ours are its reader's affair."""
    desired = read_text("apiVersion: v1\nkind: ConfigMap\ndata: &a {x: !!str 1, x: *a}\n")
    assert not desired.rejections
    assert not desired.unread


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n---\n", "\ufeff"])
def test_an_empty_file_is_ignored(read_text: Any, text: str) -> None:
    """A file without content says so in notes and is no fault."""
    desired = read_text(text)
    assert {each.level for each in desired.found} == {findings.Level.NOTE}
    assert not desired.unread


def test_items_of_a_list_are_read(read_text: Any, changed: Any) -> None:
    """Each item of a kind List is read as a document, and a fault in one of them leaves all of them doubtful."""
    item = str(changed()).replace("'", '"')
    other = item.replace('"name": "logtail"}, "spec"', '"name": "other"}, "spec"')
    assert [each.name for each in read_text(f"kind: List\nitems: [{item}, {other}]").sets] == ["logtail", "other"]
    doubtful = read_text(f"kind: List\nitems: [{item}, {other[:-1]}, kind: a}}]")
    assert not doubtful.sets
    assert doubtful.refused == ("logtail", "other")
    assert len(doubtful.rejections) == 1
