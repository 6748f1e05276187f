"""The webhook as the settings describe it: where it is, and what it says before it can answer."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.bootstrap import webhooks
from gitsidecar.settings import configs

NOW = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)


def test_the_namespace_is_the_service_accounts_unless_set(tmp_path: Path) -> None:
    """The settings beat the file that Kubernetes mounts into every pod."""
    file = tmp_path / "namespace"
    file.write_text("platform\n")
    assert webhooks.own_namespace(_config().webhook, file=file) == "platform"
    assert webhooks.own_namespace(_config(namespace="tools").webhook, file=file) == "tools"


def test_a_namespace_that_nobody_tells_is_asked_for(tmp_path: Path) -> None:
    """Outside a pod the words name the setting."""
    with pytest.raises(errors.StalledError, match=r"set webhook\.namespace"):
        webhooks.own_namespace(_config().webhook, file=tmp_path / "nowhere")


def test_who_may_give_which_annotations() -> None:
    """No list allows all, and each rule of one is for the SidecarSets that its selector matches."""
    requirement = {"key": "tier", "operator": "In", "values": ["a", "b"]}
    selector = {"matchLabels": {"team": "logs"}, "matchExpressions": [requirement]}
    rules = [{"selector": selector, "allowedAnnotationKeyExprs": ["^logs/"]}, {"allowedAnnotationKeyExprs": ["^x$"]}]
    assert webhooks.whitelist_of(_config().webhook) is None
    assert webhooks.whitelist_of(_config(patchPodMetadata=[]).webhook) == ()
    found = webhooks.whitelist_of(_config(patchPodMetadata=rules).webhook)
    assert found is not None
    labels: tuple[dict[str, str], ...] = ({"team": "logs", "tier": "b"}, {"team": "logs", "tier": "c"}, {})
    assert [[each.selector.matches(these) for these in labels] for each in found] == [
        [True, False, False],
        [True, True, True],
    ]
    assert [each.expressions for each in found] == [("^logs/",), ("^x$",)]


async def test_at_first_it_says_all_that_it_lacks() -> None:
    """Before it serves there is neither a certificate nor a plan."""
    made = webhooks.Webhook(_config(namespace="tools"), now=lambda: NOW)
    assert made.trouble == ("there is no certificate yet; the SidecarSets are not known yet: no plan has been made")


def _config(**webhook: object) -> configs.GitsidecarConfig:
    return configs.GitsidecarConfig.model_validate({"repository": {"url": "/remote"}, "webhook": webhook})
