"""Forecasts as pictures, tables and JSON: golden files, and what must hold of each picture."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from xml.etree import ElementTree

from gitsidecar.model import findings, forecasts, plans
from gitsidecar.reporting import axes, charts, svgs, timelines
from gitsidecar.reporting import forecasts as reporting
from tests.unit.reporting import goldens

START = datetime.datetime(2026, 11, 24, 21, tzinfo=datetime.UTC)
OLD, NEW = ("registry.example.com/logging/logtail:0.16.1" + tag for tag in "68")


def minutes(number: float) -> datetime.datetime:
    """Return the moment so many minutes after the start."""
    return START + datetime.timedelta(minutes=number)


def sample(at: float, updated: int, *, in_flight: int = 0, held: str = "BudgetExhausted") -> forecasts.Sample:
    """Return the counts of forty pods."""
    images = {"logtail": {image: number for image, number in ((OLD, 40 - updated), (NEW, updated)) if number}}
    rest = 40 - updated
    return forecasts.Sample(
        minutes(at), 40, updated, updated - in_flight, in_flight, 0, {held: rest} if rest else {}, images
    )


def complete(name: str = "logtail") -> forecasts.SetForecast:
    """Return a rollout of two waves that completes."""
    moves = tuple(
        forecasts.Move(minutes(at), f"shop/web-{place}", "Deployment/web", minutes(at + 0.5))
        for place, at in enumerate([60 + place / 2 for place in range(20)] + [180 + place / 2 for place in range(20)])
    )
    first, second = moves[:20], moves[20:]
    waves = tuple(
        forecasts.Wave(number, its[0].at, its[-1].at, its[-1].at + datetime.timedelta(seconds=30), its)
        for number, its in enumerate((first, second), start=1)
    )
    closed = plans.HoldReason.WINDOW_CLOSED
    spans = (
        forecasts.Span(START, minutes(60), closed),
        forecasts.Span(minutes(60), minutes(70)),
        forecasts.Span(minutes(70), minutes(180), closed),
        forecasts.Span(minutes(180), minutes(190)),
    )
    samples = [sample(0, 0, held="WindowClosed")]
    samples += [sample(60 + place / 2, place + 1, in_flight=1) for place in range(20)]
    samples += [sample(70, 20, held="WindowClosed")]
    samples += [sample(180 + place / 2, place + 21, in_flight=1) for place in range(20)]
    samples += [sample(190, 40)]
    ending = forecasts.Ending(forecasts.End.COMPLETE, minutes(190), "RolledOut", "all 40 pods on 4f2a9c1")
    return forecasts.SetForecast(
        name, findings.Place("logtail.yaml", 1, 1), ending, tuple(samples), moves, waves, spans
    )


def blocked() -> forecasts.SetForecast:
    """Return a set of which nothing moves."""
    ending = forecasts.Ending(
        forecasts.End.BLOCKED, START, "NotUpgradable", "0 of 40 pods updated, 40 held: <shape> & more"
    )
    samples = (sample(0, 0, held="NotUpgradable"),)
    return forecasts.SetForecast("mesh", findings.Place("mesh.yaml", 1, 1), ending, samples)


def both() -> forecasts.Forecast:
    """Return the forecast of the two."""
    terms = forecasts.Terms(12.5, "as 7 moved pods of the list took", fail_rate=0.02)
    return forecasts.Forecast(START, minutes(205), terms, (complete(), blocked()))


def test_golden() -> None:
    """Picture, table and JSON are what they were, letter by letter."""
    found = both()
    told = json.dumps(reporting.to_json(found), indent=2)
    content = {
        "picture.svg": charts.draw(found).encode(),
        "timeline.txt": timelines.to_text(found).encode(),
        "forecast.json": told.encode(),
    }
    goldens.check("forecast", content)


def test_a_picture_can_be_read_by_everybody() -> None:
    """It is well-formed, has a title and a description, follows the reader's setting, and runs and loads nothing."""
    picture = charts.draw(both())
    root = ElementTree.fromstring(picture)
    assert root.attrib["role"] == "img"
    said = {each.attrib["id"]: each.text or "" for each in root if "id" in each.attrib}
    assert said["title"].startswith("Forecast of 2 sets")
    assert "logtail: complete at 2026-11-25 00:10:00" in said["desc"]
    assert "<shape> & more" in said["desc"]
    assert "prefers-color-scheme:dark" in picture
    assert set(re.findall(r"https?://[^\"'\s<)]+", picture)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<script|<image|@import|url\(", picture)


def test_numbers_have_two_decimals_at_most() -> None:
    """No coordinate says more than anybody sees."""
    assert not re.search(r"\d\.\d{3}", charts.draw(both()))
    assert [svgs.number(each) for each in (3, 3.10, 2 / 3, -0.001, 100.0)] == ["3", "3.1", "0.67", "0", "100"]


def test_words_do_no_harm_in_a_picture() -> None:
    """Markup and control characters in a name stay words."""
    picture = charts.draw(dataclasses.replace(both(), sets=(complete('<b>"\x1b[1m\u202e&'),)))
    assert ElementTree.fromstring(picture) is not None
    assert "<b>" not in picture
    assert "\x1b" not in picture
    assert "\u202e" not in picture


def test_a_line_of_many_samples_has_few_corners() -> None:
    """Ten thousand samples are drawn with no more corners than the picture has columns."""
    many = tuple(dataclasses.replace(sample(0, place % 40), at=minutes(place / 60)) for place in range(10_000))
    assert (
        len(charts.draw(dataclasses.replace(both(), sets=(dataclasses.replace(complete(), samples=many),)))) < 100_000
    )


def test_a_set_that_moves_no_pod_says_so() -> None:
    """One that has nothing to do came to no end at the start, and one without pods is told from one that is done."""
    whole = dataclasses.replace(complete("done"), moves=(), waves=())
    none = dataclasses.replace(whole, name="none", samples=(dataclasses.replace(sample(0, 0), matched=0, updated=0),))
    found = dataclasses.replace(both(), sets=(whole, none))
    assert timelines.ending(whole, found) == "done: complete from the start"
    assert timelines.ending(none, found) == "none: no running pod is matched"
    picture = charts.draw(found)
    assert "complete from the start" in picture
    assert "no running pod is matched" in picture
    assert "complete at" not in ElementTree.canonicalize(picture).partition("</desc>")[2]


def test_many_sets_are_cut() -> None:
    """The picture shows twelve sets and says how many it leaves out; the table stays short as well."""
    sets = tuple(complete(f"set-{number}") for number in range(20))
    found = dataclasses.replace(both(), sets=sets)
    assert "and 8 more sets" in charts.draw(found)
    lines = timelines.to_text(found).splitlines()
    assert len(lines) < 65
    assert any("lines more: --output json has all" in line for line in lines)
    assert sum(line.startswith("set-") for line in lines) == 20


def test_an_empty_forecast_is_a_picture_too() -> None:
    """Nothing to show is no fault."""
    found = dataclasses.replace(both(), sets=())
    assert ElementTree.fromstring(charts.draw(found)) is not None
    assert timelines.to_text(found).startswith("Forecast from 2026-11-24 21:00:00 UTC: 0 pods in 0 sets")


def test_ticks_are_at_round_times() -> None:
    """No more than six, and a date where the day is another one."""
    axis = axes.TimeAxis(START, minutes(600), 0, 100)
    words = [words for _, words in axis.ticks()]
    assert words == ["24 Nov 22:00", "25 Nov 00:00", "02:00", "04:00", "06:00"]
    assert [axes.height(most) for most in (1, 2, 3, 40)] == [(0, 1), (0, 1, 2), (0, 1, 3), (0, 20, 40)]
