"""What each service is sent, checked by somebody who knows nothing of how it was made."""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gitsidecar import errors
from gitsidecar.model import notices
from gitsidecar.notifications import services
from tests.support import listeners
from tests.unit.notifications import telling

Event = notices.Event


def _sent(service: services.Service, notice: notices.Notice = telling.NOTICE) -> tuple[str, dict[str, str], Any]:
    request = service.request(notice, telling.NOW)
    return request.url, dict(request.headers), json.loads(request.body)


@pytest.mark.parametrize("is_encoded", [False, True])
async def test_a_receiver_can_verify_the_signature(is_encoded: bool, tmp_path: Path) -> None:
    """HMAC-SHA256 over id, timestamp and the raw bytes that arrived; the key may stand in base64 behind `whsec_`."""
    key = telling.SECRET.encode()
    async with listeners.listening() as listener:
        service = telling.generic(tmp_path, f"{listener.url}/in?x=1")
        if is_encoded:
            telling.secret(tmp_path, "whsec_" + base64.b64encode(key).decode())
        async with telling.telling(service, tmp_path / "waiting.json") as told:
            told.offer()
            await told.until(sent=1)
    [heard] = listener.heard
    id_, timestamp = heard.headers["webhook-id"], heard.headers["webhook-timestamp"]
    assert (heard.method, heard.path, id_, timestamp) == ("POST", "/in?x=1", "id-1", str(int(telling.NOW.timestamp())))
    assert heard.headers["webhook-signature"] == telling.signature(key, id_, timestamp, heard.body)
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.json["data"]["set"] == "logtail"


def test_slack_gets_its_text(tmp_path: Path) -> None:
    """To the address in the file, without previews of links."""
    url, _, body = _sent(services.Slack(telling.secret(tmp_path, "https://slack.example/services/T/B/x")))
    assert url == "https://slack.example/services/T/B/x"
    assert body["text"].startswith(":white_check_mark: *logtail* on prod completed\n")
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)


def test_slack_over_plain_http_is_refused(tmp_path: Path) -> None:
    """The words name the file, and nothing that is in it."""
    file = telling.secret(tmp_path, "http://slack.example/hush")
    with pytest.raises(errors.StalledError) as raised:
        services.Slack(file).request(telling.NOTICE, telling.NOW)
    assert str(file) in str(raised.value)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("event", "github", "gitlab"),
    [
        (Event.STARTED, "pending", "running"),
        (Event.BLOCKED, "pending", "running"),
        (Event.COMPLETED, "success", "success"),
        (Event.FAILED, "failure", "failed"),
        (Event.REJECTED, "error", "failed"),
    ],
)
def test_states_of_a_commit(event: notices.Event, github: str, gitlab: str, tmp_path: Path) -> None:
    """Each event is a state that the service knows."""
    notice = dataclasses.replace(telling.NOTICE, event=event)
    project = services.Project("https://api", "team/sidecars", telling.secret(tmp_path))
    assert _sent(services.GitHubStatus(project), notice)[2]["state"] == github
    assert _sent(services.GitLabStatus(project, "main"), notice)[2]["state"] == gitlab


def test_a_status_at_github(tmp_path: Path) -> None:
    """The commit stands in the path, cluster and set in the context, the token in a header alone."""
    target = "https://git.example.com/status?set={set}&commit={commit}"
    project = services.Project("https://api.example", "team/sidecars", telling.secret(tmp_path), target)
    url, headers, body = _sent(services.GitHubStatus(project))
    assert url == f"https://api.example/repos/team/sidecars/statuses/{telling.COMMIT}"
    assert headers["Authorization"] == f"Bearer {telling.SECRET}"
    assert body == {
        "state": "success",
        "context": "gitsidecar/prod/logtail",
        "description": "completed: all 4 pods on 4f2a9c1",
        "target_url": f"https://git.example.com/status?set=logtail&commit={telling.COMMIT}",
    }


def test_a_status_at_gitlab(tmp_path: Path) -> None:
    """The project's path is one word of the address, and the branch goes with the commit."""
    project = services.Project("https://gitlab.example/api/v4", "team/sub/sidecars", telling.secret(tmp_path))
    url, headers, body = _sent(services.GitLabStatus(project, "main"))
    assert url == f"https://gitlab.example/api/v4/projects/team%2Fsub%2Fsidecars/statuses/{telling.COMMIT}"
    assert headers["PRIVATE-TOKEN"] == telling.SECRET
    assert body == {
        "state": "success",
        "ref": "main",
        "name": "gitsidecar/prod/logtail",
        "description": "completed: all 4 pods on 4f2a9c1",
    }


