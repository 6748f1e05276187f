"""Every setting of a notifier: whom it tells, of what, and with which secret."""

from __future__ import annotations

import re
import urllib.parse
from pathlib import Path
from typing import Annotated, Literal, Self

import pydantic

from gitsidecar.manifests.schemas import bases, selectors
from gitsidecar.settings import forms

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_PLACEHOLDERS = ("{set}", "{cluster}", "{commit}")
_NEEDED = {
    "generic": {"url", "secret_file"},
    "slack": {"url_file"},
    "githubCommitStatus": {"token_file"},
    "gitlabCommitStatus": {"token_file"},
}
_STATUSES = {"api_url", "repository", "target_url"}
_ALLOWED = {kind: needed | (_STATUSES if kind.endswith("CommitStatus") else set()) for kind, needed in _NEEDED.items()}


def _url(value: str) -> str:
    try:
        parts = urllib.parse.urlsplit(value)
        is_good = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if value and (not is_good or parts.username or parts.password):
        raise bases.fault("is not an address that can be used: write https://host/path, without a user or password")
    return value.rstrip("/")


def _template(value: str) -> str:
    strange = [each for each in _PLACEHOLDER.findall(value) if each not in _PLACEHOLDERS]
    if strange:
        raise bases.fault(f"{strange[0]} stands for nothing: known are {', '.join(_PLACEHOLDERS)}")
    _url(value)
    return value


Url = Annotated[str, pydantic.AfterValidator(_url)]


class Notifier(forms.Section):
    """One notifier."""

    name: bases.Label
    """What it is called in the log and in metrics; no two alike."""

    kind: Literal["generic", "slack", "githubCommitStatus", "gitlabCommitStatus"]
    """Whom it tells: an address that takes signed JSON, a Slack channel, or a commit's status."""

    on: tuple[Literal["started", "blocked", "completed", "failed", "rejected"], ...] = (
        "started",
        "blocked",
        "completed",
        "failed",
        "rejected",
    )
    """Of which events it tells."""

    sets: tuple[bases.Text, ...] = ()
    """Names of the sets that it tells of; empty = all."""

    selector: selectors.AnySelector = selectors.AnySelector()
    """Labels of the SidecarSets that it tells of; empty = all."""

    url: Url = ""
    """generic: the address that is posted to."""

    secret_file: Path | None = None
    """generic: file with the secret that signs; read at each use, as all secrets."""

    url_file: Path | None = None
    """slack: file with the address of the incoming webhook, which is a secret as a whole."""

    token_file: Path | None = None
    """Commit statuses: file with a token that may set them."""

    api_url: Url = ""
    """Commit statuses: where the API begins; empty = https://api.github.com or https://gitlab.com/api/v4."""

    repository: str = ""
    """Commit statuses: owner/name, or the project's path or number; empty = the path of `repository.url`."""

    target_url: Annotated[str, pydantic.AfterValidator(_template)] = ""
    """Commit statuses: the link behind a status; {set}, {cluster} and {commit} are put in."""

    ca_file: Path | None = None
    """CA bundle, where the service's certificate is not signed by a public one."""

    allow_insecure_http: bool = False
    """Whether http:// is allowed: secrets would travel in the open."""

    @pydantic.model_validator(mode="after")
    def _check_kind(self) -> Self:
        given = {name for name in set().union(*_ALLOWED.values()) if getattr(self, name)}
        missing, strange = _NEEDED[self.kind] - given, given - _ALLOWED[self.kind]
        if missing:
            raise bases.fault(f"kind {self.kind} needs {self._spell(missing)}")
        if strange:
            raise bases.fault(f"kind {self.kind} has no {self._spell(strange)}: remove it, or choose another kind")
        if "http://" in (self.url[:7], self.api_url[:7]) and not self.allow_insecure_http:
            raise bases.fault("http:// would carry the secret in the open: write https://, or allowInsecureHttp: true")
        return self

    @classmethod
    def _spell(cls, names: set[str]) -> str:
        return " and ".join(str(cls.model_fields[name].alias) for name in sorted(names))


def _no_two_alike(value: tuple[Notifier, ...]) -> tuple[Notifier, ...]:
    names = [each.name for each in value]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise bases.fault(f"two notifiers are called {twice[0]}: give each a name of its own")
    return value


Notifiers = Annotated[tuple[Notifier, ...], forms.JsonText, pydantic.AfterValidator(_no_two_alike)]
