"""The webhook as the settings describe it: where it is, and what it says before it can answer."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import pytest
import structlog

from gitsidecar import errors
from gitsidecar.bootstrap import reminders, webhooks
from gitsidecar.cluster import objects
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


def test_own_and_excluded_namespaces_are_never_shown_to_us(tmp_path: Path) -> None:
    """Ours is where the settings say and where the service account is; others come by the settings."""
    file = tmp_path / "namespace"
    file.write_text("platform")
    settings = _config(namespace="tools", excludedNamespaces=["cni"]).webhook
    assert webhooks.excluded_namespaces(settings, file=file) == ("cni", "platform", "tools")
    assert webhooks.excluded_namespaces(settings, file=tmp_path / "nowhere") == ("cni", "tools")


def test_pods_that_get_no_sidecars_are_not_evicted(tmp_path: Path) -> None:
    """Those are the same namespaces, as far as they are known: who serves no webhook need not know its own."""
    file = tmp_path / "namespace"
    assert webhooks.spared_namespaces(_config(excludedNamespaces=["cni"]).webhook, file=file) == ("cni",)
    file.write_text("platform")
    assert webhooks.spared_namespaces(_config(excludedNamespaces=["cni"]).webhook, file=file) == ("cni", "platform")


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


async def test_at_first_new_pods_may_come_bare() -> None:
    """So nobody is evicted to get sidecars; who registers us by hand has to see to that himself."""
    made = webhooks.Webhook(_config(namespace="tools"), now=lambda: NOW)
    assert made.silence() == made.trouble != ""


async def test_at_first_it_measures_that_it_cannot_be_asked() -> None:
    """No certificate and no registration are 0 each; whether a person has registered it is not known."""
    ours, theirs = (
        webhooks.Webhook(_config(namespace="tools", register=each), now=lambda: NOW) for each in (True, False)
    )
    assert (ours.certificate_end(), ours.registered()) == (0.0, 0.0)
    assert math.isnan(theirs.registered())


async def test_who_registers_by_hand_is_told_of_other_authorities() -> None:
    """At the start it is news, a new one later is a warning; while they stay, or one goes, nothing is said."""
    reminder = reminders.Reminder(objects.Place("tools", "gitsidecar-webhook"))
    with structlog.testing.capture_logs() as lines:
        assert [await reminder.note(each) for each in (_pem("a"), _pem("a"), _pem("ab"), _pem("b"))] == [False] * 4
    assert [(each["event"], each["log_level"]) for each in lines] == [
        ("registration.is_yours", "info"),
        ("registration.is_yours", "warning"),
    ]
    assert "ca.crt of Secret tools/gitsidecar-webhook" in lines[1]["reason"]
    assert "24 hours" in lines[1]["reason"]


def _pem(names: str) -> bytes:
    lines = (f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n" for name in names)
    return "".join(lines).encode()


def _config(**webhook: object) -> configs.GitsidecarConfig:
    return configs.GitsidecarConfig.model_validate({"repository": {"url": "/remote"}, "webhook": webhook})
