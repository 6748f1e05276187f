"""notifications.md against the code: what is sent, how it is signed, every member and every setting."""

from __future__ import annotations

import asyncio
import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gitsidecar.bootstrap import receivers
from gitsidecar.manifests import documents
from gitsidecar.model import notices, plans
from gitsidecar.notifications import notifiers, services, signatures
from gitsidecar.reporting import announcements, reports
from gitsidecar.reporting import notices as events
from gitsidecar.settings import configs, loading, notifications
from tests.unit.docs import pages
from tests.unit.notifications import telling
from tests.unit.reporting import builders as b

_PAGE = pages.DOCS / "notifications.md"
_VERIFY, _SEND = [block.text for block in pages.blocks("python") if block.page == _PAGE]
_SECRET = "correct horse battery staple"


def _example() -> notices.Notice:
    """Return the notice of the page: four pods, one of them updated, the others paused."""
    pods = [b.pod(number, b.NEW if number < 1 else b.OLD) for number in range(4)]
    words = "the set is paused; set paused to false"
    holds = [b.hold(each, plans.HoldReason.PAUSED, words) for each in pods[1:]]
    plan = b.plan(b.set_plan(done=pods[:1], holds=holds))
    [notice] = events.find(reports.summarise(plan, (), b.history(), cluster="production"), None, b.NOW)
    return notice


def test_the_json_of_generic_is_what_is_sent() -> None:
    """The page shows all members, in their order, as the code makes them."""
    [shown] = [json.loads(block.text) for block in pages.blocks("json") if block.page == _PAGE]
    made = announcements.document(_example())
    assert json.dumps(shown) == json.dumps(made)


def test_the_signature_can_be_verified_as_shown(tmp_path: Path) -> None:
    """The function of the page takes what `generic` sends, and nothing that was changed."""
    scope: dict[str, Any] = {}
    exec(_VERIFY, scope)
    request = telling.generic(tmp_path, "https://a").request(_example(), b.NOW)
    assert scope["is_good"](request.headers, request.body, telling.SECRET)
    assert not scope["is_good"](request.headers, request.body + b" ", telling.SECRET)
    assert not scope["is_good"](request.headers, request.body, "other")


async def test_a_push_can_be_told_as_shown(tmp_path: Path) -> None:
    """The script of the page is believed by the receiver, at this very moment."""
    (tmp_path / "send.py").write_text(_SEND)
    (tmp_path / "secret").write_text(_SECRET + "\n")
    hooks = {"address": "127.0.0.1:0", "secretFile": str(tmp_path / "secret")}
    config = configs.GitsidecarConfig.model_validate({"repository": {"url": "/remote"}, "hooks": hooks})
    asked: list[str] = []
    async with receivers.serving(config, lambda: asked.append("poll"), lambda _: None, now=_now) as ports:
        url = f"http://127.0.0.1:{ports['hooks']}/hooks/push"
        command = [sys.executable, str(tmp_path / "send.py"), url, str(tmp_path / "secret"), "refs/heads/main"]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True, timeout=30)
    assert (done.stdout, asked) == ("202\n", ["poll"])


def test_every_event_is_explained_with_its_states() -> None:
    """The table of events has each one, and the state that it is at either service."""
    rows = {pages.codes(row["Event"])[0]: row for row in pages.table(_PAGE, "Event")}
    assert rows.keys() == set(notices.Event)
    project = services.Project("https://a", "b", Path(__file__))
    for event, row in rows.items():
        notice = announced(event)
        for service, column in (
            (services.GitHubStatus(project), "GitHub"),
            (services.GitLabStatus(project, "main"), "GitLab"),
        ):
            assert row[column] == f"`{json.loads(service.request(notice, b.NOW).body)['state']}`"


def announced(event: str) -> notices.Notice:
    """Return a notice of *event*."""
    return notices.Notice("id", notices.Event(event), b.NOW, "prod", "logtail", "0" * 40, "", "")


def test_every_member_of_a_notifier_is_explained() -> None:
    """The table of members has each one of the settings, and no other."""
    told = {name for row in pages.table(_PAGE, "Member") for name in pages.codes(row["Member"])}
    assert told == {field.alias for field in notifications.Notifier.model_fields.values()}


def test_every_setting_of_the_receiver_is_explained() -> None:
    """The table of settings has each one of the section `hooks`, and no other."""
    told = {name for row in pages.table(_PAGE, "Setting") for name in pages.codes(row["Setting"])}
    paths = {documents.spell(path) for path in loading.variables().values()}
    assert told == {path for path in paths if path.startswith("hooks.")}


@pytest.mark.parametrize("number", [notifiers.LONGEST_QUEUE, signatures.TOLERANCE // 60])
def test_numbers_are_the_codes(number: int) -> None:
    """How long the queue is, and how old a signature may be."""
    words = {100: "at most 100;", 5: "older than five minutes"}
    assert words[number] in " ".join(_PAGE.read_text(encoding="utf-8").split())


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
