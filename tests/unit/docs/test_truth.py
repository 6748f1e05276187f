"""What the pages name exists, and what exists is named: packages, layers, reasons, metrics, events, keys, settings."""

from __future__ import annotations

import ast
import datetime
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest

from gitsidecar.injection import reasons
from gitsidecar.manifests import documents
from gitsidecar.manifests.schemas import policies as schemas
from gitsidecar.model import findings, plans, reports, rules
from gitsidecar.reporting import conditions, paths, records, standings
from gitsidecar.settings import loading
from gitsidecar.telemetry import admissions, metrics
from gitsidecar.webhook import verdicts
from tests.unit.docs import pages

_CODE = pages.ROOT / "gitsidecar"
_PROJECT: dict[str, Any] = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())
_ARCHITECTURE = pages.DOCS / "architecture.md"
_OPERATING = pages.DOCS / "operating.md"
_POLICIES = pages.DOCS / "policies.md"
_ROLLOUTS = pages.DOCS / "rollouts.md"
_EVENT = re.compile(r"[a-z]+\.[a-z_]+")
_METRIC = re.compile(r"gitsidecar_[a-z_]+")
_VARIABLE = re.compile(r"GITSIDECAR_[A-Z_]*[A-Z]")
_MOMENT = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)


def test_every_package_is_named() -> None:
    """The table of architecture.md has each package and module right below gitsidecar/, and no other."""
    found = {each.stem for each in _CODE.iterdir() if not each.name.startswith("__")}
    assert {pages.codes(row["Package"])[0] for row in pages.table(_ARCHITECTURE, "Package")} == found


def test_every_inner_package_is_named() -> None:
    """architecture.md names the packages further down too."""
    inner = {f"{each.parent.parent.name}.{each.parent.name}" for each in _CODE.glob("*/*/__init__.py")}
    assert inner <= set(pages.codes(pages.prose(_ARCHITECTURE)))


def test_modules_that_are_named_exist() -> None:
    """Each `package.module` in the table of phases is one."""
    for row in pages.table(_ARCHITECTURE, "Phase"):
        for name in pages.codes(row["Where"]):
            assert (_CODE / f"{name.replace('.', '/')}.py").exists(), name


