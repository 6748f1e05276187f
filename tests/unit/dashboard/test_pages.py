"""What each page says of a pass, that all of them are well-formed, and that no word from outside becomes markup."""

from __future__ import annotations

import dataclasses

import pytest

from gitsidecar.dashboard import pages, passlists, pieces, podpages, servers, setlists, setpages, setpods, sights
from gitsidecar.model import plans
from tests.unit.dashboard import documents, scenes
from tests.unit.reporting import builders as b

_SETS: list[tuple[servers.Make, dict[str, str | int]]] = [
    (setlists.make, {}),
    (setpages.make, {"name": "logtail"}),
    (setpods.make, {"name": "logtail", "why": "PartitionKept"}),
    (setpods.make, {"name": "logtail", "why": "NotUpgradable"}),
    (setpods.make, {"name": "logtail", "why": setpods.IN_FLIGHT}),
    (setpods.make, {"name": "logtail", "why": setpods.CANNOT_START}),
    (setpods.make, {"name": "logtail", "why": setpods.MISSING}),
    (podpages.search, {"q": "web"}),
    (podpages.search, {}),
    (podpages.search, {"q": "<nobody>"}),
    (podpages.explain, {"name": "shop/web-020"}),
    (passlists.make, {}),
]


@pytest.mark.parametrize(("make", "query"), _SETS)
def test_pages_are_well_formed(make: servers.Make, query: dict[str, str | int]) -> None:
    """Every page closes what it opens, runs and loads nothing of its own, and says how old its picture is."""
    page = scenes.shown(make, scenes.sight(scenes.rolling()), **query)
    assert "As of Tue 2026-11-24 02:00:00 UTC" in page.one("main").text
    assert page.one("title").text.endswith(" · prod · gitsidecar")


@pytest.mark.parametrize(("make", "query"), _SETS)
def test_words_from_outside_stay_words(make: servers.Make, query: dict[str, str | int]) -> None:
    """Names, messages, places and failures that are attacks are shown, and change nothing."""
    attack = {key: scenes.HOSTILE if key == "name" else value for key, value in query.items()}
    if make is podpages.explain:
        attack = {"name": f"{scenes.HOSTILE}/{scenes.HOSTILE}"}
    page = scenes.shown(make, scenes.sight(scenes.hostile(), trouble=scenes.HOSTILE), **attack)
    assert "<script>alert(1)</script>" in page.one("main").text
    assert [each.attributes["src"] for each in page.all("script")] == ["/files/page.js"]


@pytest.mark.parametrize(("make", "query"), _SETS)
def test_before_the_first_pass_every_page_says_so(make: servers.Make, query: dict[str, str | int]) -> None:
    """Nothing is known yet: that is said, with what the daemon waits for, and no page breaks."""
    page = scenes.shown(make, sights.Sight("prod", trouble="the source branch has not been read yet"), **query)
    assert "Not working: the source branch has not been read yet" in page.one("main").text


def test_a_set_shows_how_far_it_has_come() -> None:
    """The first page has for each set its name, its state, its numbers, its bar in words, and when it may move."""
    card = scenes.shown(setlists.make, scenes.sight(scenes.rolling())).one("li", id="set-logtail")
    assert card.one("h2").text == "logtailrolling out"
    assert "12 of 73 pods on 4f2a9c1" in card.text
    assert card.one("svg").attributes["aria-label"] == (
        "10 finished, 1 moved, not finished, 1 cannot start, 61 on an older spec"
    )
    widths = [each.attributes["width"] for each in card.all("rect")]
    assert widths == ["13.699%", "1.370%", "1.370%", "83.562%"]
    assert "Window open, no end in sight" in card.text


def test_a_set_says_what_holds_its_pods_and_what_releases_them() -> None:
    """Its page has a row for each reason, with a link to all of the pods, and links to why some of them wait."""
    page = scenes.shown(setpages.make, scenes.sight(scenes.rolling()), name="logtail")
    [first, second] = page.one("section", id="held").rows()
    assert first == ["PartitionKept", "60", "partition 50% keeps 60 old", "shop/web-020shop/web-021shop/web-022"]
    assert second[:2] == ["PodBusy", "1"]
    assert "503: try again" in second[2]
    found = {each.text: each.attributes["href"] for each in page.all("a")}
    assert found["PartitionKept"] == "/set/pods?name=logtail&why=PartitionKept"
    assert found["shop/web-020"] == "/pod?name=shop%2Fweb-020"


