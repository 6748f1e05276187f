"""What becomes of one pod: what is put in, what is left out and said, and what stays as it is."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import pytest

from gitsidecar import handoff
from gitsidecar.injection import injecting, reasons
from gitsidecar.model import pods
from tests.unit.injection import builders

_LOGTAIL = {"name": "logtail", "image": "logtail:1"}


def _reasons(injection: injecting.Injection) -> list[str]:
    return [note.reason.value for note in injection.notes]


def _annotated(text: str, *containers: str) -> builders.Json:
    pod = builders.pod(*containers)
    pod["metadata"]["annotations"] = {pods.MARK_ANNOTATION: text}
    return pod


def test_the_mark_says_what_was_put_in() -> None:
    """For each set: both hashes, the commit and the containers that run, without init containers that end."""
    found = builders.one(
        containers=[_LOGTAIL],
        initContainers=[
            {"name": "prepare", "image": "i:1"},
            {"name": "native", "image": "i:1", "restartPolicy": "Always"},
        ],
    )
    injection = builders.inject(builders.pod("app"), found)
    text = injection.pod["metadata"]["annotations"][pods.MARK_ANNOTATION]
    expected = pods.Mark("logging", found.spec_hash, found.shape_hash, builders.COMMIT, ("logtail", "native"))
    assert handoff.read(text) == (expected,)
    assert injection.injected == ("logging",)


def test_a_pod_that_carries_a_set_keeps_what_it_has() -> None:
    """Also when the set has got another form since: that is for the rollout."""
    first = builders.inject(builders.pod("app"), builders.one(containers=[_LOGTAIL]))
    newer = builders.one(
        containers=[{**_LOGTAIL, "image": "logtail:2"}], patchPodMetadata=[{"annotations": {"a": "b"}}]
    )
    again = builders.inject(dict(first.pod), newer)
    assert (again.pod, again.patch, _reasons(again)) == (first.pod, (), ["AlreadyInjected"])


def test_another_set_joins_the_marks() -> None:
    """The mark that was there stays as it was."""
    first = builders.inject(builders.pod("app"), builders.one("b", containers=[_LOGTAIL]))
    both = builders.inject(
        dict(first.pod),
        builders.one("b", containers=[_LOGTAIL]),
        builders.one("a", containers=[{"name": "x", "image": "x:1"}]),
    )
    marks = handoff.read(both.pod["metadata"]["annotations"][pods.MARK_ANNOTATION])
    assert [mark.set_name for mark in marks] == ["a", "b"]
    assert both.patch[0]["op"] == "replace"
    assert both.injected == ("a",)


def test_a_mark_without_its_containers_counts_for_nothing() -> None:
    """A template that was copied from a live pod is injected anew, and the mark of a set that is gone goes."""
    stale = handoff.write([pods.Mark(name, "v1-0", "v1-0", "old", (f"{name}-1",)) for name in ("logging", "gone")])
    injection = builders.inject(_annotated(stale, "app"), builders.one(containers=[_LOGTAIL]))
    [mark] = handoff.read(injection.pod["metadata"]["annotations"][pods.MARK_ANNOTATION])
    assert (mark.set_name, mark.commit) == ("logging", builders.COMMIT)
    assert builders.names(injection) == ["logtail", "app"]


def test_a_mark_that_cannot_be_read_is_written_anew() -> None:
    """It is no reason to leave a new pod bare, and it is said."""
    injection = builders.inject(_annotated("[", "app"), builders.one(containers=[_LOGTAIL]))
    assert _reasons(injection) == ["MarkUnreadable"]
    assert injection.refusal == ""
    assert len(handoff.read(injection.pod["metadata"]["annotations"][pods.MARK_ANNOTATION])) == 1


@pytest.mark.parametrize("containers", [("app",), ("app", "logtail"), ()])
def test_a_mark_of_the_applications_own_containers_counts_for_nothing(containers: tuple[str, ...]) -> None:
    """Nobody keeps a set out by an annotation: what was injected is told by its variable as well."""
    forged = handoff.write([pods.Mark("logging", "v1-0", "v1-0", "old", containers)])
    injection = builders.inject(_annotated(forged, "app"), builders.one(containers=[_LOGTAIL]))
    assert builders.names(injection) == ["logtail", "app"]
    own = builders.inject(_annotated(forged, "app", "logtail"), builders.one(containers=[_LOGTAIL]))
    assert _reasons(own) == ["ConflictingSets"]


def test_a_template_copied_from_an_adopted_pod_is_adopted_again() -> None:
    """Its mark is of a move, and its containers were never injected: no fault, and nothing to do."""
    found = builders.build(
        {
            "metadata": {"name": "logging", "annotations": {"gitsidecar.io/adopt": "true"}},
            "spec": {"containers": [_LOGTAIL]},
        }
    )
    text = handoff.write([pods.Mark("logging", "v1-0", "v1-0", "old", ("logtail",))])
    injection = builders.inject(_annotated(text, "app", "logtail"), found)
    assert (injection.patch, _reasons(injection), injection.refusal) == ((), ["Adopted"], "")


def test_a_mark_that_is_not_believed_is_said() -> None:
    """With the container that it names; the other marks stay."""
    other = builders.inject(builders.pod("app"), builders.one("other", containers=[{"name": "x", "image": "x:1"}])).pod
    [mark] = handoff.read(other["metadata"]["annotations"][pods.MARK_ANNOTATION])
    forged = pods.Mark("logging", "v1-0", "v1-0", "old", ("app",))
    other["metadata"]["annotations"][pods.MARK_ANNOTATION] = handoff.write([mark, forged])
    injection = builders.inject(dict(other), builders.one(containers=[_LOGTAIL]))
    [note] = injection.notes
    assert (note.reason.value, "names container app, which nobody injected" in note.message) == ("MarkUnreadable", True)
    marks = handoff.read(injection.pod["metadata"]["annotations"][pods.MARK_ANNOTATION])
    assert [(each.set_name, each.commit) for each in marks] == [
        ("logging", builders.COMMIT),
        ("other", builders.COMMIT),
    ]


@pytest.mark.parametrize(("count", "notes"), [(1000, []), (1001, ["DoesNotFit"])])
def test_mounts_are_shared_up_to_what_a_pod_can_have(count: int, notes: list[str]) -> None:
    """Each container that shares gets them all, so a pod that has very many would grow beyond all bounds."""
    mounts = [{"name": "v", "mountPath": f"/{number}"} for number in range(count)]
    apps = [{"name": name, "image": "a:1", "volumeMounts": mounts} for name in ("app", "same")]
    found = builders.one(containers=[{**_LOGTAIL, "shareVolumePolicy": {"type": "enabled"}}])
    injection = builders.inject(builders.pod(*apps, volumes=[{"name": "v", "emptyDir": {}}]), found)
    assert (_reasons(injection), bool(injection.injected)) == (notes, not notes)


def test_a_mark_of_init_containers_only_counts_with_them() -> None:
    """A set without running containers is known by the others."""
    found = builders.one(initContainers=[{"name": "prepare", "image": "i:1"}])
    first = builders.inject(builders.pod("app"), found)
    assert builders.inject(dict(first.pod), found).patch == ()
    text = first.pod["metadata"]["annotations"][pods.MARK_ANNOTATION]
    assert builders.names(builders.inject(_annotated(text, "app"), found), "initContainers") == ["prepare"]


def test_an_adopting_set_leaves_a_pod_that_has_its_containers() -> None:
    """The pod is the template's own work: nothing is added, and nothing is wrong."""
    adopting = builders.build(
        {
            "metadata": {"name": "logging", "annotations": {"gitsidecar.io/adopt": "true"}},
            "spec": {"containers": [_LOGTAIL]},
        }
    )
    injection = builders.inject(builders.pod("logtail", "app"), adopting)
    assert (injection.patch, _reasons(injection), injection.refusal) == ((), ["Adopted"], "")
    other_place = builders.pod("app", initContainers=[_LOGTAIL])
    assert _reasons(builders.inject(other_place, adopting)) == ["ConflictingSets"]
    assert builders.names(builders.inject(builders.pod("app"), adopting)) == ["logtail", "app"]


