"""`gitsidecar review`: two commits of a real clone, saved pods, and what comes of bad arguments."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.reporting.reviews import comments
from tests.support import remotes, sidecarsets, workbenches
from tests.unit.cli.conftest import Run

NOW = "2026-11-24T02:00:00Z"
Bench = workbenches.Workbench


@pytest.fixture
def bench(file_remote: remotes.Served, open_workbench: Callable[[remotes.Served], Bench]) -> Bench:
    """Give a clone in which the branch change has a newer image than main, and main something else since."""
    found = open_workbench(file_remote)
    found.commit({"sets/logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
    _branch(found, "change", {"sets/logtail.yaml": sidecarsets.text()})
    found.commit({"sets/later.yaml": sidecarsets.text(name="later", container="other")})
    return found


def _branch(bench: Bench, name: str, files: dict[str, str | bytes | None], message: str = "Change the sets") -> None:
    """Commit *files* on a new branch of main, and go back to main."""
    bench.git("checkout", "--quiet", "-b", name)
    bench.write(files)
    bench.git("add", "--all")
    bench.git("commit", "--quiet", f"--message={message}")
    bench.git("checkout", "--quiet", "main")


def _review(run: Run, bench: Bench, *arguments: str | Path, head: str = "change") -> str:
    result = run("review", "--repo", bench.folder, "--base", "main", "--head", head, "--now", NOW, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_change_is_told_as_markdown(run: Run, bench: Bench, pods: Path) -> None:
    """It begins with the marker, says who moves, and is the same each time; what main got since is no part of it."""
    told = _review(run, bench, "--pods", pods)
    assert told.startswith(f"{comments.MARKER}\n## gitsidecar: 1 SidecarSet changes, 3 pods move\n")
    assert "**`logtail`** 0.16.16 → 0.16.18: 3 pods in 3 workloads, in place, no pod is recreated." in told
    assert "later" not in told
    assert told == _review(run, bench, "--pods", pods)


def test_windows_that_never_open_are_told(run: Run, bench: Bench, pods: Path) -> None:
    """Advice of `validate` that the change brings is a warning of the review, and what main has as well is none."""
    never = (
        "apiVersion: gitsidecar.io/v1alpha1\nkind: RolloutPolicy\nmetadata: {name: never}\nspec:\n  windows:\n"
        "  - {type: Allow, schedule: 0 2 * * *, duration: 1h}\n  - {type: Deny, schedule: 0 1 * * *, duration: 4h}\n"
    )
    _branch(bench, "shut", {"sets/never.yaml": never})
    told = json.loads(_review(run, bench, "--pods", pods, "--output", "json", head="shut"))
    [warning] = told["warnings"]
    assert (warning["file"], warning["field"]) == ("sets/never.yaml", "spec.windows")
    assert warning["message"].startswith("never open: no pod could ever start to move")
    bench.commit({"sets/never.yaml": never})
    _branch(bench, "on-top", {"sets/logtail.yaml": sidecarsets.text()})
    assert json.loads(_review(run, bench, "--output", "json", head="on-top"))["warnings"] == []


def test_the_json_says_the_same(run: Run, bench: Bench, pods: Path) -> None:
    """Numbers, waves and cautions for programs."""
    found = json.loads(_review(run, bench, "--pods", pods, "--output", "json"))
    [changed] = found["sets"]
    assert (found["head"], found["pods"], found["reviewedAt"]) == (bench.git("rev-parse", "change"), 3, NOW)
    assert found["base"] == bench.git("merge-base", "main", "change")
    assert changed["imageChanges"] == [{"container": "logtail", "before": sidecarsets.OLD, "after": sidecarsets.NEW}]
    assert (changed["reach"]["movingPods"], changed["reach"]["stayingPods"]) == (3, 0)
    assert [wave["pods"] for wave in changed["reach"]["forecast"]["waves"]] == [3]
    assert [each["risk"] for each in found["cautions"]] == ["NoCanary"]


def test_without_pods_nothing_is_asked(run: Run, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubeconfig in the environment is no wish to be asked about pods; the page says how to have them."""
    monkeypatch.setenv("KUBECONFIG", "/nonexistent/kubeconfig")
    told = _review(run, bench)
    assert "**`logtail`** 0.16.16 → 0.16.18." in told
    assert "No pods were given" in told


def test_only_what_is_below_the_path_counts(run: Run, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """As repository.path does, by option or by the environment variable of that setting."""
    _branch(bench, "elsewhere", {"other/logtail.yaml": sidecarsets.text(name="elsewhere", container="e")})
    assert "elsewhere" in _review(run, bench, head="elsewhere")
    assert "nothing changes" in _review(run, bench, "--path", "sets", head="elsewhere")
    monkeypatch.setenv("GITSIDECAR_REPOSITORY_PATH", "sets")
    assert "nothing changes" in _review(run, bench, head="elsewhere")


def test_an_error_that_the_change_brings_fails_it(run: Run, bench: Bench) -> None:
    """The exit code is 1, with the place of the error; an error that was there before fails nobody."""
    bench.commit({"sets/broken.yaml": sidecarsets.text(name="broken", maxUnavailabel=1)})
    _branch(bench, "innocent", {"sets/logtail.yaml": sidecarsets.text()})
    _branch(bench, "guilty", {"sets/logtail.yaml": sidecarsets.text(partition="half")})
    told = _review(run, bench, head="innocent")
    assert "Errors that were there before" in told
    result = run("review", "--repo", bench.folder, "--base", "main", "--head", "guilty")
    assert result.exit_code == 1
    assert "### Errors that this change brings" in result.stdout
    assert "`sets/logtail.yaml:" in result.stdout


def test_many_sets_gone_at_once_are_kept(run: Run, bench: Bench) -> None:
    """As the daemon does, unless a commit of the change has the trailer."""
    gone: dict[str, str | bytes | None] = {"sets/logtail.yaml": None, "sets/later.yaml": None}
    _branch(bench, "careless", gone)
    _branch(bench, "wanted", gone, "Remove all\n\nGitsidecar-Allow-Removal: true")
    careless = run("review", "--repo", bench.folder, "--base", "main", "--head", "careless")
    assert careless.exit_code == 1
    assert "would be removed at once" in careless.stdout
    assert "**`logtail`** is removed" in _review(run, bench, head="wanted")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--head", "chnge", "did you mean change?"),
        ("--base", "--upload-pack=x", "cannot be the name of a commit"),
        ("--repo", "/", "is not in a Git repository"),
        ("--path", "nowhere", "neither commit has a .yaml, .yml or .json file below 'nowhere'"),
    ],
)
def test_what_does_not_exist_is_usage(run: Run, bench: Bench, option: str, value: str, words: str) -> None:
    """The exit code is 2, and the words name the option."""
    arguments = {"--repo": str(bench.folder), "--base": "main", "--head": "change", option: value}
    result = run("review", *(f"{name}={each}" for name, each in arguments.items()))
    assert result.exit_code == 2
    assert option in result.output
    assert words in result.output


def test_a_clone_that_lacks_the_past_is_told(run: Run, bench: Bench, tmp_path: Path) -> None:
    """That is no usage but a repository that cannot be read so: an error for exit code 3."""
    bench.git("push", "--quiet", "origin", "change")
    shallow = tmp_path / "shallow"
    remotes.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{bench.repository}", str(shallow))
    with pytest.raises(errors.StalledError, match="fetch-depth: 0"):
        run("review", "--repo", shallow, "--base", "origin/main", "--head", "origin/change")