def test_a_set_shows_failures_conditions_images_and_workloads() -> None:
    """All that the status branch says of a set is on its page."""
    page = scenes.shown(setpages.make, scenes.sight(scenes.rolling()), name="logtail")
    assert page.one("section", id="failing").rows() == [["shop/web-012", "logtail: ImagePullBackOff"]]
    assert [row[0] for row in page.one("section", id="conditions").rows()] == ["Accepted", "Complete", "Blocked"]
    assert page.one("section", id="images").rows() == [["logtail", b.OLD, "61"], ["logtail", b.NEW, "12"]]
    workloads = page.one("section", id="workloads").rows()
    assert workloads == [
        ["shop/Deployment/web", "16 %", "12 of 73", "71", "0"],
        ["bank/Pod/web-099", "0 %", "0 of 0", "0", "1"],
    ]


def test_the_numbers_of_workloads_add_up_to_those_of_the_set() -> None:
    """A pod that this pass moved counts as updated in both."""
    done = scenes.rolling()
    page = scenes.shown(setpages.make, scenes.sight(done), name="logtail")
    updated = [int(row[2].partition(" ")[0]) for row in page.one("section", id="workloads").rows()]
    assert sum(updated) == done.report.sets[0].updated == 12


def test_workloads_are_found_by_a_part_of_their_name() -> None:
    """The field on the page keeps what was asked for."""
    seen = scenes.sight(scenes.rolling())
    page = scenes.shown(setpages.make, seen, name="logtail", workload="bank/")
    assert [row[0] for row in page.one("section", id="workloads").rows()] == ["bank/Pod/web-099"]
    assert page.one("input", id="workload").attributes["value"] == "bank/"


def test_held_pods_are_listed_a_page_at_a_time() -> None:
    """Each pod stands on one page, in the order in which they would go, and the links lead on and back."""
    seen = scenes.sight(scenes.rolling())
    first, second = (scenes.shown(setpods.make, seen, name="logtail", why="PartitionKept", page=n) for n in (1, 2))
    keys = [row[0] for page in (first, second) for row in page.one("table").rows()]
    assert keys == [f"shop/web-{each:03}" for each in range(20, 80)]
    assert first.text.count("partition 50% keeps 60 old") == 1  # what all share is said once
    assert "1 to 50 of 60" in first.one("nav", class_="turner").text
    assert first.one("a", rel="next").attributes["href"] == "/set/pods?name=logtail&why=PartitionKept&page=2"
    assert second.one("a", rel="prev").attributes["href"] == "/set/pods?name=logtail&why=PartitionKept"


def test_a_page_behind_the_last_is_empty_and_leads_back() -> None:
    """The list has become shorter since the link was made."""
    page = scenes.shown(setpods.make, scenes.sight(scenes.rolling()), name="logtail", why="PartitionKept", page=9)
    assert page.one("table").rows() == []
    assert page.one("a", rel="prev").attributes["href"] == "/set/pods?name=logtail&why=PartitionKept&page=2"


def test_only_a_page_of_the_held_pods_is_looked_at() -> None:
    """A hundred thousand may wait: who is behind the page is not reckoned."""
    looked = []

    class Queue(tuple[object, ...]):
        def __iter__(self):  # type: ignore[no-untyped-def]  # counts
            for each in super().__iter__():
                looked.append(each)
                yield each

    many = Queue(b.pod(each) for each in range(20_000))
    state = dataclasses.replace(
        b.set_plan(old=[b.pod(1)]),
        held=(plans.HoldGroup(plans.HoldReason.PARTITION_KEPT, "kept", many, ()),),  # type: ignore[arg-type]
    )
    done = dataclasses.replace(scenes.rolling(), plan=b.plan(state), outcomes=())
    page = scenes.shown(setpods.make, scenes.sight(done), name="logtail", why="PartitionKept", page=2)
    assert len(page.one("table").rows()) == pieces.PAGE
    assert len(looked) <= 2 * pieces.PAGE + 1


