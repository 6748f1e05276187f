"""What two sets would both bring into one pod is told at both places, and nothing is told of sets that cannot meet."""

from __future__ import annotations

import json
import time
from typing import Any

import hypothesis
from hypothesis import strategies as st

from gitsidecar.manifests import overlapping, trees
from gitsidecar.model import files, findings

_MOUNT = {"volumeMounts": [{"name": "log", "mountPath": "/log"}]}


def _document(name: str, **spec: Any) -> bytes:
    spec = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    spec.setdefault("containers", [{"name": f"of-{name}", "image": "a:1"}])
    head = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": name}}
    return json.dumps({**head, "spec": spec}).encode()


def _told(*documents: bytes) -> list[str]:
    listed = tuple(files.File(f"{index}.yaml", content) for index, content in enumerate(documents))
    desired = trees.read(files.Tree("r1", listed))
    assert not desired.rejections
    return [str(each) for each in desired.found if each.level is findings.Level.WARNING]


def _container(name: str = "logtail", **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": "a:1", **fields}


def test_a_container_of_two_sets_is_told_at_both_places() -> None:
    """Each of two sets that can meet is warned, at its container, with the other's file, line and column."""
    one = _document("one", containers=[_container()])
    other = _document("other", selector={"matchLabels": {"tier": "a"}}, initContainers=[_container()])
    first, second = _told(one, other)
    assert first.startswith("0.yaml:1:171: warning: spec.containers[0].name: container logtail is also of SidecarSet ")
    assert "SidecarSet other (1.yaml:1:176): a pod that both select gets neither" in first
    assert second.startswith("1.yaml:1:176: warning: spec.initContainers[0].name: container logtail is also of ")
    assert "SidecarSet one (0.yaml:1:171)" in second


def test_sets_that_cannot_meet_may_share_names() -> None:
    """Other labels, or other namespaces, and one name is no trouble."""
    elsewhere = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}
    assert not _told(
        _document("a", containers=[_container()], selector={"matchLabels": {"app": "api"}}),
        _document("b", containers=[_container()], namespaceSelector=elsewhere),
        _document(
            "c", containers=[_container()], namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "x"}}
        ),
    )


def test_a_port_of_the_host_is_taken_once() -> None:
    """The same number, protocol and address of two sets that can meet is told; another protocol is another port."""
    first = _container("a", ports=[{"containerPort": 1, "hostPort": 8080}])
    second = _container("b", ports=[{"containerPort": 2, "hostPort": 8080, "protocol": "TCP"}])
    other = _container("c", ports=[{"containerPort": 2, "hostPort": 8080, "protocol": "UDP"}])
    told = _told(_document("a", containers=[first]), _document("b", containers=[second]))
    assert len(told) == 2
    assert "warning: spec.containers[0].ports[0].hostPort: port 8080 TCP of the host is also of SidecarSet b" in told[0]
    assert not _told(_document("a", containers=[first]), _document("c", containers=[other]))


_VALUES = st.lists(st.sampled_from("xyz"), min_size=1, max_size=2, unique=True)
_EXPRESSIONS: st.SearchStrategy[tuple[str, str, list[str]]] = st.one_of(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["In", "NotIn"]), _VALUES),
    st.tuples(st.sampled_from("abc"), st.sampled_from(["Exists", "DoesNotExist"]), st.just([])),
)


@hypothesis.settings(deadline=None)
@hypothesis.given(st.lists(st.lists(_EXPRESSIONS, min_size=1, max_size=3), min_size=2, max_size=7))
def test_all_who_meet_are_told_and_no_others(asked: list[list[tuple[str, str, list[str]]]]) -> None:
    """However sets are sorted so as not to compare them all: a set is told if, and only if, it can meet another."""
    documents = [
        _document(
            f"set-{index}",
            containers=[_container()],
            selector={"matchExpressions": [{"key": key, "operator": op, "values": values} for key, op, values in each]},
        )
        for index, each in enumerate(asked)
    ]
    listed = tuple(files.File(f"{index}.yaml", content) for index, content in enumerate(documents))
    reaches = {each.name: overlapping.reach(each) for each in trees.read(files.Tree("r1", listed)).sets}
    meeting = {
        name
        for name, reach in reaches.items()
        if any(overlapping.may_meet(reach, other) for rival, other in reaches.items() if rival != name)
    }
    told = {f"set-{each.partition('.')[0]}" for each in _told(*documents) if "is also of" in each}
    assert told == meeting


