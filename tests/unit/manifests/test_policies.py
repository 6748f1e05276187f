"""A RolloutPolicy becomes what planning reads, or holds what it covers; it comes back from its document the same."""

from __future__ import annotations

import datetime
import json
import pathlib
from typing import Any

import pytest

from gitsidecar.manifests import restoring, trees
from gitsidecar.model import desires, files, findings, policies, selectors

_ROOT = pathlib.Path(__file__).parents[3]
_EXAMPLE = (_ROOT / "manifests-example" / "nights.yaml").read_text()
_ALL = (policies.Target(),)
_ALLOW = {"type": "Allow", "schedule": "0 22 * * *", "duration": "4h"}


def _read(*contents: str) -> desires.Desired:
    listed = tuple(files.File(f"{index}.yaml", content.encode()) for index, content in enumerate(contents))
    return trees.read(files.Tree("r1", listed))


def test_all_that_planning_reads() -> None:
    """Every field of the example arrives in its policy."""
    (found,) = _read(_EXAMPLE).policies
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    assert found.name == "nights"
    assert found.place == findings.Place("0.yaml", 7, 9)
    assert found.targets == (policies.Target(selectors.Selector((("change-window", "nights"),))),)
    assert found.windows == (
        policies.Window(
            policies.WindowType.ALLOW, "0 22 * * SUN-THU", datetime.timedelta(hours=8), time_zone="Europe/Berlin"
        ),
        policies.Window(
            policies.WindowType.DENY, "30 1 * * *", datetime.timedelta(minutes=45), time_zone="Europe/Berlin"
        ),
    )
    assert found.freezes == (
        policies.Freeze(
            "end of the year, no changes",
            datetime.datetime(2026, 12, 18, 18, tzinfo=berlin),
            datetime.datetime(2027, 1, 4, 6, tzinfo=berlin),
        ),
    )
    assert found.pods_per_minute == 30
    assert found.min_ready == datetime.timedelta(minutes=1)
    assert found.progress_deadline == datetime.timedelta(minutes=15)
    assert found.rejection == ""


def test_what_is_left_out_is_not_asked_for(read_policy: Any) -> None:
    """A policy that sets a pace alone covers all sets, is always open and knows no deadline."""
    (found,) = read_policy().policies
    expected = policies.RolloutPolicy("nights", found.place, pods_per_minute=30, document=found.document)
    assert found == expected


@pytest.mark.parametrize(
    ("spec", "target"),
    [
        ({}, policies.Target()),
        ({"sidecarSets": []}, policies.Target()),
        ({"sidecarSets": ["b", "a"]}, policies.Target(names=("b", "a"))),
        ({"sidecarSetSelector": {}}, policies.Target(selectors.Selector())),
        ({"sidecarSetSelector": {"matchLabels": {}}}, policies.Target(selectors.Selector())),
        ({"sidecarSetSelector": {"matchLabels": {"a": "b"}}}, policies.Target(selectors.Selector((("a", "b"),)))),
    ],
)
def test_which_sets_are_meant(read_policy: Any, spec: dict[str, Any], target: policies.Target) -> None:
    """Sets are chosen by name or by label; an empty list, an empty selector, and neither mean all."""
    (found,) = read_policy("spec", {"podsPerMinute": 1} | spec).policies
    assert not found.rejection
    assert found.targets == (target,)


def test_an_empty_selector_covers_every_set(read_policy: Any, read_changed: Any) -> None:
    """Unlike that of a SidecarSet, a policy's selector may be empty, and then takes in sets without labels too."""
    (found,) = read_policy("spec.sidecarSetSelector", {}).policies
    assert found.covers(read_changed().sets[0])


def test_times_may_stand_in_quotes_or_not() -> None:
    """A time is the same with and without quotes, and so is a schedule, whose spaces don't count."""
    plain = "apiVersion: gitsidecar.io/v1alpha1\nkind: RolloutPolicy\nmetadata: {name: a}\nspec:\n"
    plain += "  freezes: [{from: 2026-12-20T00:00:00Z, reason: x}]\n"
    plain += "  windows: [{type: Deny, schedule: 0 2 * * MON, duration: 1h}]\n"
    quoted = plain.replace("2026-12-20T00:00:00Z", '"2026-12-20T00:00:00Z"').replace("0 2 * * MON", "' 0 2  * * MON'")
    (first,), (second,) = _read(plain).policies, _read(quoted).policies
    assert (first.freezes, first.windows) == (second.freezes, second.windows)
    assert first.windows[0].schedule == "0 2 * * MON"
    assert not first.rejection


def test_a_reason_is_one_line(read_policy: Any) -> None:
    """A reason in a block of several lines is shown in one."""
    (found,) = read_policy("spec.freezes", [{"reason": "trade,\n  see INC-1\n"}]).policies
    assert found.freezes == (policies.Freeze("trade, see INC-1"),)


