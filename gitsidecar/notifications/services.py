"""The services that can be told, each with how a notice becomes a request to it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import urllib.parse
from pathlib import Path
from typing import Protocol

from gitsidecar import errors
from gitsidecar.model import notices
from gitsidecar.notifications import requests, secretfiles, signatures
from gitsidecar.reporting import announcements

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GITHUB_STATES = {
    notices.Event.STARTED: "pending",
    notices.Event.BLOCKED: "pending",
    notices.Event.COMPLETED: "success",
    notices.Event.FAILED: "failure",
    notices.Event.REJECTED: "error",
}
# Not pending at first: GitLab lets no status go from running back to pending.
_GITLAB_STATES = {
    notices.Event.STARTED: "running",
    notices.Event.BLOCKED: "running",
    notices.Event.COMPLETED: "success",
    notices.Event.FAILED: "failed",
    notices.Event.REJECTED: "failed",
}
_GITHUB_DESCRIPTION, _GITLAB_DESCRIPTION = 140, 255  # characters; longer ones are refused


class Service(Protocol):
    """One way to tell a notice."""

    def takes(self, notice: notices.Notice) -> bool:
        """Say whether the service can be told of *notice* at all."""

    def request(self, notice: notices.Notice, now: datetime.datetime) -> requests.Request:
        """Return what to send. Reads secrets, so it blocks for a moment; raises StalledError if they cannot be had."""


@dataclasses.dataclass(frozen=True, slots=True)
class Generic:
    """A POST of JSON to *url*, signed with the secret in *secret_file* (`signatures`)."""

    url: str = dataclasses.field(repr=False)
    secret_file: Path

    def takes(self, notice: notices.Notice) -> bool:  # noqa: ARG002
        """Say yes."""
        return True

    def request(self, notice: notices.Notice, now: datetime.datetime) -> requests.Request:
        """Return the signed document."""
        body = _json(announcements.document(notice))
        signed = signatures.headers(secretfiles.first(self.secret_file), notice.id, int(now.timestamp()), body)
        return requests.Request(self.url, {"Content-Type": "application/json", **signed}, body)


@dataclasses.dataclass(frozen=True, slots=True)
class Slack:
    """A message to the incoming webhook whose whole address is the secret in *url_file*."""

    url_file: Path
    may_be_plain: bool = False

    def takes(self, notice: notices.Notice) -> bool:  # noqa: ARG002
        """Say yes."""
        return True

    def request(self, notice: notices.Notice, now: datetime.datetime) -> requests.Request:  # noqa: ARG002
        """Return the message."""
        url = secretfiles.first(self.url_file)
        schemes = ("https", "http") if self.may_be_plain else ("https",)
        if url.partition("://")[0] not in schemes:
            raise errors.StalledError(
                f"{self.url_file} holds no https:// address: copy the whole address of the webhook"
            )
        body = {"text": announcements.slack(notice), "unfurl_links": False, "unfurl_media": False}
        return requests.Request(url, {"Content-Type": "application/json"}, _json(body))


@dataclasses.dataclass(frozen=True, slots=True)
class Project:
    """A repository at a service: *api* is where its API begins, *path* what it is called there."""

    api: str
    path: str
    token_file: Path
    target_url: str = ""

    def target(self, notice: notices.Notice) -> str:
        """Return the address behind a commit's status, with ``{set}``, ``{cluster}`` and ``{commit}`` put in."""
        names = {"{set}": notice.set_name, "{cluster}": notice.cluster, "{commit}": notice.commit}
        return re.sub(
            r"\{\w+\}", lambda found: urllib.parse.quote(names.get(found[0], found[0]), safe=""), self.target_url
        )


@dataclasses.dataclass(frozen=True, slots=True)
class GitHubStatus:
    """The status of a commit at GitHub."""

    project: Project

    def takes(self, notice: notices.Notice) -> bool:
        """Say whether it is about a commit that is known."""
        return bool(_COMMIT.fullmatch(notice.commit))

    def request(self, notice: notices.Notice, now: datetime.datetime) -> requests.Request:  # noqa: ARG002
        """Return the status to be set."""
        project = self.project
        body = {
            "state": _GITHUB_STATES[notice.event],
            "context": _context(notice),
            "description": announcements.description(notice, _GITHUB_DESCRIPTION),
        }
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {secretfiles.first(project.token_file)}",
        }
        url = f"{project.api}/repos/{urllib.parse.quote(project.path)}/statuses/{notice.commit}"
        return requests.Request(url, headers, _json(body | _target(project, notice)))


@dataclasses.dataclass(frozen=True, slots=True)
class GitLabStatus:
    """The status of a commit at GitLab; *branch* is where the commit is."""

    project: Project
    branch: str

    def takes(self, notice: notices.Notice) -> bool:
        """Say whether it is about a commit that is known."""
        return bool(_COMMIT.fullmatch(notice.commit))

    def request(self, notice: notices.Notice, now: datetime.datetime) -> requests.Request:  # noqa: ARG002
        """Return the status to be set."""
        project = self.project
        body = {
            "state": _GITLAB_STATES[notice.event],
            "ref": self.branch,
            "name": _context(notice),
            "description": announcements.description(notice, _GITLAB_DESCRIPTION),
        }
        headers = {"Content-Type": "application/json", "PRIVATE-TOKEN": secretfiles.first(project.token_file)}
        url = f"{project.api}/projects/{urllib.parse.quote(project.path, safe='')}/statuses/{notice.commit}"
        # GitLab refuses to set the state that is there, and nothing is wrong then.
        return requests.Request(url, headers, _json(body | _target(project, notice)), b"Cannot transition status")


def _context(notice: notices.Notice) -> str:
    return "/".join(["gitsidecar", notice.cluster, *([notice.set_name] if notice.set_name else [])])


def _target(project: Project, notice: notices.Notice) -> dict[str, str]:
    url = project.target(notice)
    return {"target_url": url} if url else {}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
