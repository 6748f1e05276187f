"""The demo's two views: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

import rich.console

from gitsidecar.cli.demos import stories, views
from tests.support import benches


async def test_a_terminal_sees_a_bar_for_each_workload() -> None:
    """The picture has bars, counts, what is in flight, and what is held and why."""
    bench = benches.Bench(10)
    await bench.start()
    bench.push(maxUnavailable=2, partition="50%")
    done = await bench.poll_and_pass()
    text = await _shown(bench, done_twice=False)
    assert "━" in text
    assert "shop/StatefulSet/web" in text
    assert f"{done.report.sets[0].updated}/10" in text
    assert "2 in flight" in text
    assert "held, PartitionKept: " in text
    assert "2 restarting" in text


async def test_chapters_scroll_by_above_the_picture() -> None:
    """A chapter has a title, and an end that says whether it went well."""
    console = _terminal()
    first, second = stories.chapters(10)[:2]
    with views.opened(console) as view:
        view.say(first, None)
        view.say(first, True)
        view.say(second, False)
    text = _plain(console)
    assert f"▶ {first.title}" in text
    assert f"✓ {first.expected}" in text
    assert f"✗ not so: {second.expected}" in " ".join(text.split())


async def test_a_line_is_printed_when_the_counts_change() -> None:
    """The same counts twice are one line."""
    bench = benches.Bench(4)
    await bench.start()
    bench.push(maxUnavailable=1)
    done = await bench.poll_and_pass()
    console = rich.console.Console(file=io.StringIO(), width=100)
    with views.opened(console) as view:
        view.show(done)
        view.show(done)
    assert _plain(console).splitlines() == [
        "  logtail: 1/4 updated, 1 in flight, 3 ready, held: 3 BudgetExhausted",
    ]


async def test_what_blocks_a_set_is_shown() -> None:
    """When nothing moves any more the picture says why."""
    bench = benches.Bench(4)
    await bench.start()
    bench.push(paused=True)
    text = await _shown(bench, done_twice=True)
    assert "blocked (Paused): " in text


async def _shown(bench: benches.Bench, *, done_twice: bool) -> str:
    console = _terminal()
    with views.opened(console) as view:
        view.show(await bench.poll_and_pass())
        if done_twice:
            view.show(await bench.poll_and_pass())
    return _plain(console)


def _terminal() -> rich.console.Console:
    return rich.console.Console(file=io.StringIO(), force_terminal=True, width=160, height=40, color_system=None)


def _plain(console: rich.console.Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
