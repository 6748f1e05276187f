"""Notifiers and the receiver as the settings describe them, and what is said of those that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.bootstrap import notices
from gitsidecar.model import notices as model
from gitsidecar.notifications import services
from gitsidecar.settings import configs, loading

URL = "https://git.example.com/platform/sidecars.git"
Load = Callable[[str], configs.GitsidecarConfig]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Give a function that reads settings with a list of notifiers."""

    def loaded(text: str, url: str = URL) -> configs.GitsidecarConfig:
        file = tmp_path / "gitsidecar.yaml"
        file.write_text(f"repository: {{url: '{url}'}}\ncluster: {{name: prod}}\nnotify: [{text}]\n", encoding="utf-8")
        return loading.load(file, {})

    return loaded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{kind: slack, urlFile: /u}", "notify[0].name: is missing"),
        ("{name: a, kind: mail}", "notify[0].kind: "),
        ("{name: a, kind: slack}", "notify[0]: kind slack needs urlFile"),
        ("{name: a, kind: generic, url: 'https://a'}", "kind generic needs secretFile"),
        ("{name: a, kind: generic, secretFile: /s}", "kind generic needs url"),
        ("{name: a, kind: githubCommitStatus}", "kind githubCommitStatus needs tokenFile"),
        ("{name: a, kind: slack, urlFile: /u, tokenFile: /t}", "kind slack has no tokenFile"),
        ("{name: a, kind: slack, urlFile: /u, targetUrl: 'https://a'}", "kind slack has no targetUrl"),
        ("{name: a, kind: slack, urlFile: /u, on: [finished]}", "notify[0].on[0]: "),
        ("{name: a, kind: generic, url: 'http://a', secretFile: /s}", "allowInsecureHttp"),
        ("{name: a, kind: gitlabCommitStatus, apiUrl: 'http://a', tokenFile: /t}", "allowInsecureHttp"),
        ("{name: a, kind: generic, url: 'ftp://a', secretFile: /s}", "notify[0].url: "),
        ("{name: a, kind: generic, url: 'https://u:hush@a', secretFile: /s}", "notify[0].url: "),
        ("{name: a, kind: generic, url: 'https://[a', secretFile: /s}", "notify[0].url: "),
        (
            "{name: a, kind: githubCommitStatus, tokenFile: /t, targetUrl: 'https://a/{name}'}",
            "{name} stands for nothing",
        ),
        ("{name: a, kind: slack, urlFile: /u}, {name: a, kind: slack, urlFile: /v}", "two notifiers are called a"),
        ("{name: 'A b', kind: slack, urlFile: /u}", "notify[0].name: "),
    ],
)
def test_what_cannot_be_used_is_told_at_its_place(text: str, words: str, load: Load) -> None:
    """File and line, the field, and what to write; never what a secret may stand in."""
    with pytest.raises(errors.StalledError) as raised:
        load(text)
    assert words in str(raised.value)
    assert "gitsidecar.yaml:3:" in str(raised.value)
    assert "hush" not in str(raised.value)


def test_each_kind_becomes_its_service(load: Load) -> None:
    """With the service's own API unless another is named, and the repository's path from its URL."""
    config = load(
        "{name: a, kind: generic, url: 'https://events.example.com/x', secretFile: /s},"
        "{name: b, kind: slack, urlFile: /u},"
        "{name: c, kind: githubCommitStatus, tokenFile: /t},"
        "{name: d, kind: gitlabCommitStatus, tokenFile: /t, apiUrl: 'https://git.example.com/api/v4/', repository: '7',"
        " targetUrl: 'https://a/{set}'}"
    )
    found = [each.plan.service for each in notices.posts_of(config)]
    assert found == [
        services.Generic("https://events.example.com/x", Path("/s")),
        services.Slack(Path("/u")),
        services.GitHubStatus(services.Project("https://api.github.com", "platform/sidecars", Path("/t"))),
        services.GitLabStatus(
            services.Project("https://git.example.com/api/v4", "7", Path("/t"), "https://a/{set}"), "main"
        ),
    ]


def test_who_wants_what(load: Load) -> None:
    """Events, names and labels are those of the settings; left out, all are wanted."""
    one, all_ = notices.posts_of(
        load(
            "{name: a, kind: slack, urlFile: /u, on: [failed], sets: [logtail], selector: {matchLabels: {team: logs}}},"
            "{name: b, kind: slack, urlFile: /u, caFile: /ca}"
        )
    )
    assert one.plan.interest.events == {model.Event.FAILED}
    assert one.plan.interest.names == {"logtail"}
    assert one.plan.interest.selector.matches({"team": "logs"})
    assert not one.plan.interest.selector.matches({})
    assert all_.plan.interest.events == set(model.Event)
    assert all_.plan.interest.selector.matches({})
    assert all_.ca_file == Path("/ca")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://git.example.com/platform/sidecars.git", "platform/sidecars"),
        ("https://git.example.com/platform/sub/sidecars/", "platform/sub/sidecars"),
        ("ssh://git@git.example.com:2222/platform/sidecars.git", "platform/sidecars"),
        ("git@git.example.com:platform/sidecars.git", "platform/sidecars"),
        ("/srv/git/sidecars.git", ""),
        ("file:///srv/git/sidecars.git", ""),
    ],
)
def test_the_repositorys_name_comes_from_its_address(url: str, path: str) -> None:
    """As GitHub and GitLab have it; a folder has none."""
    assert notices.path_of(url) == path


def test_a_name_that_cannot_be_guessed_is_asked_for(load: Load) -> None:
    """The words say which notifier, and what to set."""
    config = load("{name: commits, kind: githubCommitStatus, tokenFile: /t}")
    local = config.model_copy(update={"repository": config.repository.model_copy(update={"url": "/srv/sidecars"})})
    with pytest.raises(errors.StalledError, match=r"notifier commits .* set `repository`"):
        notices.posts_of(local)
