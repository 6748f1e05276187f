"""`gitsidecar explain`: why one pod is where it is, from manifests or from the status branch, against saved pods."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitsidecar import errors
from tests.support import benches, remotes, sidecarsets, workbenches
from tests.unit.cli.conftest import Run
from tests.unit.docs import pages

NOW = "2026-11-24T02:00:00Z"
Open = Callable[..., workbenches.Workbench]
POLICY = """\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata: {name: nights}
spec:
  windows: [{type: Allow, schedule: "0 2 * * *", duration: 4h, timeZone: Europe/Berlin}]
"""


@pytest.fixture
def config(file_remote: remotes.Served, tmp_path: Path) -> Path:
    """Return a settings file that names the remote, and a kubeconfig that is not there."""
    file = tmp_path / "gitsidecar.yaml"
    repository = {"url": file_remote.url, "folder": str(tmp_path / "mirrors")}
    file.write_text(json.dumps({"repository": repository, "cluster": {"kubeconfig": str(tmp_path / "settings.conf")}}))
    return file


@pytest.fixture
def recorded(config: Path, file_remote: remotes.Served, open_workbench: Open) -> benches.Bench:
    """Return a bench whose status branch the remote has: a set with a partition, and a policy with a window."""
    bench = benches.Bench(4)
    bench.push_files({benches.FILE: sidecarsets.text(maxUnavailable=1, partition=1), "policies/nights.yaml": POLICY})
    _record(bench, open_workbench(file_remote, "gitsidecar/status/default"))
    return bench


def test_a_held_pod_is_explained_from_a_folder(run: Run, good: Path, pods: Path) -> None:
    """The reason, the plan's words, and what keeps or releases it."""
    result = run("explain", "default/web-0", good, "--pods", pods, "--now", NOW)
    assert result.exit_code == 0
    assert f"Pod default/web-0 at {NOW}\n" in result.stdout
    assert "held: PartitionKept\n" in result.stdout
    assert "partition 1 keeps 1 of 3 pods old; lower it to release\n" in result.stdout
    assert "no pod ahead of it; partition 0 or less lets it move\n" in result.stdout


def test_the_reason_is_that_of_plan(run: Run, good: Path, pods: Path) -> None:
    """`plan` and `explain` say the same of every held pod, word for word."""
    planned = json.loads(run("plan", good, "--pods", pods, "--now", NOW, "--output", "json").stdout)
    for hold in planned["sets"][0]["holds"]:
        result = run("explain", hold["pod"], good, "--pods", pods, "--now", NOW, "--output", "json")
        [explained] = json.loads(result.stdout)["sets"]
        assert (explained["reason"], explained["message"]) == (hold["reason"], hold["message"])


def test_without_a_path_the_status_branch_is_asked(run: Run, config: Path, pods: Path, recorded: benches.Bench) -> None:
    """The sets and policies in force, and the commit that brought the latest spec."""
    result = run("explain", "default/web-0", "--config", config, "--pods", pods, "--now", NOW, "--output", "json")
    assert result.exit_code == 0
    [found] = json.loads(result.stdout)["sets"]
    assert found["latest"]["commit"] == recorded.source.fetch()
    assert (found["state"], found["reason"]) == ("Held", "PartitionKept")
    [policy] = found["policies"]
    assert (policy["name"], policy["isOpen"], policy["until"]) == ("nights", True, "2026-11-24T05:00:00Z")


def test_a_closed_window_says_when_it_opens(run: Run, config: Path, pods: Path, recorded: benches.Bench) -> None:
    """In the zone of the window, whatever the time is asked for in."""
    words = ("--config", config, "--pods", pods, "--now", "2026-11-24T12:00:00Z")
    result = run("explain", "default/web-1", *words)
    assert "held: WindowClosed" in result.stdout
    assert "window opens Wed 2026-11-25 02:00 Europe/Berlin" in " ".join(result.stdout.split())


def test_a_policy_that_was_never_good_holds_its_sets(
    run: Run, config: Path, pods: Path, file_remote: remotes.Served, open_workbench: Open
) -> None:
    """What the daemon holds for a refused policy is explained by it, though the branch knows no good form of it."""
    bench = benches.Bench(4)
    bench.push_files({benches.FILE: sidecarsets.text(), "policies/nights.yaml": POLICY.replace("Allow", "Alow")})
    _record(bench, open_workbench(file_remote, "gitsidecar/status/default"))
    result = run("explain", "default/web-1", "--config", config, "--pods", pods, "--output", "json")
    [found] = json.loads(result.stdout)["sets"]
    assert found["reason"] == "ManifestRejected"
    assert "policies/nights.yaml:5:" in found["message"]
    assert [(each["name"], each["isOpen"]) for each in found["policies"]] == [("nights", False)]


