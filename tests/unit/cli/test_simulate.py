"""`gitsidecar simulate`: a whole rollout of saved or made-up pods."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support import sidecarsets
from tests.unit.cli.conftest import Run

START = ("--start", "2026-11-24T02:00:00Z")
MADE_UP = ("--synthetic", "deployments=3,pods=30")


@pytest.fixture
def free(tmp_path: Path) -> Path:
    """Return a folder with a set that nothing hinders."""
    folder = tmp_path / "free"
    folder.mkdir()
    (folder / "logtail.yaml").write_text(sidecarsets.text(maxUnavailable=3))
    return folder


def test_made_up_pods_complete(run: Run, free: Path) -> None:
    """The table ends with a line for the set, and the exit code is 0."""
    result = run("simulate", free, *MADE_UP, *START)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("logtail: complete at 2026-11-24 02:")
    assert "30 pods in 1 set" in result.stdout
    assert result.stderr == ""


def test_saved_pods_are_taken_too(run: Run, good: Path, pods: Path) -> None:
    """Partition 1 keeps one of three pods: blocked, exit code 1."""
    result = run("simulate", good, "--pods", pods, *START, "--output", "json")
    assert result.exit_code == 1
    [found] = json.loads(result.stdout)["sets"]
    assert (found["end"], found["reason"], len(found["moves"])) == ("Blocked", "PartitionKept", 2)


def test_same_call_same_bytes(run: Run, free: Path, tmp_path: Path) -> None:
    """In every form; and the picture in a file is the one that is printed."""
    for form in ("text", "json", "svg"):
        one, two = (run("simulate", free, *MADE_UP, *START, "--output", form).stdout_bytes for _ in range(2))
        assert one == two
    picture = tmp_path / "picture.svg"
    run("simulate", free, *MADE_UP, *START, "--svg", picture)
    assert picture.read_bytes() == one
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_a_given_restart_is_believed(run: Run, free: Path) -> None:
    """Ten times as long a restart makes ten times as long a rollout."""
    ends = []
    for seconds in ("10", "100"):
        result = run("simulate", free, *MADE_UP, *START, "--restart-seconds", seconds, "--output", "json")
        ends.append(json.loads(result.stdout)["sets"][0]["moves"][-1]["at"])
    assert ends[0] < "2026-11-24T02:03" < "2026-11-24T02:10" < ends[1]


def test_failing_pods_are_named(run: Run, free: Path) -> None:
    """With --fail-rate 1 all that are moved fail."""
    result = run("simulate", free, *MADE_UP, *START, "--fail-rate", "1", "--output", "json")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)["sets"][0]["failedPods"]) == 3


def test_nothing_is_replayed_where_nobody_looks(run: Run, free: Path) -> None:
    """Without a terminal, --speed changes nothing."""
    plain, fast = (run("simulate", free, *MADE_UP, *START, *more).stdout for more in ((), ("--speed", "1")))
    assert plain == fast


def test_a_refused_manifest_is_told(run: Run, bad: Path) -> None:
    """Its errors stand on standard error, and the exit code is 1."""
    result = run("simulate", bad, *MADE_UP, *START)
    assert result.exit_code == 1
    assert "maxUnavailabel" in result.stderr


def test_evicted_pods_come_back_with_their_sidecars(run: Run) -> None:
    """With `repair: Evict` a bare pod is evicted once, and its successor counts."""
    examples = Path(__file__).parents[3] / "docs" / "examples"
    result = run("simulate", examples / "repair.yaml", "--pods", examples / "pods.json", *START, "--output", "json")
    [found] = json.loads(result.stdout)["sets"]
    assert found["evictedPods"] == ["shop/db-2"]
    assert found["samples"][-1]["matchedPods"] == found["samples"][0]["matchedPods"] + 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give either --pods FILE or --synthetic"),
        ((*MADE_UP, "--pods", "pods.json"), "does not exist"),
        (("--synthetic", "jobs=1"), "is not one of deployments=N"),
        ((*MADE_UP, "--start", "tomorrow"), "is not a time"),
        ((*MADE_UP, "--fail-rate", "2"), "is not in the range"),
        ((*MADE_UP, "--svg", "no/such/folder/picture.svg"), "cannot be written"),
    ],
)
def test_wrong_usage(run: Run, free: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, and words that say what to write."""
    result = run("simulate", free, *arguments)
    assert result.exit_code == 2
    assert words in result.output
