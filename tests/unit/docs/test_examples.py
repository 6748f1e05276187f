"""Every example in the pages is run, or at least read by the code that would run it."""

from __future__ import annotations

import importlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click import testing

from gitsidecar.cli import main
from gitsidecar.manifests import kinds, parsing, trees
from gitsidecar.model import files, findings
from gitsidecar.settings import loading
from tests.unit.docs import pages

_COMMANDS = pages.DOCS / "commands"
_PODS = ("--pods", "docs/examples/pods.json")
_TREES = ("docs/examples/sidecars", "docs/examples/nights.yaml", "docs/examples/broken")
_JSON = {
    "findings": [["validate", tree] for tree in _TREES],
    "now": [["plan", tree, *_PODS] for tree in (*_TREES, "docs/examples/repair.yaml")],
    "start": [["simulate", tree, *_PODS, "--start", "2026-11-24T02:00:00Z"] for tree in _TREES],
    "pod": [["explain", "shop/web-7d9f-hd5rs", tree, *_PODS, "--now", "2026-11-24T02:00:00Z"] for tree in _TREES],
}
"""The first member of each table of JSON, and commands that print all members between them."""

_YAML = pages.blocks("yaml")
_CONSOLE = pages.blocks("console")


@pytest.mark.parametrize("block", _YAML, ids=map(str, _YAML))
def test_yaml_is_what_it_says_it_is(block: pages.Block, tmp_path: Path) -> None:
    """SidecarSets and RolloutPolicies are read without an error, settings are loaded, the rest is good YAML."""
    file = files.File("example.yaml", block.text.encode())
    reading = parsing.read(file)
    assert not reading.faults
    for document in reading.documents:
        assert not document.faults
        kind = document.value.get("kind")
        if kind in (kinds.KIND, kinds.POLICY):
            desired = trees.read(files.Tree("", (file,)))
            accepted = len(desired.sets) + len(desired.policies)
            assert (accepted, desired.rejections) == (len(reading.documents), ())
        elif kind == "GitsidecarConfig":
            (tmp_path / "example.yaml").write_text(block.text)
            loading.load(tmp_path / "example.yaml", {})


def test_the_complete_example_is_the_file_that_it_names() -> None:
    """The example of sidecarsets.md and docs/examples/sidecars/logtail.yaml are the same text."""
    text = (pages.DOCS / "examples" / "sidecars" / "logtail.yaml").read_text()
    assert text in [block.text for block in _YAML]


def test_the_older_form_gives_as_many_warnings_as_it_says() -> None:
    """The example of older forms gives three warnings, as the page says above it."""
    [block] = [block for block in _YAML if "rollingUpdate" in block.text]
    found = trees.read(files.Tree("", (files.File("example.yaml", block.text.encode()),))).found
    assert [each.level for each in found].count(findings.Level.WARNING) == 3


@pytest.mark.parametrize("block", _CONSOLE, ids=map(str, _CONSOLE))
def test_commands_print_what_the_page_shows(block: pages.Block, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbs that need no cluster are run, and print what is shown; of the others the arguments are read."""
    monkeypatch.chdir(pages.ROOT)
    code = 0
    for command, shown in _commands(block):
        words = shlex.split(command, comments=True)
        match words:
            case ["gitsidecar", verb, *arguments] if _is_run_here(verb, arguments):
                done = _run([verb, *arguments])
                code = done.exit_code
                assert done.output == shown or not shown, command
            case ["gitsidecar", verb, *arguments]:
                # Within the program, whose -h a command remembers from its first context on.
                _command(verb).make_context(verb, arguments, parent=main.program.make_context("gitsidecar", [verb]))
                assert not shown
            case ["make", target]:
                assert re.search(rf"^{target}:", (pages.ROOT / "Makefile").read_text(), re.MULTILINE), command
            case ["echo", "$?"]:
                assert shown == f"{code}\n"
            case _:
                pytest.fail(f"nobody knows how to try {command!r}")


def test_explain_prints_what_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page of `explain` shows is what the last command before it prints."""
    monkeypatch.chdir(pages.ROOT)
    [shown] = [block for block in pages.blocks("text") if block.page == _COMMANDS / "explain.md"]
    [*_, before] = [block for block in _CONSOLE if block.page == shown.page and block.line < shown.line]
    [*_, (command, _)] = _commands(before)
    assert _run(shlex.split(command)[1:]).output == shown.text


@pytest.mark.parametrize("first", _JSON)
def test_json_has_the_members_that_are_documented(first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of a verb's JSON names each member that it prints, and no other."""
    monkeypatch.chdir(pages.ROOT)
    printed: set[str] = set()
    for command in _JSON[first]:
        printed |= set(pages.members(json.loads(_run([*command, "--output", "json"]).stdout)))
    [documented] = [names for names in pages.json_tables() if names[0] == first]
    assert (sorted(documented), len(documented)) == (sorted(printed), len(set(documented)))


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: str(page.relative_to(pages.ROOT)))
def test_commands_in_a_sentence_exist(page: Path) -> None:
    """A `gitsidecar …` in the middle of a text names a verb and options that it has."""
    for code in pages.codes(pages.prose(page)):
        match code.split():
            case ["gitsidecar", verb, *words] if verb != "…":
                options = {option for parameter in _command(verb).params for option in parameter.opts}
                assert {word for word in words if word.startswith("--")} <= options, code


_VERBS = main.program.list_commands(click.Context(main.program))


def test_every_verb_has_a_page_and_no_other() -> None:
    """There is one page for each verb, and the table of commands.md leads to each."""
    assert {page.stem for page in _COMMANDS.glob("*.md")} == set(_VERBS)
    rows = pages.table(pages.DOCS / "commands.md", "Verb")
    assert sorted(row["Verb"] for row in rows) == [f"[`{verb}`](commands/{verb}.md)" for verb in sorted(_VERBS)]


@pytest.mark.parametrize("verb", _VERBS)
def test_every_option_is_documented(verb: str) -> None:
    """A verb's page is called after it, and names each option; its help shows an example."""
    text = (_COMMANDS / f"{verb}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {verb}\n")
    options = {option for parameter in _command(verb).params for option in parameter.opts if option.startswith("--")}
    assert [option for option in sorted(options) if option not in text] == []
    assert f"Example: gitsidecar {verb}" in (_command(verb).help or "")


def _commands(block: pages.Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block and what is shown to come of it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _is_run_here(verb: str, arguments: list[str]) -> bool:
    """Say whether a command needs neither a cluster nor a clone, of which `test_reviews` has one."""
    return verb in ("validate", "inject", "simulate") or ("--pods" in arguments and verb != "review")


def _run(arguments: list[str]) -> testing.Result:
    done = testing.CliRunner().invoke(main.program, arguments, prog_name="gitsidecar")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def _command(verb: str) -> click.Command:
    command: click.Command = importlib.import_module(f"gitsidecar.cli.{verb}").command
    return command