def test_a_document_is_canonical(read_policy: Any) -> None:
    """A policy's document is JSON with sorted keys and no spaces, without a server's fields."""
    (found,) = read_policy("metadata.uid", "u", "status", {"a": None}, "spec.windows", [_ALLOW]).policies
    assert found.document == (
        '{"apiVersion":"gitsidecar.io/v1alpha1","kind":"RolloutPolicy","metadata":{"name":"nights"},"spec":'
        '{"podsPerMinute":30,"windows":[{"duration":"4h","schedule":"0 22 * * *","type":"Allow"}]}}'
    )


def test_a_policy_comes_back_from_its_document() -> None:
    """What the status branch keeps of a policy is enough to build it again, equal in everything."""
    (found,) = _read(_EXAMPLE).policies
    assert restoring.restore_policy(found.document, found.place) == found


@pytest.mark.parametrize("document", ["", "{", "[]", "null", "{}", '{"spec": {}}', "[" * 100_000, "NaN", "\udcff"])
def test_what_is_no_document_is_told(document: str) -> None:
    """Whatever else stands on the status branch raises ValueError with the file's name."""
    with pytest.raises(ValueError, match=r"policies/a\.yaml is not a RolloutPolicy that gitsidecar kept"):
        restoring.restore_policy(document, findings.Place("policies/a.yaml"))


def test_a_set_is_no_policy(read_changed: Any) -> None:
    """The document of a set is not restored as a policy."""
    (found,) = read_changed().sets
    with pytest.raises(ValueError, match="is not a RolloutPolicy"):
        restoring.restore_policy(found.document, found.place)


@pytest.mark.parametrize(
    ("spec", "targets"),
    [
        ({"sidecarSets": ["a"], "podsPerMinute": 0}, (policies.Target(names=("a",)),)),
        (
            {"sidecarSetSelector": {"matchLabels": {"a": "b"}}, "podsPerMinute": 0},
            (policies.Target(selectors.Selector((("a", "b"),))),),
        ),
        ({"sidecarSets": ["A B"]}, _ALL),
        ({"sidecarSets": "a"}, _ALL),
        ({"sidecarSets": None}, _ALL),
        ({"sidecarSetSelector": {"matchLabel": {"a": "b"}}}, _ALL),
        ({"sidecarSets": ["a"], "sidecarSetSelector": {}}, _ALL),
        ({"sidecarSet": ["a"]}, _ALL),
        ({"podsPerMinute": 0}, _ALL),
        (None, _ALL),
        ("text", _ALL),
    ],
)
def test_a_refused_policy_holds_what_it_seems_to_mean(read_policy: Any, spec: object, targets: object) -> None:
    """A refused policy covers the sets that it plainly means, and all where that part is doubtful."""
    desired = read_policy("spec", spec)
    (found,) = desired.policies
    assert desired.rejections
    assert found.targets == targets
    assert found.windows == ()
    assert found.document == "{}"


def test_a_refused_policy_says_where_and_what_next(read_policy: Any) -> None:
    """The rejection names the policy, the places of its errors and what is held until when."""
    (found,) = read_policy("spec", {"podsPerMinute": 0, "minReadySeconds": -1}).policies
    assert found.rejection == (
        "RolloutPolicy nights was refused (set.yaml:1:125, set.yaml:1:147); "
        "what it covers is held until it is mended or removed"
    )


def test_a_doubtful_document_holds_all_sets() -> None:
    """Where a field is written twice, nobody knows which sets are meant."""
    text = "apiVersion: gitsidecar.io/v1alpha1\nkind: RolloutPolicy\nmetadata: {name: a}\n"
    desired = _read(f"{text}spec: {{sidecarSets: [a], sidecarSets: [b], podsPerMinute: 1}}\n")
    assert desired.policies[0].targets == _ALL
    assert desired.unread == ("0.yaml",)


@pytest.mark.parametrize("name", ["Nights", "", "a.b", 5, None, ["a"]])
def test_a_policy_without_a_usable_name_holds_all_the_same(read_policy: Any, name: object) -> None:
    """Its place stands in for the name, and its file counts as unread: any missing policy may be meant."""
    desired = read_policy("metadata.name", name, "spec.sidecarSets", ["a"])
    (found,) = desired.policies
    assert found.name == str(found.place)
    assert found.rejection.startswith("a RolloutPolicy without a usable name was refused (set.yaml:1:")
    assert found.targets == (policies.Target(names=("a",)),)
    assert desired.unread == ("set.yaml",)
    assert desired.refused == ()


def test_two_policies_of_one_name_hold_as_one(changed_policy: Any) -> None:
    """Policies of one name are refused, each with the other's place, and cover together what each does."""
    texts = [json.dumps(changed_policy("spec.sidecarSets", [name])) for name in "ab"]
    desired = _read(*texts)
    (found,) = desired.policies
    assert found.targets == (policies.Target(names=("a",)), policies.Target(names=("b",)))
    assert found.rejection.startswith("RolloutPolicy nights was refused (0.yaml:1:88, 1.yaml:1:88); ")
    assert [each.message for each in desired.rejections] == [
        "'nights' is also the name of the RolloutPolicy at 1.yaml:1:88: rename or remove one",
        "'nights' is also the name of the RolloutPolicy at 0.yaml:1:88: rename or remove one",
    ]


