"""The page of `review`: its example in a real clone, its tables, and its pipelines, linted and run in part."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click.testing
import pytest

from gitsidecar.cli import main
from gitsidecar.manifests import parsing
from gitsidecar.model import files, pods, reviews
from gitsidecar.reporting.reviews import comments, jsons
from tests.support import pullrequests, remotes, workbenches
from tests.unit.docs import pages

_PAGE = pages.DOCS / "commands" / "review.md"
_EXAMPLES = pages.DOCS / "examples"
_PIPELINES = sorted((_EXAMPLES / "ci").glob("*.yaml"))
_BRANCH = "newer-logtail"
_UPDATE = "GITSIDECAR_UPDATE_GOLDEN"


@pytest.fixture
def bench(file_remote: remotes.Served, open_workbench: Callable[[remotes.Served], workbenches.Workbench]) -> Path:
    """Return the clone that the page speaks of."""
    found = open_workbench(file_remote)
    newer = (_EXAMPLES / "nights.yaml").read_text()
    found.commit({"sidecars/logtail.yaml": newer.replace("0.16.18", "0.16.16")})
    found.git("checkout", "--quiet", "-b", _BRANCH)
    found.write({"sidecars/logtail.yaml": newer})
    found.git("commit", "--quiet", "--all", "--message=Take logtail 0.16.18")
    return found.folder


def test_the_example_prints_what_the_page_shows(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letter by letter, but for the hashes of the commits."""
    monkeypatch.chdir(pages.ROOT)
    [console] = [block for block in pages.blocks("console") if block.page == _PAGE]
    [shown] = [block for block in pages.blocks("markdown") if block.page == _PAGE]
    words = [*shlex.split(console.text.removeprefix("$ gitsidecar ")), "--repo", str(bench)]
    done = click.testing.CliRunner().invoke(main.program, words, catch_exceptions=False)
    told = re.sub(r"`[0-9a-f]{7}` compared with `[0-9a-f]{7}`", "`4f2a9c1` compared with `9be1d07`", done.stdout)
    if os.environ.get(_UPDATE):
        page = _PAGE.read_text()
        _PAGE.write_text(page.replace(f"```markdown\n{shown.text}```", f"```markdown\n{told}```"))
    else:
        assert told == shown.text
    assert done.exit_code == 0


def test_the_json_has_the_members_that_are_documented() -> None:
    """The table names each member that reviews of several stories have, and no other."""
    old, new = pullrequests.sidecar_set(pullrequests.OLD), pullrequests.sidecar_set("logtail", update="partition: 1")
    broken = pullrequests.sidecar_set(name="broken", container="broken", update="maxUnavailabel: 1")
    second = pullrequests.sidecar_set(name="second")
    policy = pullrequests.policy("  podsPerMinute: 3\n")
    fleet = pods.snapshot(pullrequests.workload("shop", "Deployment/web", 3))
    found = [
        pullrequests.review({"a.yaml": old}, {"a.yaml": new, "b.yaml": broken, "c.yaml": policy}, fleet),
        pullrequests.review({"a.yaml": old}, {"a.yaml": old, "b.yaml": second}),
    ]
    printed = {path for review in found for path in pages.members(jsons.to_json(review))}
    [documented] = [names for names in pages.json_tables() if names[0] == "base"]
    assert (sorted(documented), len(documented)) == (sorted(printed), len(set(documented)))


def test_every_risk_is_explained() -> None:
    """The table of risks has each one, and no other."""
    named = [name for row in pages.table(_PAGE, "Risk") for name in pages.codes(row["Risk"])]
    assert sorted(named) == sorted(reviews.Risk)


def test_every_kind_and_scope_is_named() -> None:
    """The page says all that a program may find."""
    named = set(pages.codes(pages.prose(_PAGE)))
    assert {*reviews.Kind, *reviews.Scope} <= named


def test_the_page_leads_to_every_pipeline() -> None:
    """Each file of docs/examples/ci is linked, and there is one for GitHub and one for GitLab."""
    linked = {(_PAGE.parent / link.partition("#")[0]).resolve() for link in pages.links(_PAGE)}
    assert set(_PIPELINES) <= linked
    assert {"github-actions.yaml", "gitlab-ci.yaml"} <= {path.name for path in _PIPELINES}