def test_a_conflict_with_one_set_does_not_keep_out_the_others() -> None:
    """The refusal names the one that stays out; whether the pod may start so is not decided here."""
    sets = [builders.one("a", containers=[{"name": "app", "image": "a:1"}]), builders.one("b", containers=[_LOGTAIL])]
    injection = builders.inject(builders.pod("app"), *sets)
    assert injection.injected == ("b",)
    assert injection.refusal.startswith("SidecarSet a: ConflictingSets: the pod has a container app of its own")


def test_a_set_that_a_rival_keeps_out_stays_out() -> None:
    """A pod that carries one of two rivals does not get the other one either."""
    sets = [builders.one(name, containers=[_LOGTAIL]) for name in "ab"]
    first = builders.inject(builders.pod("app"), sets[0])
    assert _reasons(builders.inject(dict(first.pod), *sets)) == ["AlreadyInjected", "ConflictingSets"]


def test_two_sets_may_bring_the_same_volume() -> None:
    """One of the same form goes in once; with another form it is nobody's."""
    mounts: dict[str, Any] = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    sets = [
        builders.one(name, containers=[{"name": name, "image": "i:1", **mounts}], volumes=[{"name": "v", **source}])
        for name, source in (("a", {}), ("b", {"emptyDir": {}}), ("c", {"emptyDir": {"medium": "Memory"}}))
    ]
    assert builders.names(builders.inject(builders.pod("app"), *sets[:2]), "volumes") == ["v"]
    assert _reasons(builders.inject(builders.pod("app"), *sets)) == ["ConflictingSets"] * 3
    injection = builders.inject(builders.pod("app", volumes=[{"name": "v", "hostPath": {"path": "/"}}]), *sets)
    assert injection.injected == ("a", "b", "c")
    assert injection.pod["spec"]["volumes"] == [{"name": "v", "hostPath": {"path": "/"}}]


