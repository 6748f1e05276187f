"""The status branch's files: the same report gives the same bytes, and no name or message can break one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import yaml
from markdown_it import MarkdownIt

from gitsidecar.model import histories, plans, reports
from gitsidecar.reporting import files
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import goldens, policies, scenarios

_WEB = reports.Web("https://git.example/acme/fleet/blob/main/", "https://git.example/acme/fleet/commit/")


@pytest.mark.parametrize("scenario", [scenarios.rolling, scenarios.failing, scenarios.complete])
def test_golden(scenario: Callable[[], reports.Report]) -> None:
    """Every managed file is as in the golden folder, byte for byte."""
    goldens.check(scenario.__name__, files.render(scenario()))


def test_same_state_gives_same_bytes() -> None:
    """A pass that changes nothing, hours later, writes what the branch already holds."""
    state = b.set_plan(done=[b.pod(1, b.NEW)], holds=[b.hold(b.pod(2), plans.HoldReason.PAUSED)])
    first = summaries.summarise(b.plan(state), (), histories.History(), cluster="prod")
    known = memories.read(files.render(first), b.restore, policies.restore)
    later = summaries.summarise(b.plan(state, now=b.LATER), (), known, cluster="prod")
    assert files.render(later) == files.render(first)


def test_what_the_pass_did_is_not_in_the_files() -> None:
    """A pass that moved pods and one that finds them in flight write the same bytes."""
    moving = b.set_plan(actions=[b.pod(1), b.pod(2)])
    found = b.set_plan(flying=[b.pod(1, b.NEW), b.pod(2, b.NEW)])
    moved = summaries.summarise(b.plan(moving), b.results(moving), histories.History(), cluster="prod")
    known = memories.read(files.render(moved), b.restore, policies.restore)
    assert files.render(summaries.summarise(b.plan(found, now=b.LATER), (), known, cluster="prod")) == files.render(
        moved
    )


def test_progress_is_a_small_diff() -> None:
    """One more pod moved changes a handful of lines in each file."""

    def lines(done: int) -> list[str]:
        holds = [b.hold(b.pod(each), plans.HoldReason.PARTITION_KEPT) for each in range(done, 100)]
        state = b.set_plan(done=[b.pod(each, b.NEW) for each in range(done)], holds=holds)
        content = files.render(summaries.summarise(b.plan(state), (), b.history(), cluster="prod"))
        return [line for text in content.values() for line in text.decode().splitlines()]

    changed = [pair for pair in zip(lines(50), lines(51), strict=True) if pair[0] != pair[1]]
    assert len(changed) < 40


@pytest.mark.parametrize("web", [reports.Web(), _WEB])
def test_hostile_words_stay_inside_their_cells(web: reports.Web) -> None:
    """Every table has its columns, every heading and every link is ours, whatever names and messages say."""
    content = files.render(dataclasses.replace(scenarios.hostile(), web=web))
    written = [text.decode() for path, text in content.items() if path.endswith(".md")]
    assert len(written) == 2
    for text in written:
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
        assert not [token for token in tokens if token.type.startswith(("html", "fence", "code_block"))]
        inline = [child for token in tokens for child in token.children or []]
        assert not [child for child in inline if child.type == "html_inline"]
        links = [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
        pictures = [str(child.attrs["src"]) for child in inline if child.type == "image"]
        beside = r"(sets/)?[\w.%~-]+\.(md|svg|yaml)|\.\./STATUS\.md|#rejected-manifests"
        ours = rf"{beside}|{re.escape(web.files)}[\w./%~-]+#L\d+"
        assert [link for link in (*links, *pictures) if not re.fullmatch(ours, link)] == []
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_hostile_words_stay_inside_the_picture() -> None:
    """A set's name cannot end an element, and the picture asks nobody for anything."""
    [picture] = [text for path, text in files.render(scenarios.hostile()).items() if path.endswith(".svg")]
    root = ElementTree.fromstring(picture)
    kinds = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert kinds == {"svg", "title", "desc", "style", "clipPath", "g", "rect", "text"}
    assert re.findall(rb"https?://[^\"'\s<)]+", picture.partition(b"</title>")[2]) == []


def test_links_lead_to_the_line_on_the_source_branch() -> None:
    """Where the repository's pages are known, places and commits are links; no revision is in them but a spec's own."""
    content = files.render(dataclasses.replace(scenarios.failing(), web=_WEB))
    status = content["STATUS.md"].decode()
    assert "| [`sets/proxy.yaml:12:5`](https://git.example/acme/fleet/blob/main/sets/proxy.yaml#L12) |" in status
    page = content["sets/proxy.md"].decode()
    assert f"[`{b.REVISION[:7]}`](https://git.example/acme/fleet/commit/{b.REVISION})" in page
    assert "https:" not in files.render(scenarios.failing())["STATUS.md"].decode()


def test_hostile_words_stay_inside_their_paths() -> None:
    """No name leads out of the managed folders."""
    for path in files.render(scenarios.hostile()):
        assert re.fullmatch(r"STATUS\.md|rejections\.yaml|sets/[^/]+\.(yaml|md|svg)|history/[^/]+/[^/]+\.yaml", path)
        assert ".." not in path.split("/")


def test_hostile_words_are_yaml_text() -> None:
    """Machine-readable files load, and give names and messages back as they are shown."""
    content = files.render(scenarios.hostile())
    for path, text in content.items():
        if path.endswith(".yaml"):
            assert isinstance(yaml.safe_load(text), dict)
    assert yaml.safe_load(content["rejections.yaml"])["rejections"][0]["message"] == scenarios.HOSTILE


@pytest.mark.parametrize("name", ["..", ".", "a/../../b", ".git"])
def test_odd_names_make_no_odd_paths(name: str) -> None:
    """A set's name is one segment of a path, never a step up or a hidden file."""
    state = b.set_plan(sidecar_set=b.sidecar_set(name))
    for path in files.render(summaries.summarise(b.plan(state), (), histories.History(), cluster="prod")):
        assert not any(part.startswith(".") for part in path.split("/"))


def test_status_of_nothing() -> None:
    """Without any set the page says so."""
    content = files.render(reports.Report("prod", b.REVISION))
    assert list(content) == ["STATUS.md"]
    assert "nothing is moved" in content["STATUS.md"].decode()


def test_many_workloads_are_cut_to_unfinished_ones() -> None:
    """A set's page stays a page: of many workloads it lists those with something left to do, and sums up the others."""
    done = [b.pod(each, b.NEW, workload=f"Deployment/done-{each}") for each in range(80)]
    kept = b.hold(b.pod(90, workload="Deployment/old"), plans.HoldReason.PAUSED)
    state = b.set_plan(done=done, holds=[kept])
    content = files.render(summaries.summarise(b.plan(state), (), histories.History(), cluster="prod"))
    page = content["sets/logtail.md"].decode()
    assert "`Deployment/old`" in page
    assert "done-1" not in page
    assert "|  | 80 more workloads | `██████████` | 80/80 | 80/80 | 0 |" in page
    assert len(yaml.safe_load(content["sets/logtail.yaml"])["status"]["workloads"]) == 81
