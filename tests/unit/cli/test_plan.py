"""`gitsidecar plan`: what the next pass would do, against saved pods."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitsidecar import errors
from tests.support import sidecarsets
from tests.unit.cli.conftest import Run

NOW = "2026-11-24T02:00:00Z"


def test_the_json_is_as_documented(run: Run, good: Path, pods: Path) -> None:
    """Every member of DESIGN §10, actions in sending order, holds in order of pod."""
    result = run("plan", good, "--pods", pods, "--now", NOW, "--output", "json")
    found = json.loads(result.stdout)
    [spec_hash] = [each.pop("specHash") for each in found["sets"]]
    messages = [hold.pop("message") for hold in found["sets"][0]["holds"]]
    assert spec_hash.startswith("v1-")
    assert all(messages)
    assert found == {
        "now": NOW,
        "sets": [
            {
                "name": "logtail",
                "matchedPods": 3,
                "updatedPods": 0,
                "readyPods": 3,
                "updatedReadyPods": 0,
                "missingPods": 0,
                "notUpgradablePods": 0,
                "actions": [{"pod": "default/web-2", "kind": "UpdateImages", "images": {"logtail": sidecarsets.NEW}}],
                "holds": [
                    {"pod": "default/web-0", "reason": "PartitionKept"},
                    {"pod": "default/web-1", "reason": "BudgetExhausted"},
                ],
            }
        ],
        "rejections": [],
    }
    assert result.exit_code == 0


def test_the_text_says_who_moves_and_who_does_not(run: Run, good: Path, pods: Path) -> None:
    """A table of the sets, the moves in their order, and the holds with their reasons."""
    result = run("plan", good, "--pods", pods, "--now", NOW)
    assert result.exit_code == 0
    assert "2026-11-24T02:00:00Z" in result.stdout
    assert f"default/web-2  logtail: {sidecarsets.OLD} -> {sidecarsets.NEW}" in result.stdout
    assert "PartitionKept 1: " in result.stdout
    assert "an unknown commit" not in result.stdout


def test_pods_come_from_standard_input_too(run: Run, good: Path, pods: Path) -> None:
    """``kubectl get pods -A -o json | gitsidecar plan … --pods -``."""
    result = run("plan", good, "--pods", "-", "--now", NOW, stdin=pods.read_bytes())
    assert result.stdout == run("plan", good, "--pods", pods, "--now", NOW).stdout


def test_a_manifest_with_errors_is_told_and_the_others_are_planned(run: Run, good: Path, bad: Path, pods: Path) -> None:
    """The exit code is 1, and the rejections have their places."""
    (bad / "logtail.yaml").write_text((good / "logtail.yaml").read_text())
    result = run("plan", bad, "--pods", pods, "--output", "json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [each["name"] for each in found["sets"]] == ["logtail"]
    assert {Path(each["file"]).name for each in found["rejections"]} == {"a.yaml", "b.yaml"}
    assert all(list(each) == ["file", "line", "column", "field", "message"] for each in found["rejections"])


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "--pods"), ("[", "--pods"), ("{}", "--pods"), ('{"kind": "Deployment"}', "--pods"), ("\x00", "--pods")],
)
def test_pods_that_cannot_be_read_are_usage(run: Run, good: Path, text: str, words: str) -> None:
    """The words name the option, and the exit code is 2."""
    result = run("plan", good, "--pods", "-", stdin=text)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize("text", ["tomorrow", "2026-11-24T02:00:00", ""])
def test_a_time_that_is_none_is_usage(run: Run, good: Path, pods: Path, text: str) -> None:
    """The words say how a time is written, with its zone."""
    result = run("plan", good, "--pods", pods, "--now", text)
    assert result.exit_code == 2
    assert "Z" in result.stderr


def test_a_cluster_that_is_not_there_is_an_error(run: Run, good: Path, tmp_path: Path) -> None:
    """A kubeconfig that does not exist is named; `main` makes exit code 3 of it."""
    with pytest.raises(errors.StalledError, match=r"nowhere\.conf"):
        run("plan", good, "--kubeconfig", tmp_path / "nowhere.conf")