def test_a_pair_takes_its_real_names() -> None:
    """With HotUpgrade it is the names of the pair that can collide, told once; the name in the set is free."""
    hot = _container(upgradeStrategy={"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"})
    assert not _told(_document("one", containers=[hot]), _document("other", containers=[_container()]))
    told = _told(_document("one", containers=[hot]), _document("other", containers=[hot]))
    assert len(told) == 2
    assert "container logtail-1 is also of SidecarSet other" in told[0]


def test_different_volumes_of_one_name_are_told() -> None:
    """Volumes that are used and differ collide; equal ones, a bare one beside an emptyDir, and unused ones do not."""
    bare, empty, host = {"name": "log"}, {"name": "log", "emptyDir": {}}, {"name": "log", "hostPath": {"path": "/"}}
    containers = [[_container(name, **_MOUNT)] for name in ("a", "b")]
    told = _told(
        _document("one", containers=containers[0], volumes=[empty]),
        _document("other", containers=containers[1], volumes=[host]),
    )
    assert len(told) == 2
    assert "another volume log is also of SidecarSet one" in told[1]
    assert not _told(
        _document("one", containers=containers[0], volumes=[empty]),
        _document("other", containers=containers[1], volumes=[bare]),
        _document("third", volumes=[host]),
    )


def _patching(name: str, policy: str | None, value: str = "1") -> bytes:
    patch: dict[str, Any] = {"annotations": {"score": value}}
    return _document(name, patchPodMetadata=[patch | ({"patchPolicy": policy} if policy else {})])


def test_an_annotation_that_one_overwrites_is_told() -> None:
    """Overwrite beside a merge, or beside another Overwrite, is told; what merges or gives way is not."""
    assert len(_told(_patching("one", "Overwrite"), _patching("other", "MergePatchJson"))) == 2
    told = _told(_patching("one", "Overwrite"), _patching("other", "Overwrite", "2"))
    assert "spec.patchPodMetadata[0].annotations.score: is also written by SidecarSet other (1.yaml:1:" in told[0]
    assert not _told(_patching("one", "MergePatchJson"), _patching("other", "MergePatchJson", "2"))
    assert not _told(_patching("one", "Overwrite"), _patching("other", "Retain"), _patching("third", None))
    assert not _told(_patching("one", "Overwrite"), _patching("other", "Overwrite"))


def test_many_others_are_not_all_named() -> None:
    """Of many sets with one container three are named."""
    told = _told(*(_document(f"s{number}", containers=[_container()]) for number in range(6)))
    assert len(told) == 6
    assert told[5].count("SidecarSet s") == 3
    assert "s2 (2.yaml:1:170) and others: a pod" in told[5]


def test_a_refused_set_collides_with_nobody() -> None:
    """A set with an error has no say until it is mended."""
    bad = _document("bad", containers=[_container(), _container()])
    listed = (files.File("a.yaml", bad), files.File("b.yaml", _document("good", containers=[_container()])))
    assert {each.level for each in trees.read(files.Tree("r1", listed)).found} == {findings.Level.ERROR}


def test_a_selector_that_matches_nothing_is_told() -> None:
    """Requirements that contradict each other would leave a set without pods, and nobody would say why."""
    contradiction = [{"key": "app", "operator": "NotIn", "values": ["web"]}]
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": contradiction}
    nowhere = {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "DoesNotExist"}]}
    first, second = _told(_document("one", selector=selector, namespaceSelector=nowhere))
    assert first.endswith("spec.selector: selects nothing at all: no label app is all that it asks for")
    assert "spec.namespaceSelector: selects nothing at all: no label kubernetes.io/metadata.name is" in second


def test_a_thousand_sets_of_one_container_are_compared_in_a_moment() -> None:
    """Teams that call their containers alike do not slow each other down (a generous bound: machines differ)."""
    documents = [
        _document(f"s{number}", containers=[_container()], selector={"matchLabels": {"app": f"web-{number}"}})
        for number in range(1000)
    ]
    begin = time.process_time()
    assert not _told(*documents)
    assert time.process_time() - begin < 5