def test_layers_are_those_that_are_checked() -> None:
    """The layers that architecture.md shows are import-linter's."""
    [shown] = [block for block in pages.blocks("text") if block.page == _ARCHITECTURE]
    contracts = _PROJECT["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert shown.text.splitlines() == layers


def test_what_is_not_built_is_not_there() -> None:
    """A package or a rule that is there does not stand under 'Not built yet' any more."""
    section = _ARCHITECTURE.read_text(encoding="utf-8").partition("## Not built yet")[2]
    names = {name for name in pages.codes(section) if name.islower()}
    assert not [name for name in names if (_CODE / name).exists() or (_CODE / "cli" / f"{name}.py").exists()]
    assert "hot-upgrade" in section


def test_every_setting_of_the_webhook_is_explained() -> None:
    """The table of settings in operating.md has each one of the section `webhook`, and no other."""
    told = {name for row in pages.table(_OPERATING, "Setting") for name in pages.codes(row["Setting"])}
    paths = {documents.spell(path) for path in loading.variables().values()}
    assert told == {path for path in paths if path.startswith("webhook.")}


def test_every_reason_to_hold_is_explained() -> None:
    """rollouts.md has one row for each reason to hold, with what releases the pods, and planning uses each of them."""
    rows = pages.table(_ROLLOUTS, "Reason")
    named = [pages.codes(row["Reason"])[0] for row in rows]
    assert sorted(named) == sorted(reason.value for reason in plans.HoldReason)
    assert all(row["What releases it"] for row in rows)
    trees = [ast.parse(file.read_text()) for file in (_CODE / "planning").glob("*.py")]
    used = {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert set(plans.HoldReason.__members__) <= used


def test_every_reason_to_leave_a_set_out_is_explained() -> None:
    """operating.md has each reason of injection and of the webhook, and says truly which of them are faults."""
    rows = [row for row in pages.table(_OPERATING, "Reason") if "Under `Fail`" in row]
    found = {code: row["Under `Fail`"] for row in rows for code in pages.codes(row["Reason"])}
    assert found.keys() == {*map(str, reasons.Reason), verdicts.SPEC_GONE, verdicts.PATCH_TOO_LARGE}
    faults = {str(reason) for reason in reasons.Reason if reasons.Note("", reason, "").is_fault}
    told = {reason for reason, words in found.items() if words.startswith("is refused")}
    assert told - {verdicts.SPEC_GONE, verdicts.PATCH_TOO_LARGE} == faults - {str(reasons.Reason.POD_UNREADABLE)}


def test_policies_name_no_other_reason_to_hold() -> None:
    """What policies.md says one sees is a reason to hold."""
    seen = {pages.codes(row["You see"])[0] for row in pages.table(_POLICIES, "You see")}
    assert seen <= {reason.value for reason in plans.HoldReason}


def test_every_field_of_a_policy_is_explained() -> None:
    """The table of fields in policies.md has each one that the reader takes, and no other."""
    told = {name for row in pages.table(_POLICIES, "Field") for name in pages.codes(row["Field"])}
    inner = {*_fields(schemas.Window, "windows[]."), *_fields(schemas.Freeze, "freezes[].")}
    assert told == {*_fields(schemas.Spec), *inner} - {"windows", "freezes"}


def test_every_rule_of_a_finding_is_explained() -> None:
    """The table of validate.md has each rule that a finding can be of, and no other."""
    rows = pages.table(pages.DOCS / "commands" / "validate.md", "Rule")
    assert [pages.codes(row["Rule"])[0] for row in rows] == [rule.value for rule in rules.Rule]


def test_every_rule_that_the_code_names_has_its_paragraph() -> None:
    """rollouts.md numbers the rules from 1 to 15; a comment that says `DESIGN §5.9` means the paragraph with a 9."""
    _, _, section = pages.prose(_ROLLOUTS).partition("## The rules")
    rules = [int(number) for number in re.findall(r"^(\d+)\. \*\*", section.partition("\n## ")[0], re.MULTILINE)]
    named = {int(n) for file in _CODE.rglob("*.py") for n in re.findall(r"DESIGN §5\.(\d+)", file.read_text())}
    assert rules == list(range(1, 16))
    assert named <= set(rules)


def test_every_type_and_reason_of_a_condition_is_named() -> None:
    """operating.md names the types and the reasons of conditions."""
    trees = [ast.parse(inspect.getsource(module)) for module in (standings, conditions)]
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    found = {text for text in texts if isinstance(text, str) and re.fullmatch(r"([A-Z][a-z]+)+", text)}
    assert {"PodsFailing", "Blocked", "Overdue"} <= found
    assert found <= set(pages.codes(pages.prose(_OPERATING)))


def test_files_of_the_status_branch_are_those_that_are_written() -> None:
    """The table of files in operating.md has each kind of file that a report is written to, and no other."""
    written = {
        paths.STATUS,
        paths.REJECTIONS,
        f"{paths.SETS}<name>.yaml",
        f"{paths.SETS}<name>.md",
        f"{paths.SETS}<name>.svg",
        f"{paths.POLICIES}<name>.yaml",
        f"{paths.HISTORY}<set>/<specHash>.yaml",
    }
    assert {pages.codes(row["File"])[0] for row in pages.table(_OPERATING, "File")} == written
    examples = (paths.set_file("a"), paths.policy_file("a"), paths.spec_file("a", "b"))
    assert examples == ("sets/a.yaml", "policies/a.yaml", "history/a/b.yaml")
    assert (paths.page_file("a"), paths.picture_file("a")) == ("sets/a.md", "sets/a.svg")


def test_metrics_are_those_that_exist() -> None:
    """The table of metrics has each one with its labels, and no page names another."""
    registry = metrics.Metrics().registry
    admissions.Admissions(registry)
    families = registry.collect()
    found = {f"{each.name}_total" if each.type == "counter" else each.name for each in families}
    named = {pages.codes(row["Metric"])[0] for row in pages.table(_OPERATING, "Metric")}
    assert named == found
    for page in pages.PAGES:
        assert set(_METRIC.findall(page.read_text(encoding="utf-8"))) <= named


def test_log_events_are_those_that_exist() -> None:
    """The table of events has each one that the code logs, and no other."""
    assert {pages.codes(row["Event"])[0] for row in pages.table(_OPERATING, "Event")} == _events_of_code()


def test_keys_of_a_status_are_those_that_are_written() -> None:
    """The table of `status` keys has each key of sets/<name>.yaml, and no other."""
    report = reports.SetReport(
        name="logtail",
        place=findings.Place("logtail.yaml", 1, 1),
        commit="4f2a9c1",
        generation=1,
        spec_hash="v1-a",
        stable="",
        forbidden=reports.Held("WritesForbidden", 1, "no"),
        failing={"shop/web": "logtail: ErrImagePull"},
        rejection="no",
        told_until=_MOMENT,
        in_doubt={"shop/web": _MOMENT},
        attempts=(reports.Attempt("shop", "web", "u", "Deployment/web", "v1-a", _MOMENT, _MOMENT),),
        rollouts=(reports.Rollout("v1-a", "4f2a9c1", "2026-11-24T02:00:00Z"),),
    )
    assert {pages.codes(row["Key"])[0] for row in pages.table(_OPERATING, "Key")} == set(
        records.of_set(report)["status"]
    )


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: str(page.relative_to(pages.ROOT)))
def test_settings_that_are_named_exist(page: Path) -> None:
    """Each setting and each environment variable in a page is one."""
    paths = {documents.spell(path) for path in loading.variables().values()}
    sections = {path.partition(".")[0] for path in paths}
    dotted = (name.partition(":")[0] for name in pages.codes(pages.prose(page)))
    named = {
        name for name in dotted if re.fullmatch(r"[a-z]+\.[a-zA-Z.]+", name) and name.partition(".")[0] in sections
    }
    modules = {f"{file.parent.name}.{file.stem}" for file in _CODE.glob("*/*.py")}
    assert named - paths - modules - _events_of_code() == set()
    assert set(_VARIABLE.findall(page.read_text(encoding="utf-8"))) <= {*loading.variables(), loading.FILE_VARIABLE}


def test_every_dependency_has_its_reason() -> None:
    """Decision 14 names each dependency of pyproject.toml in its table, and each tool below it."""
    page = pages.DOCS / "decisions" / "0014-dependencies.md"
    names = [re.split(r"[<>=]", line)[0].lower() for line in _PROJECT["project"]["dependencies"]]
    tools = [re.split(r"[<>=]", line)[0].lower() for line in _PROJECT["project"]["optional-dependencies"]["dev"]]
    rows = {row["Package"] for row in pages.table(page, "Package")}
    assert set(names) <= rows
    text = page.read_text(encoding="utf-8")
    assert [tool for tool in tools if tool not in text] == []


def _fields(model: type[pydantic.BaseModel], prefix: str = "") -> set[str]:
    """Return the names of a model's fields as they are written in a manifest."""
    return {prefix + (field.alias or name) for name, field in model.model_fields.items()}


def _events_of_code() -> set[str]:
    return {event for file in _CODE.rglob("*.py") for event in _events(ast.parse(file.read_text()))}


def _events(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the events that a module logs: the texts in the first argument of a call of `_log`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "_log":
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and _EVENT.fullmatch(part.value):
                    yield part.value
