"""
Draw docs/demo.svg: plays the demo for real and records how it ends. About 25 seconds; `make docs` runs it.

The demo's own view is a live one, of which a recording would hold every frame: here its chapters are recorded as they
come, then the last frame, then the status branch's log.
"""

from __future__ import annotations

import asyncio
import datetime
import io
import re
import tempfile
from pathlib import Path

import rich.console
import rich.live

from gitsidecar.cli.demos import desks, stages, stories, views
from gitsidecar.telemetry import logs

PICTURE = Path(__file__).with_name("demo.svg")
_ELSEWHERE = re.compile(r"\s*@font-face\s*\{.*?\}|\s*<!--.*?-->", re.DOTALL)
_PODS = 60
_WIDTH = 100


def main() -> None:
    """Play the demo and write the picture; a story that does not end as it should leaves the old one."""
    logs.configure(level="error")
    # Where it would be printed, nobody looks; what is printed is what is recorded.
    console = rich.console.Console(
        record=True, force_terminal=True, width=_WIDTH, highlight=False, color_system="truecolor", file=io.StringIO()
    )
    with tempfile.TemporaryDirectory(prefix="gitsidecar-demo-") as folder:
        if not asyncio.run(play(console, Path(folder))):
            raise SystemExit("the demo did not end as it should: no picture was drawn")
        show_log(console, Path(folder))
    PICTURE.write_text(self_contained(console.export_svg(title="make demo", unique_id="demo")), encoding="utf-8")


async def play(console: rich.console.Console, folder: Path) -> bool:
    """Play the story, print its chapters and the last frame to *console*, and say whether it ended as it should."""
    live = rich.live.Live(console=console)  # never started: it only keeps the newest frame
    view = views.Picture(console, live)
    start = datetime.datetime.now(datetime.UTC)
    async with stages.opened(folder, pods=_PODS, speed=2.0, start=start, show=view.show) as stage:
        is_good = await stories.tell(stage, stories.chapters(_PODS), view.say)
    console.print(live.get_renderable())
    return is_good


def show_log(console: rich.console.Console, folder: Path) -> None:
    """Print what the audit trail says, a line for each commit."""
    console.print()
    console.rule(f"git log --reverse --oneline {stages.STATUS_BRANCH}")
    for line in desks.Desk(folder).log(stages.STATUS_BRANCH).splitlines():
        if re.match(r"[0-9a-f]{7,} ", line):  # not of the --stat
            console.print(line, markup=False, overflow="ellipsis", no_wrap=True)


def self_contained(svg: str) -> str:
    """Return *svg* without the fonts that rich's template loads from a host of others; the reader's own will do."""
    return _ELSEWHERE.sub("", svg).replace("Fira Code, monospace", "monospace").replace("Fira Code", "monospace")


if __name__ == "__main__":
    main()