@pytest.mark.parametrize("path", _PIPELINES, ids=lambda path: path.name)
def test_a_pipeline_is_strict_yaml(path: Path) -> None:
    """One document that all readers read alike: no key twice, no anchor, no tab, no value that may be a truth."""
    reading = parsing.read(files.File(path.name, path.read_bytes()))
    assert (len(reading.documents), reading.faults) == (1, ())
    assert reading.documents[0].faults == ()


@pytest.mark.parametrize("path", _PIPELINES, ids=lambda path: path.name)
def test_the_scripts_of_a_pipeline_are_sound(path: Path) -> None:
    """The shell can read them, no failure is swallowed, and no foreign text becomes a part of them."""
    scripts = list(_scripts(_load(path)))
    assert scripts
    for script in scripts:
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        assert "${{" not in script, "an expression in a script is replaced before the shell reads it: use env"
        assert "|| true" not in script


@pytest.mark.parametrize("path", [path for path in _PIPELINES if "github" in path.name], ids=lambda path: path.name)
def test_a_pipeline_of_github_says_what_it_may(path: Path) -> None:
    """Permissions are listed, actions have a version, every job has a time limit, and secrets come by env only."""
    workflow = _load(path)
    assert set(workflow) <= {"name", "on", "permissions", "concurrency", "env", "jobs"}
    assert workflow["permissions"] in ({}, {"actions": "read", "contents": "read", "pull-requests": "write"})
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 10
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v1"))
            assert not any("secrets." in str(value) for key, value in step.items() if key != "env")


@pytest.mark.parametrize("path", _PIPELINES, ids=lambda path: path.name)
def test_the_commands_of_a_pipeline_exist(path: Path) -> None:
    """Each `gitsidecar review` in a script has options that there are; comments are found by the marker of the text."""
    script = "\n".join(_scripts(_load(path)))
    options = {option for parameter in _command().params for option in parameter.opts}
    for line in re.findall(r"gitsidecar review (--\w.*)", script):
        assert {word for word in line.split() if word.startswith("--")} <= options
    assert ("startswith(" in script) == (f'startswith("{comments.MARKER}")' in script)


def test_the_step_of_github_reviews(bench: Path, tmp_path: Path) -> None:
    """The script of the step Review is run in the clone, with a list of pods and without."""
    [script] = [
        step["run"]
        for step in _load(_EXAMPLES / "ci" / "github-actions.yaml")["jobs"]["review"]["steps"]
        if step.get("name") == "Review"
    ]
    told = _run(script, bench, tmp_path, BASE="main", HEAD=_BRANCH)
    assert told.startswith(comments.MARKER)
    assert "No pods were given" in told
    (tmp_path / "pods.json").write_bytes((_EXAMPLES / "pods.json").read_bytes())
    assert "8 pods were looked at" in _run(script, bench, tmp_path, BASE="main", HEAD=_BRANCH)


def test_the_job_of_gitlab_reviews(bench: Path, tmp_path: Path) -> None:
    """Its script is run in the clone as GitLab joins it, without a kubeconfig."""
    script = "\n".join(_load(_EXAMPLES / "ci" / "gitlab-ci.yaml")["gitsidecar-review"]["script"])
    variables = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "main", "CI_COMMIT_SHA": _BRANCH}
    _run(script, bench, tmp_path, shell="sh", **variables)
    assert (bench / "review.md").read_text().startswith(comments.MARKER)


def _run(script: str, clone: Path, scratch: Path, *, shell: str = "bash", **variables: str) -> str:
    """Run *script* as a runner does, and return what it left in review.md of its folder for temporary files."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "RUNNER_TEMP": str(scratch), "HOME": str(scratch), **variables}
    subprocess.run([shell, "-e", "-c", script], cwd=clone, env=env, check=True, timeout=60)
    review = scratch / "review.md"
    return review.read_text() if review.exists() else ""


def _load(path: Path) -> dict[str, Any]:
    [document] = parsing.read(files.File(path.name, path.read_bytes())).documents
    value: dict[str, Any] = document.value
    return value


def _scripts(pipeline: dict[str, Any]) -> Iterator[str]:
    """Yield the scripts of GitHub's steps, or of GitLab's jobs."""
    for job in pipeline.get("jobs", pipeline).values():
        if "script" in job:
            yield "\n".join(job["script"])
        yield from (step["run"] for step in job.get("steps", ()) if "run" in step)


def _command() -> click.Command:
    command = main.program.get_command(click.Context(main.program), "review")
    assert command is not None
    return command