def test_a_volume_that_a_variable_reads_comes_along() -> None:
    """The API server refuses a pod whose fileKeyRef names no volume."""
    variable = {"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "env", "key": "A"}}}
    found = builders.one(containers=[{**_LOGTAIL, "env": [variable]}], volumes=[{"name": "v", "emptyDir": {}}])
    assert builders.names(builders.inject(builders.pod("app"), found), "volumes") == ["v"]


@pytest.mark.parametrize(
    ("present", "brought", "expected"),
    [
        ("233", "012", "2301"),
        ("323", "2", "323"),
        ("323", "0", "320"),
        ("345", "012", "345012"),
        ("", "012", "012"),
        ("012", "", "012"),
    ],
)
def test_pull_secrets_are_united(present: str, brought: str, expected: str) -> None:
    """The pod's come first; none is added twice (case 48)."""
    secrets = {"imagePullSecrets": [{"name": f"s{each}"} for each in present]} if present else {}
    pod = builders.pod("app", **secrets)
    found = builders.one(containers=[_LOGTAIL], imagePullSecrets=[{"name": f"s{each}"} for each in brought])
    injection = builders.inject(pod, found)
    assert "".join(each[1:] for each in builders.names(injection, "imagePullSecrets")) == expected
    assert builders.applied(pod, injection.patch) == injection.pod


def test_what_a_set_writes_beats_what_it_copies() -> None:
    """Of one name the first counts: the sidecar's own, then transferred ones (reference §3.6)."""
    names = ["PROXY_IP", "POD_NAME", "OD_NAME"]
    own = [{"name": "OD_NAME", "value": "sidecar_name"}, {"name": "SidecarName", "value": "x"}]
    found = builders.one(
        containers=[{**_LOGTAIL, "env": own, "transferEnv": [{"sourceContainerName": "main", "envNames": names}]}]
    )
    values = {"POD_NAME": "bar", "OD_NAME": "od_name", "PROXY_IP": "127.0.0.1"}
    main = {"name": "main", "image": "m:1", "env": [{"name": key, "value": value} for key, value in values.items()]}
    assert list(builders.env(builders.inject(builders.pod(main), found), "logtail").items()) == [
        ("OD_NAME", "sidecar_name"),
        ("SidecarName", "x"),
        ("IS_INJECTED", "true"),
        ("POD_NAME", "bar"),
        ("PROXY_IP", "127.0.0.1"),
    ]


def test_what_cannot_be_copied_is_said() -> None:
    """A container or variable that is not there is no fault, but somebody wondered why."""
    transfers = [
        {"sourceContainerName": "nowhere", "envName": "A"},
        {"sourceContainerName": "app", "envName": "A", "envNames": ["B"]},
    ]
    injection = builders.inject(builders.pod("app"), builders.one(containers=[{**_LOGTAIL, "transferEnv": transfers}]))
    assert [note.message for note in injection.notes] == [
        "logtail gets no A: the application has no container nowhere",
        "logtail gets no A, B: container app has no such variable",
    ]
    assert injection.refusal == ""


def test_nothing_is_copied_from_another_sidecar() -> None:
    """Neither variables nor mounts: what a pod gets must not hang on which set came first."""
    other = {
        "name": "other",
        "image": "o:1",
        "env": [{"name": "IS_INJECTED", "value": "true"}, {"name": "A", "value": "a"}],
        "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    }
    taking = {
        "shareVolumePolicy": {"type": "enabled"},
        "transferEnv": [{"sourceContainerName": "other", "envName": "A"}],
    }
    injection = builders.inject(builders.pod("app", other), builders.one(containers=[{**_LOGTAIL, **taking}]))
    assert builders.env(injection, "logtail") == {"IS_INJECTED": "true"}
    assert "volumeMounts" not in builders.container(injection, "logtail")


def test_an_annotation_that_the_set_gives_may_name_the_container_to_copy_from() -> None:
    """Metadata comes before containers (reference §3.8)."""
    reference = {"fieldRef": {"fieldPath": "metadata.annotations['main']"}}
    transfer = {"sourceContainerNameFrom": reference, "envName": "A"}
    found = builders.one(
        containers=[{**_LOGTAIL, "transferEnv": [transfer]}], patchPodMetadata=[{"annotations": {"main": "app"}}]
    )
    app = {"name": "app", "image": "a:1", "env": [{"name": "A", "value": "a"}]}
    assert builders.env(builders.inject(builders.pod(app), found), "logtail")["A"] == "a"


def test_a_path_of_a_device_is_taken_for_mounts_too() -> None:
    """And a mount's for devices: the API server refuses a container that uses one path twice."""
    sharing = {"shareVolumePolicy": {"type": "enabled"}, "shareVolumeDevicePolicy": {"type": "enabled"}}
    own = {"volumeDevices": [{"name": "d", "devicePath": "/one"}]}
    app = {
        "name": "app",
        "image": "a:1",
        "volumeMounts": [{"name": "m", "mountPath": "/one"}, {"name": "m", "mountPath": "/two"}],
        "volumeDevices": [{"name": "b", "devicePath": "/two"}, {"name": "b", "devicePath": "/three"}],
    }
    injection = builders.inject(builders.pod(app), builders.one(containers=[{**_LOGTAIL, **sharing, **own}]))
    sidecar = builders.container(injection, "logtail")
    assert [each["mountPath"] for each in sidecar["volumeMounts"]] == ["/two"]
    assert [each["devicePath"] for each in sidecar["volumeDevices"]] == ["/one", "/three"]


def test_hot_upgrade_without_an_empty_image_is_a_fault() -> None:
    """No pod could start with a container that has no image."""
    hot = {**_LOGTAIL, "upgradeStrategy": {"upgradeType": "HotUpgrade"}}
    injection = builders.inject(builders.pod("app"), builders.one(containers=[hot]))
    assert _reasons(injection) == ["SpecIncomplete"]
    assert "write hotUpgradeEmptyImage" in injection.refusal


def test_a_pair_must_not_take_the_name_of_another_container() -> None:
    """What is called logtail-1 in the pod can be one of a pair, or another container of the set."""
    hot = {**_LOGTAIL, "upgradeStrategy": {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "e:1"}}
    found = builders.one(containers=[hot, {"name": "logtail-1", "image": "i:1"}])
    assert "two containers would be called logtail-1" in builders.inject(builders.pod("app"), found).refusal


def test_a_pod_with_a_broken_list_of_working_containers_stays_without_the_pair() -> None:
    """Which of a pair works is nobody's guess."""
    hot = {**_LOGTAIL, "upgradeStrategy": {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "e:1"}}
    pod = builders.pod("app")
    pod["metadata"]["annotations"] = {"kruise.io/sidecarset-working-hotupgrade-container": "[]"}
    injection = builders.inject(pod, builders.one(containers=[hot]))
    assert (injection.pod, _reasons(injection)) == (pod, ["MetadataRefused"])


def test_resources_are_computed_from_containers_that_stay_and_are_the_applications() -> None:
    """Plain init containers and injected ones never count (case 71)."""
    kruise = {"image": "s:1", "env": [{"name": "IS_INJECTED", "value": "true"}]}
    sized = {"resources": {"requests": {"cpu": "100m"}}}
    inits = [
        {"name": "init-sidecar1", "restartPolicy": "Always", **kruise, **sized},
        {"name": "plain", "image": "i:1", **sized},
        {"name": "native", "image": "i:1", "restartPolicy": "Always", **sized},
    ]
    apps = [{"name": name, "image": "a:1", **sized} for name in ("app1", "app2")]
    pod = builders.pod(*apps, {"name": "sidecar1", **kruise, **sized}, initContainers=inits)
    policy = {
        "targetContainersMode": "sum",
        "targetContainersNameRegex": "^.*$",
        "resourcesExpr": {"requests": {"cpu": "cpu*50%"}},
    }
    found = builders.one(containers=[{**_LOGTAIL, "resourcesPolicy": policy}])
    assert builders.container(builders.inject(pod, found), "logtail")["resources"] == {"requests": {"cpu": "150m"}}


def test_resources_that_have_no_target_are_a_fault() -> None:
    """A sidecar of no known size stays out (case 66)."""
    policy = {
        "targetContainersMode": "sum",
        "targetContainersNameRegex": "^nothing$",
        "resourcesExpr": {"limits": {"cpu": "cpu*50%"}},
    }
    found = builders.one(containers=[{**_LOGTAIL, "resourcesPolicy": policy}])
    injection = builders.inject(builders.pod("app"), found)
    assert _reasons(injection) == ["ResourcesUnknown"]
    assert "ResourcesUnknown: logtail: resourcesPolicy" in injection.refusal


def test_a_fault_leaves_nothing_behind() -> None:
    """A set is put in whole or not at all: no annotation, secret, volume or container of it stays."""
    policy = {
        "targetContainersMode": "sum",
        "targetContainersNameRegex": "^nothing$",
        "resourcesExpr": {"limits": {"cpu": "cpu"}},
    }
    found = builders.one(
        containers=[{"name": "first", "image": "f:1"}, {**_LOGTAIL, "resourcesPolicy": policy}],
        patchPodMetadata=[{"annotations": {"a": "b"}}],
        imagePullSecrets=[{"name": "s"}],
    )
    pod = builders.pod("app")
    injection = builders.inject(pod, found)
    assert (injection.pod, injection.patch, injection.injected) == (pod, (), ())


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"spec": None},
        {"spec": []},
        {"spec": {"containers": {}}},
        {"spec": {"containers": [1]}},
        {"spec": {"containers": [{}]}},
        {"spec": {"containers": [{"name": "a", "env": [{}]}]}},
        {"spec": {"containers": [{"name": "a", "volumeMounts": "x"}]}},
        {"spec": {"volumes": [None]}},
        {"spec": {}, "metadata": {"annotations": {"a": 1}}},
        {"spec": {}, "metadata": {"labels": ["a"]}},
        None,
        "pod",
    ],
)
def test_what_is_no_pod_comes_back_as_it_is(broken: Any) -> None:
    """With words; the API server will say the same."""
    injection = injecting.inject(broken, builders.chosen([builders.one(containers=[_LOGTAIL])]))
    assert injection.pod is broken
    assert _reasons(injection) == ["PodUnreadable"]
    assert injection.refusal.startswith("PodUnreadable: this is not a pod")


