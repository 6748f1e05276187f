"""`gitsidecar validate`: all errors at once, for people, programs and pull requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support import sidecarsets
from tests.unit.cli.conftest import Run

_POLICIES = """\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata:
  name: days
spec:
  windows: [{type: Allow, schedule: 0 8 * * *, duration: 8h}]
  freezes:
  - {until: "2027-01-02T00:00:00Z", reason: Christmas}
---
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata: {name: nights}
spec:
  windows: [{type: Allow, schedule: 0 22 * * *, duration: 8h}]
"""


def test_good_files_are_fine(run: Run, good: Path) -> None:
    """Nothing is printed but a summary on standard error, and the exit code is 0."""
    result = run("validate", good)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 SidecarSet read; nothing to complain about\n"


def test_errors_are_told_with_their_place(run: Run, bad: Path) -> None:
    """Each is one line of file:line:col, field and words; the exit code is 1."""
    result = run("validate", bad)
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert any(line.startswith(f"{bad}/a.yaml:4:7: error: spec: ") for line in lines)
    [typo] = [line for line in lines if "maxUnavailabel" in line]
    assert "did you mean" in typo
    assert "maxUnavailable" in typo.partition("did you mean")[2]
    assert "2 errors" in result.stderr


def test_files_and_folders_may_be_mixed(run: Run, good: Path, bad: Path) -> None:
    """Each path counts, and a file named twice is read once."""
    result = run("validate", good / "logtail.yaml", good, bad)
    assert result.exit_code == 1
    assert "1 SidecarSet read" in result.stderr


def test_two_sets_of_one_name_are_refused(run: Run, good: Path) -> None:
    """Both places are named."""
    text = (good / "logtail.yaml").read_text()
    (good / "other.yaml").write_text(text)
    result = run("validate", good)
    assert result.exit_code == 1
    assert "logtail.yaml" in result.stdout
    assert "other.yaml" in result.stdout


def test_json_is_for_programs(run: Run, bad: Path) -> None:
    """The members are documented, and nothing else is printed."""
    result = run("validate", bad / "b.yaml", "--output", "json")
    [found] = json.loads(result.stdout)["findings"]
    assert list(found) == ["level", "file", "line", "column", "field", "message", "rule"]
    assert (found["level"], found["file"], found["field"], found["rule"]) == (
        "error",
        str(bad / "b.yaml"),
        "spec.updateStrategy.maxUnavailabel",
        "field",
    )
    assert result.stderr == ""


def test_json_of_good_files_is_an_empty_list(run: Run, good: Path) -> None:
    """A program reads the same form whether or not there are findings."""
    assert json.loads(run("validate", good, "--output", "json").stdout) == {"findings": []}


def test_github_shows_findings_beside_their_lines(run: Run, bad: Path) -> None:
    """Each is a workflow command, with what would end it or its properties escaped."""
    odd = bad / "a,b:c.yaml"
    (bad / "b.yaml").rename(odd)
    result = run("validate", odd, "--output", "github")
    [line] = result.stdout.splitlines()
    assert line.startswith(f"::error file={bad}/a%2Cb%3Ac.yaml,line=")
    assert ",col=" in line
    assert "::spec.updateStrategy.maxUnavailabel: " in line


def test_sarif_has_paths_as_seen_from_here(run: Run, bad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code scanning finds the file in the repository, wherever that was checked out."""
    monkeypatch.chdir(bad.parent)
    log = json.loads(run("validate", bad / "b.yaml", "--output", "sarif").stdout)
    [result] = log["runs"][0]["results"]
    [location] = result["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "bad/b.yaml", "uriBaseId": "%SRCROOT%"}
    assert (result["ruleId"], result["level"]) == ("field", "error")


def test_junit_has_a_test_for_each_file(run: Run, good: Path, bad: Path) -> None:
    """Files without findings have passed."""
    result = run("validate", good, bad, "--output", "junit")
    cases = list(ElementTree.fromstring(result.stdout).iter("testcase"))
    assert [(case.attrib["file"], len(case)) for case in cases] == [
        (str(bad / "a.yaml"), 1),
        (str(bad / "b.yaml"), 1),
        (str(good / "logtail.yaml"), 0),
    ]
    assert (result.exit_code, result.stderr) == (1, "")


def test_warnings_count_if_asked_to(run: Run, good: Path) -> None:
    """An image without a version is valid; --strict makes the check fail."""
    (good / "logtail.yaml").write_text(sidecarsets.text("registry.example.com/logtail"))
    assert run("validate", good).exit_code == 0
    result = run("validate", good, "--strict")
    assert result.exit_code == 1
    assert "warning: spec.containers[0].image: has no tag" in result.stdout


def test_what_nobody_reads_is_left_out_once(run: Run, good: Path) -> None:
    """Of a file with hundreds of warnings so many are shown, and the number of the others."""
    texts = [sidecarsets.text("a", f"set-{number}", strategy={}) for number in range(400)]
    (good / "logtail.yaml").write_text("---\n".join(texts).replace("updateStrategy:\n    strategy: {}", "paused: true"))
    lines = run("validate", good).stdout.splitlines()
    assert len(lines) == 301
    assert [line.rpartition(": ")[2] for line in lines if "left out" in line] == ["900 more findings are left out"]


def test_notes_never_count(run: Run, good: Path) -> None:
    """Small percentages are worth a word, and no more."""
    (good / "logtail.yaml").write_text(sidecarsets.text(maxUnavailable="1%"))
    result = run("validate", good, "--strict")
    assert result.exit_code == 0
    assert "note: spec.updateStrategy.maxUnavailable: 1% of fewer than 100 pods is 1 pod" in result.stdout


def test_with_pods_percentages_are_counted(run: Run, good: Path, pods: Path, tmp_path: Path) -> None:
    """1% of 40 pods is one pod, and so 2.5%."""
    listed = json.loads(pods.read_text())
    first = listed["items"][0]
    listed["items"] = [
        {**first, "metadata": {**first["metadata"], "name": f"web-{n}", "uid": str(n)}} for n in range(40)
    ]
    pods.write_text(json.dumps(listed))
    (good / "logtail.yaml").write_text(sidecarsets.text(maxUnavailable="1%"))
    lines = run("validate", good, "--pods", pods).stdout.splitlines()
    assert [line.partition("yaml:")[2] for line in lines] == [
        "12:21: warning: spec.updateStrategy.maxUnavailable: 1% of 40 pods is 1 pod, which is 2.5%: "
        "write the number of pods that is meant"
    ]


def test_with_pods_a_set_of_none_is_told(run: Run, good: Path, pods: Path) -> None:
    """Perhaps a label is misspelt."""
    (good / "logtail.yaml").write_text(sidecarsets.text(selector={"app": "wbe"}))
    assert "note: spec.selector: selects none of the 3 pods" in run("validate", good, "--pods", pods).stdout


def test_windows_are_looked_at_as_of_a_time(run: Run, good: Path) -> None:
    """A freeze that is over is told by its time, and windows that exclude each other at each policy."""
    (good / "policies.yaml").write_text(_POLICIES)
    before = run("validate", good, "--now", "2026-12-01T00:00:00Z").stdout
    after = run("validate", good, "--now", "2027-01-10T00:00:00Z").stdout
    assert "past" not in before
    assert "is over" not in before
    assert "policies.yaml:8:5: note: spec.freezes[0]: is over" in after
    for text in (before, after):
        assert "policies.yaml:6:3: warning: spec.windows: never open together with nights, for SidecarSet" in text
        assert "policies.yaml:14:3: warning: spec.windows: never open together with days, for SidecarSet" in text


def test_links_and_unreadable_files_are_told(run: Run, good: Path, tmp_path: Path) -> None:
    """What a mirror would refuse is refused here too, and the others are read all the same."""
    (good / "link.yaml").symlink_to(good / "logtail.yaml")
    (good / "folder.yaml").mkdir()
    (good / ".hidden.yaml").write_text("[")
    (good / "notes.txt").write_text("[")
    result = run("validate", good)
    assert result.exit_code == 1
    [line] = result.stdout.splitlines()
    assert "link.yaml: error: is a link" in line
    assert "1 SidecarSet read" in result.stderr


def test_it_loads_nothing_that_it_does_not_need(good: Path) -> None:
    """No Kubernetes client, no Git, no web server: the check starts fast and runs anywhere."""
    code = (
        "import sys; from gitsidecar.cli import main; sys.argv[1:] = ['validate', sys.argv[1]]\n"
        "try: main.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'kubernetes', 'git', 'aiohttp', 'apscheduler', 'prometheus_client', 'structlog'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, good], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_reader_that_leaves_is_no_crash(bad: Path) -> None:
    """``gitsidecar validate … | head -1`` ends without a traceback."""
    for number in range(300):
        (bad / f"{number}.yaml").write_text("kind: SidecarSet\napiVersion: apps.kruise.io/v1beta1\nfoo: 1\n")
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", "from gitsidecar.cli import main; main.main()", "validate", str(bad)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(write)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_folder_without_manifests_is_usage(run: Run, tmp_path: Path) -> None:
    """A mistyped folder must not pass in CI for ever."""
    (tmp_path / "notes.txt").write_text("nothing")
    result = run("validate", tmp_path)
    assert result.exit_code == 2
    assert "no .yaml, .yml or .json file" in result.stderr