def test_pods_in_flight_are_those_that_the_report_counts() -> None:
    """The ones moved in this pass stand first, the earlier ones behind them."""
    done = scenes.rolling()
    page = scenes.shown(setpods.make, scenes.sight(done), name="logtail", why=setpods.IN_FLIGHT)
    assert [row[0::3] for row in page.one("table").rows()] == [
        ["shop/web-010", "moved in the newest pass"],
        ["shop/web-012", "moved before"],
    ]
    assert done.report.sets[0].in_flight == 2


def test_pods_are_found_and_explained() -> None:
    """A search leads to the pod, whose page says what `gitsidecar explain` says."""
    seen = scenes.sight(scenes.rolling())
    found = scenes.shown(podpages.search, seen, q="web-02")
    assert "10 pods with “web-02” in the name." in found.text
    page = scenes.shown(podpages.explain, seen, name="shop/web-020")
    stands = page.one("section", class_="stands")
    assert stands.one("h2").text == "logtailheld: PartitionKept"
    facts = {each.children[0].text: each.children[1].text for each in stands.one("dl").children}
    assert facts["why"] == "partition 50% keeps 60 old"
    assert facts["latest"].startswith(f"logtail: {b.NEW}")
    assert page.one("section", id="containers").rows()[1][:2] == ["logtail", b.OLD]


def test_a_pod_says_what_became_of_its_patch() -> None:
    """What the plan meant to do is not the last word on a pod whose patch was taken or refused."""
    seen = scenes.sight(scenes.rolling())
    assert "newest passpatch applied" in scenes.shown(podpages.explain, seen, name="shop/web-010").text
    assert "newest passDeferred: 503: try again" in scenes.shown(podpages.explain, seen, name="shop/web-011").text


def test_a_pod_that_is_gone_leads_to_those_like_it() -> None:
    """A pod that was recreated has another end of its name."""
    page = scenes.shown(podpages.explain, scenes.sight(scenes.rolling()), name="shop/web-0201")
    assert "shop/web-020" in [each.text for each in page.all("a")]


def test_passes_are_told_newest_first() -> None:
    """When, how long, what was moved, failed and held, at which revision, and the commit that records it."""
    seen = scenes.sight(scenes.rolling(1), scenes.quiet(2), scenes.quiet(3))
    rows = scenes.shown(passlists.make, seen).one("table").rows()
    assert rows[0][1:] == ["2", "1,250 ms", "0", "0", "0", "0", "4f2a9c1", "nothing new"]
    assert rows[1] == ["2026-11-24 02:00:00", "1", "1,250 ms", "1", "0", "1", "61", "4f2a9c1", "b78b72f"]


def test_an_unknown_set_is_told() -> None:
    """There may be an old link to a set that was removed."""
    for make in (setpages.make, setpods.make):
        answer = make(scenes.sight(scenes.rolling()), dataclasses.replace(pages.BARE, name="proxy"))
        assert answer.status == 404
        assert "proxy" in answer.body


def test_errors_in_manifests_are_on_the_first_page() -> None:
    """What is refused is told with its place, though it belongs to no set."""
    page = scenes.shown(setlists.make, scenes.sight(scenes.hostile()))
    [row] = page.one("section", id="errors").rows()
    assert row[0].endswith(":1:1")


def test_a_reader_finds_what_is_broken() -> None:
    """The reader that these tests trust notices a tag that is not closed, and a script within the page."""
    begin = "<!doctype html>\n<html lang='en'><main><h1></h1>"
    documents.read(f"{begin}</main></html>")
    for bad in ("<b>", "<script>1</script>", "<p onclick='1'></p>", "<a href='javascript:1'></a>", "<th></th>"):
        with pytest.raises((AssertionError, KeyError)):
            documents.read(f"{begin}{bad}</main></html>")