@pytest.mark.parametrize(
    "bare",
    [
        {"spec": {}},
        {"spec": {"containers": None, "initContainers": None, "volumes": None, "imagePullSecrets": None}},
        {"spec": {"containers": []}, "metadata": None},
        {"spec": {"containers": []}, "metadata": {"annotations": None, "labels": None}},
        {"spec": {"containers": []}, "metadata": {"annotations": {}}},
    ],
)
def test_a_pod_may_lack_any_part(bare: builders.Json) -> None:
    """The patch makes what is not there, and does to the pod what the result says."""
    found = builders.one(
        containers=[{**_LOGTAIL, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        initContainers=[{"name": "prepare", "image": "i:1"}],
        volumes=[{"name": "v"}],
        imagePullSecrets=[{"name": "s"}],
    )
    injection = builders.inject(bare, found)
    assert builders.applied(bare, injection.patch) == injection.pod
    assert (builders.names(injection), builders.names(injection, "initContainers")) == (["logtail"], ["prepare"])


def test_the_patch_says_no_more_than_what_is_new() -> None:
    """The application's containers are not in it, and keys of annotations are escaped."""
    pod = builders.pod("app")
    pod["metadata"]["annotations"] = {"x.org/y": "1"}
    found = builders.one(
        containers=[_LOGTAIL, {"name": "behind", "image": "b:1", "podInjectPolicy": "AfterAppContainer"}],
        patchPodMetadata=[{"annotations": {"x.org/y": "2"}, "patchPolicy": "Overwrite"}],
    )
    operations = [(each["op"], each["path"]) for each in builders.inject(pod, found).patch]
    assert operations == [
        ("replace", "/metadata/annotations/x.org~1y"),
        ("add", "/metadata/annotations/gitsidecar.io~1sidecars"),
        ("add", "/spec/containers/0"),
        ("add", "/spec/containers/-"),
    ]


def test_one_pod_cannot_change_what_the_next_one_gets() -> None:
    """What is remembered of a set is not what is handed out."""
    found = builders.one(containers=[{**_LOGTAIL, "command": ["sh"]}], volumes=[{"name": "v"}])
    first = builders.inject(builders.pod("app"), found)
    expected = copy.deepcopy(first.pod)
    first.pod["spec"]["containers"][0]["command"].append("changed")
    assert builders.inject(builders.pod("app"), found).pod == expected


def test_a_document_with_nulls_is_read_without_them() -> None:
    """The status branch may have been edited by hand."""
    plain = builders.one(containers=[_LOGTAIL])
    value = json.loads(plain.document)
    value["spec"] |= {"volumes": None, "injectionStrategy": None, "patchPodMetadata": None}
    value["spec"]["containers"][0] |= {"env": None, "upgradeStrategy": None, "transferEnv": None}
    edited = dataclasses.replace(plain, document=json.dumps(value))
    assert builders.inject(builders.pod("app"), edited).pod == builders.inject(builders.pod("app"), plain).pod


def test_every_reason_is_a_fault_or_not_on_purpose() -> None:
    """A fault is a set that was meant to be put in and could not be; the others refuse no pod."""
    faults = {reason.value for reason in reasons.Reason if reasons.Note("", reason, "").is_fault}
    assert faults == {
        "PodUnreadable",
        "NamespaceUnknown",
        "ConflictingSets",
        "MetadataRefused",
        "ResourcesUnknown",
        "SpecIncomplete",
        "DoesNotFit",
    }