def test_an_empty_branch_is_said(run: Run, config: Path, pods: Path) -> None:
    """There is nothing to explain by, and the words say what can be done instead."""
    result = run("explain", "default/web-1", "--config", config, "--pods", pods)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no pass has been recorded yet; give PATH" in result.stderr


def test_the_settings_name_the_cluster_but_for_what_is_typed(
    run: Run, config: Path, recorded: benches.Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kubeconfig of the environment is for other programs; one that is typed is meant."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "environment.conf"))
    with pytest.raises(errors.StalledError, match=r"settings\.conf"):
        run("explain", "shop/web-1", "--config", config)
    with pytest.raises(errors.StalledError, match=r"typed\.conf"):
        run("explain", "shop/web-1", "--config", config, "--kubeconfig", tmp_path / "typed.conf")


def test_a_pod_that_is_not_there_is_a_finding(run: Run, good: Path, pods: Path) -> None:
    """The pods with names like it are offered."""
    result = run("explain", "default/wbe-1", good, "--pods", pods)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "error: there is no pod default/wbe-1; these have names like it:\n  default/web-1\n"
    )


def test_nothing_near_is_said(run: Run, good: Path, pods: Path) -> None:
    """No list is begun that would be empty."""
    result = run("explain", "default/zzz", good, "--pods", pods)
    assert (result.exit_code, result.stderr) == (
        1,
        "error: there is no pod default/zzz, and none with a name like it\n",
    )


@pytest.mark.parametrize("name", ["web-1", "/web-1", "default/", "pod/default/web-1"])
def test_a_name_that_is_none_is_usage(run: Run, good: Path, pods: Path, name: str) -> None:
    """The pods that may have been meant are named in full."""
    result = run("explain", name, good, "--pods", pods)
    assert result.exit_code == 2
    assert f"'{name}' is not NAMESPACE/POD" in result.stderr


def test_a_bare_name_is_completed(run: Run, good: Path, pods: Path) -> None:
    """Of several pods, those that are called just so."""
    result = run("explain", "web-1", good, "--pods", pods)
    assert result.stderr.endswith("did you mean\n  default/web-1\n")


def test_a_path_and_settings_are_too_much(run: Run, good: Path, pods: Path, config: Path) -> None:
    """Either says what is in force; nobody should have to guess which was asked."""
    result = run("explain", "default/web-1", good, "--pods", pods, "--config", config)
    assert result.exit_code == 2
    assert "PATH and --config" in result.stderr


def test_manifests_with_errors_are_told_and_the_pod_is_explained(run: Run, good: Path, bad: Path, pods: Path) -> None:
    """The exit code is 1, as that of `plan`."""
    (bad / "logtail.yaml").write_text((good / "logtail.yaml").read_text())
    result = run("explain", "default/web-2", bad, "--pods", pods)
    assert result.exit_code == 1
    assert "to move now, 1 of 1\n" in result.stdout
    assert "\nRejected\n" in result.stdout


def test_the_page_shows_what_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of the page is what the command above it prints."""
    monkeypatch.chdir(pages.ROOT)
    [command] = [
        line.removeprefix("$ gitsidecar ")
        for block in pages.blocks("console")
        for line in block.text.splitlines()
        if " explain " in line and "--now" in line
    ]
    [shown] = [block.text for block in pages.blocks("text") if block.text.startswith("Pod ")]
    assert run(*command.split()).stdout == shown


def test_json_has_the_members_that_are_documented(run: Run, good: Path, bad: Path, pods: Path) -> None:
    """The table of the page names each member that is printed, and no other."""
    (good / "nights.yaml").write_text(POLICY)
    (good / "bad.yaml").write_text((bad / "a.yaml").read_text())
    printed = {
        member
        for name in ("web-0", "web-2")
        for member in _members(json.loads(_json(run, f"default/{name}", good, "--pods", pods, "--now", NOW)))
    }
    text = pages.prose(pages.DOCS / "commands" / "explain.md")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = [name for row in rows for name in pages.codes(row)]
    assert (sorted(documented), len(documented)) == (sorted(printed), len(set(documented)))


def _record(bench: benches.Bench, desk: workbenches.Workbench) -> None:
    """Run a pass, and bring what it recorded to the real status branch."""

    async def run_pass() -> None:
        await bench.start()
        await bench.poll_and_pass()

    asyncio.run(run_pass())
    desk.commit(dict(bench.branch.content))


def _json(run: Run, *words: str | Path) -> str:
    return run("explain", *words, "--output", "json").stdout


def _members(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every member; what is below `images` is data."""
    for name, inner in value.items():
        here = f"{path}.{name}" if path else name
        yield here
        if isinstance(inner, dict) and name != "images":
            yield from _members(inner, here)
        for item in inner if isinstance(inner, list) else ():
            if isinstance(item, dict):
                yield from _members(item, f"{here}[]")
