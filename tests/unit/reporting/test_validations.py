"""What `validate` prints for programs: JSON, workflow commands, SARIF, JUnit."""

from __future__ import annotations

import re
import urllib.parse
from typing import Any
from xml.etree import ElementTree

import hypothesis
import pytest
from hypothesis import strategies as st

from gitsidecar.model import findings, rules
from gitsidecar.reporting import junits, sarifs, validations

_LEVELS = st.sampled_from(findings.Level)
_FOUND = st.builds(
    findings.Finding,
    file=st.one_of(st.sampled_from(["a.yaml", "sets/b c.yaml", "/abs/ü.yaml"]), st.text(min_size=1)),
    line=st.integers(0, 5),
    column=st.integers(0, 5),
    field=st.text(),
    message=st.text(min_size=1),
    level=_LEVELS,
    rule=st.one_of(st.none(), st.sampled_from(rules.Rule)),
)
_ONE = findings.Finding("a,b.yaml", 3, 7, "spec.x", "50% of it\nis: lost", findings.Level.WARNING, rules.Rule.ROUNDING)


def test_json_has_the_documented_members() -> None:
    """The rule is a word for programs, the message one for people."""
    assert validations.to_json([_ONE]) == {
        "findings": [
            {
                "level": "warning",
                "file": "a,b.yaml",
                "line": 3,
                "column": 7,
                "field": "spec.x",
                "message": "50% of it\nis: lost",
                "rule": "rounding",
            }
        ]
    }


def test_workflow_commands_are_escaped() -> None:
    """What would end the command or one of its properties is escaped; in the message ',' and ':' are harmless."""
    assert list(validations.to_github([_ONE])) == [
        "::warning file=a%2Cb.yaml,line=3,col=7,title=gitsidecar%3A rounding::spec.x: 50%25 of it%0Ais: lost"
    ]


@hypothesis.given(st.lists(_FOUND, max_size=5))
def test_a_workflow_command_is_one_line_and_can_be_read_back(found: list[findings.Finding]) -> None:
    """Whatever names and messages hold, the runner sees one command each, with the very words."""
    for each, line in zip(found, validations.to_github(found), strict=True):
        command = re.fullmatch(
            r"::(error|warning|notice) file=([^,:\r\n]*),line=\d+,col=\d+[^:\r\n]*::([^\r\n]*)", line
        )
        assert command is not None
        assert _unescaped(command[2]) == each.file
        assert _unescaped(command[3]) == validations.words(each)


@hypothesis.given(st.lists(_FOUND, max_size=5))
def test_sarif_keeps_to_its_schema(found: list[findings.Finding]) -> None:
    """The members that the schema of SARIF 2.1.0 asks for are there, and have the types that it gives them."""
    log = sarifs.to_sarif(found, "0.1.0")
    assert log.keys() == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    assert run.keys() <= {"tool", "columnKind", "results"}
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = run["tool"]["driver"]
    assert driver["name"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", each) for each in ids)
    assert all(rule["shortDescription"]["text"].endswith(".") for rule in driver["rules"])
    for each, result in zip(found, run["results"], strict=True):
        _check_result(result, ids)
        assert result["message"]["text"] == validations.words(each)


def _check_result(result: dict[str, Any], ids: list[str]) -> None:
    assert result.keys() == {"ruleId", "ruleIndex", "level", "message", "locations"}
    assert ids[result["ruleIndex"]] == result["ruleId"]
    assert result["level"] in ("none", "note", "warning", "error")
    assert result["message"].keys() == {"text"}
    [location] = result["locations"]
    assert location.keys() <= {"physicalLocation", "logicalLocations"}
    for logical in location.get("logicalLocations", ()):
        assert logical["fullyQualifiedName"]
    region = location["physicalLocation"]["region"]
    assert region["startLine"] >= 1
    assert region["startColumn"] >= 1
    artifact = location["physicalLocation"]["artifactLocation"]
    parts = urllib.parse.urlsplit(artifact["uri"])
    assert artifact["uri"].isascii()
    assert not re.search(r"[\s<>\"{}|\\^`]", artifact["uri"])
    assert (parts.scheme, "uriBaseId" in artifact) in (("file", False), ("", True))


@pytest.mark.parametrize(
    ("file", "artifact"),
    [
        ("sets/a b#1.yaml", {"uri": "sets/a%20b%231.yaml", "uriBaseId": "%SRCROOT%"}),
        ("a:b.yaml", {"uri": "a%3Ab.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/sets/ü.yaml", {"uri": "file:///sets/%C3%BC.yaml"}),
    ],
)
def test_paths_are_uris(file: str, artifact: dict[str, str]) -> None:
    """A relative path stays relative to the repository's top; an absolute one is a file's address."""
    log = sarifs.to_sarif([findings.Finding(file, 1, 1, "", "x")], "0.1.0")
    [location] = log["runs"][0]["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == artifact


@hypothesis.given(st.lists(_FOUND, max_size=8), st.booleans())
def test_junit_is_well_formed_and_counts_right(found: list[findings.Finding], is_strict: bool) -> None:
    """A strict parser reads it whatever the words are; each file is one test, which fails by its own findings."""
    failing = [findings.Level.ERROR, *([findings.Level.WARNING] if is_strict else [])]
    root = ElementTree.fromstring(junits.to_junit(["a.yaml"], found, failing).encode("utf-8"))
    [suite] = root
    cases = suite.findall("testcase")
    files = {"a.yaml", *(each.file for each in found)}
    failed = {each.file for each in found if each.level in failing}
    assert (root.tag, suite.tag, len(cases)) == ("testsuites", "testsuite", len(files))
    for element in (root, suite):
        counts = (element.attrib["tests"], element.attrib["failures"], element.attrib["errors"])
        assert counts == (str(len(files)), str(len(failed)), "0")
    assert sum(case.find("failure") is not None for case in cases) == len(failed)
    for case in cases:
        assert case.attrib.keys() == {"classname", "name", "file"}
        assert [child.tag for child in case] in ([], ["failure"], ["system-out"], ["failure", "system-out"])


def test_junit_tells_all_of_a_file_at_once() -> None:
    """Errors are the failure, what does not count is the output, and quotes and brackets are kept."""
    error = findings.Finding('a"<b>.yaml', 1, 2, "spec", "no & <never>")
    [case] = ElementTree.fromstring(
        junits.to_junit([], [error, _at(error, findings.Level.NOTE)], [findings.Level.ERROR])
    ).iter("testcase")
    failure, output = case
    assert case.attrib["name"] == 'a"<b>.yaml'
    assert (failure.attrib, failure.text) == ({"message": "1 finding", "type": "error"}, str(error))
    assert output.text == 'a"<b>.yaml:1:2: note: spec: no & <never>'


def _at(found: findings.Finding, level: findings.Level) -> findings.Finding:
    return findings.Finding(found.file, found.line, found.column, found.field, found.message, level)


def _unescaped(text: str) -> str:
    return re.sub(r"%(25|0D|0A|3A|2C)", lambda code: chr(int(code[1], 16)), text)