def test_descriptions_keep_to_the_services_limits(tmp_path: Path) -> None:
    """140 characters at GitHub, 255 at GitLab: longer ones would be refused."""
    notice = dataclasses.replace(telling.NOTICE, message="x" * 290)
    project = services.Project("https://api", "a/b", telling.secret(tmp_path))
    assert len(_sent(services.GitHubStatus(project), notice)[2]["description"]) == 140
    assert len(_sent(services.GitLabStatus(project, "main"), notice)[2]["description"]) == 255


def test_a_refusal_of_no_set_has_the_clusters_context(tmp_path: Path) -> None:
    """It is about the revision as a whole."""
    notice = dataclasses.replace(telling.NOTICE, event=Event.REJECTED, set_name="")
    project = services.Project("https://api", "a/b", telling.secret(tmp_path))
    assert _sent(services.GitHubStatus(project), notice)[2]["context"] == "gitsidecar/prod"


def test_without_a_commit_there_is_no_status(tmp_path: Path) -> None:
    """Before the branch has been read nobody knows of which."""
    project = services.Project("https://api", "a/b", telling.secret(tmp_path))
    for service in (services.GitHubStatus(project), services.GitLabStatus(project, "main")):
        assert service.takes(telling.NOTICE)
        assert not service.takes(dataclasses.replace(telling.NOTICE, commit=""))
        assert not service.takes(dataclasses.replace(telling.NOTICE, commit="../../x"))


async def test_gitlab_that_knew_already_is_content(tmp_path: Path) -> None:
    """It refuses to set the state that is there; any other 400 is a refusal."""
    known = b'{"message":"Cannot transition status via :run from :running (Reason(s): Status cannot transition)"}'
    async with listeners.listening() as listener:
        project = services.Project(listener.url, "a/b", telling.secret(tmp_path))
        async with telling.telling(services.GitLabStatus(project, "main"), tmp_path / "waiting.json") as told:
            listener.replies.extend([listeners.Reply(400, body=known), listeners.Reply(400, body=b"no")])
            told.offer(telling.NOTICE, telling.NOTICE)
            await told.until(sent=1, failed=1)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe"])
def test_a_file_without_a_secret_is_named(content: bytes, tmp_path: Path) -> None:
    """Nothing is signed with nothing."""
    service = telling.generic(tmp_path, "https://a")
    service.secret_file.write_bytes(content)
    with pytest.raises(errors.StalledError, match="put the secret there"):
        service.request(telling.NOTICE, telling.NOW)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_aHVzaA=="])
def test_a_secret_that_was_cut_off_is_told(secret: str, tmp_path: Path) -> None:
    """Anybody can sign with an empty key."""
    with pytest.raises(errors.StalledError, match="fewer than 16 bytes"):
        services.Generic("https://a", telling.secret(tmp_path, secret)).request(telling.NOTICE, telling.NOW)


def test_a_token_with_a_control_character_is_told(tmp_path: Path) -> None:
    """HTTP has no place for one; the address is not to blame."""
    project = services.Project("https://a", "a/b", telling.secret(tmp_path, "hu\0sh"))
    with pytest.raises(errors.StalledError, match=r"secret holds a control character") as raised:
        services.GitHubStatus(project).request(telling.NOTICE, telling.NOW)
    assert "sh" not in str(raised.value).replace(str(tmp_path), "")


def test_a_secret_that_is_no_base64_is_told(tmp_path: Path) -> None:
    """Whoever writes `whsec_` means base64."""
    telling_file = telling.secret(tmp_path, "whsec_!hush!")
    with pytest.raises(errors.StalledError, match="not base64") as raised:
        services.Generic("https://a", telling_file).request(telling.NOTICE, telling.NOW)
    assert "hush" not in str(raised.value)


def test_requests_show_nothing(tmp_path: Path) -> None:
    """Neither address, headers nor body are in what a traceback would print."""
    request = telling.generic(tmp_path, "https://a.example/hush").request(telling.NOTICE, telling.NOW)
    assert "hush" not in repr(request)
    assert telling.SECRET not in repr(request)
    assert "hush" not in repr(telling.generic(tmp_path, "https://a.example/hush"))