def test_a_policy_may_have_the_name_of_a_set(changed: Any, changed_policy: Any) -> None:
    """A set and a policy of one name do not collide."""
    desired = _read(json.dumps(changed()), json.dumps(changed_policy("metadata.name", "logtail")))
    assert not desired.found
    assert (desired.sets[0].name, desired.policies[0].name) == ("logtail", "logtail")


def test_a_refused_policy_is_no_refused_set(read_policy: Any) -> None:
    """`refused` names sets only."""
    assert read_policy("spec.podsPerMinute", 0).refused == ()


def test_policies_come_in_order_of_name(changed_policy: Any) -> None:
    """Policies stand in order of name, refused ones among them."""
    texts = [json.dumps(changed_policy("metadata.name", name)) for name in "ca"]
    texts.append(json.dumps(changed_policy("metadata.name", "b", "spec.podsPerMinute", 0)))
    assert [each.name for each in _read(*texts).policies] == ["a", "b", "c"]


def test_a_name_that_no_set_has_is_a_warning(changed: Any, changed_policy: Any) -> None:
    """A misspelt name in sidecarSets is told at its place, with the name that was probably meant."""
    policy = changed_policy("spec.sidecarSets", ["logtail", "logtial"])
    desired = _read(json.dumps(changed()), json.dumps(policy))
    (warning,) = desired.found
    assert warning.level is findings.Level.WARNING
    assert warning.field == "spec.sidecarSets[1]"
    assert warning.message == "'logtial' is no SidecarSet in these files: did you mean 'logtail'?"
    assert not desired.policies[0].rejection


def test_a_selector_that_matches_no_set_is_a_warning(changed: Any, changed_policy: Any) -> None:
    """A selector that no set's labels match is told; one that matches is not."""
    policy = json.dumps(changed_policy("spec.sidecarSetSelector", {"matchLabels": {"tier": "web"}}))
    (warning,) = _read(json.dumps(changed("metadata.labels", {"tier": "app"})), policy).found
    assert warning.level is findings.Level.WARNING
    assert warning.field == "spec.sidecarSetSelector"
    assert not _read(json.dumps(changed("metadata.labels", {"tier": "web"})), policy).found


def test_sets_that_are_refused_or_unread_are_no_reason_to_warn(changed: Any, changed_policy: Any) -> None:
    """A set that stands there but is refused has its name; and while a file is unread, any set may stand in it."""
    named = json.dumps(changed_policy("spec.sidecarSets", ["logtail"]))
    selecting = json.dumps(changed_policy("spec.sidecarSetSelector", {"matchLabels": {"a": "b"}}))
    refused = json.dumps(changed("spec.selector", {}))
    for policy in (named, selecting):
        for other in (refused, "a: ["):
            assert not [each for each in _read(other, policy).found if each.level is findings.Level.WARNING]


@pytest.mark.parametrize("field", ["windows", "freezes", "sidecarSets", "podsPerMinute", "progressDeadlineSeconds"])
def test_a_forgotten_value_is_an_error(read_policy: Any, field: str) -> None:
    """A field without a value would open what was to be closed, so it is not read as absent."""
    desired = read_policy(f"spec.{field}", None)
    assert [each.message for each in desired.rejections] == ["has no value: write one, or remove the field"]


def test_a_deadline_leaves_time_to_settle(read_policy: Any) -> None:
    """progressDeadlineSeconds must be more than minReadySeconds."""
    assert read_policy("spec.minReadySeconds", 60, "spec.progressDeadlineSeconds", 60).rejections
    assert not read_policy("spec.minReadySeconds", 60, "spec.progressDeadlineSeconds", 61).rejections


def test_lists_have_an_end(read_policy: Any) -> None:
    """A policy has at most 100 windows, which is told at once for however many."""
    assert not read_policy("spec.windows", [_ALLOW] * 100).rejections
    (error,) = read_policy("spec.windows", [_ALLOW | {"timeZone": "Nowhere"}] * 5000).rejections
    assert error.message == "has 5000 items: use at most 100"


def test_the_page_shows_valid_policies() -> None:
    """Every policy in docs/policies.md is accepted."""
    page = (_ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    shown = [block.partition("```")[0] for block in page.split("```yaml\n")[1:]]
    assert len(shown) == 3
    for text in shown:
        (found,) = _read(text).policies
        assert not found.rejection


@pytest.mark.parametrize(
    ("written", "repair"), [("Evict", policies.Repair.EVICT), ("Off", policies.Repair.OFF), (None, None)]
)
def test_repair_is_read(read_policy: Any, written: str | None, repair: policies.Repair | None) -> None:
    """YAML's Off is text here, and who does not write it has no opinion."""
    (found,) = (read_policy("spec.repair", written) if written else read_policy()).policies
    assert (found.repair, found.rejection) == (repair, "")


@pytest.mark.parametrize("written", ["Delete", "evict", True, False])
def test_no_other_repair(read_policy: Any, written: object) -> None:
    """What is neither of the two is an error at its field."""
    (error,) = read_policy("spec.repair", written).rejections
    assert error.field == "spec.repair"
