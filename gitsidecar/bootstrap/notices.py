"""The notifiers that the settings describe, and what the reconciler tells them."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import AsyncIterator, Callable

from gitsidecar import errors, ports
from gitsidecar.manifests import building
from gitsidecar.model import histories, notices, reports
from gitsidecar.notifications import boards, interests, notifiers, services
from gitsidecar.reporting import notices as events
from gitsidecar.settings import configs, notifications

_GITHUB, _GITLAB = "https://api.github.com", "https://gitlab.com/api/v4"
_PATH = re.compile(r"(?:(?:https?|ssh)://[^/]+/|[^/]+@[^/:]+:)(?P<path>[^/].*?)(?:\.git)?/?")


class Notices:
    """Finds what each report has to tell after the one before, and hands it to the notifiers of *config*."""

    def __init__(self, config: configs.GitsidecarConfig, clock: ports.Clock) -> None:
        self._posts = posts_of(config)
        self._clock = clock
        self._board = boards.Board(())

    def note(self, report: reports.Report, history: histories.History) -> None:
        """Note what a pass came to (`reconcilers.Summed`)."""
        if self._posts:
            self._board.offer(events.find(report, history.recorded, self._clock.now()))

    @contextlib.asynccontextmanager
    async def running(self, counted: Callable[[str, str], None]) -> AsyncIterator[None]:
        """Tell the notifiers while the block runs. Raises StalledError when a CA cannot be used."""
        jitter = random.Random()  # noqa: S311  # spreads attempts, guards nothing
        async with boards.running(self._posts, self._clock, jitter, counted=counted) as self._board:
            yield


def posts_of(config: configs.GitsidecarConfig) -> tuple[boards.Post, ...]:
    """Return the notifiers of *config*. Raises StalledError where a repository's name cannot be guessed."""
    return tuple(_post(each, config) for each in config.notify)


def path_of(url: str) -> str:
    """Return ``owner/name`` of a remote, as GitHub and GitLab have it in their addresses; empty for a folder."""
    found = _PATH.fullmatch(url)
    return found["path"] if found is not None else ""


def _post(settings: notifications.Notifier, config: configs.GitsidecarConfig) -> boards.Post:
    interest = interests.Interest(
        frozenset(notices.Event(each) for each in settings.on),
        frozenset(settings.sets),
        building.build_selector(settings.selector),
    )
    plan = notifiers.Plan(settings.name, _service(settings, config), interest)
    return boards.Post(plan, config.repository.folder / "notices" / f"{settings.name}.json", settings.ca_file)


def _service(settings: notifications.Notifier, config: configs.GitsidecarConfig) -> services.Service:
    if settings.kind == "generic" and settings.secret_file is not None:
        return services.Generic(settings.url, settings.secret_file)
    if settings.kind == "slack" and settings.url_file is not None:
        return services.Slack(settings.url_file, settings.allow_insecure_http)
    if settings.kind == "githubCommitStatus":
        return services.GitHubStatus(_project(settings, config, api=_GITHUB))
    return services.GitLabStatus(_project(settings, config, api=_GITLAB), config.repository.branch)


def _project(settings: notifications.Notifier, config: configs.GitsidecarConfig, *, api: str) -> services.Project:
    path = settings.repository or path_of(config.repository.url)
    if not path:
        raise errors.StalledError(
            f"notifier {settings.name} cannot tell from repository.url what the repository is called at the service; "
            "set `repository` of that notifier, e.g. platform/sidecars"
        )
    assert settings.token_file is not None, "the settings have checked that it is there"
    return services.Project(settings.api_url or api, path, settings.token_file, settings.target_url)
