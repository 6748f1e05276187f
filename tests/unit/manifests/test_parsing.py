"""Bytes to documents: places are exact, and hostile bytes give one fault with its place."""

from __future__ import annotations

import json
import time

import pytest

from gitsidecar.manifests import composing, documents, parsing
from gitsidecar.model import files


def _read(content: str | bytes, path: str = "a.yaml") -> parsing.Reading:
    return parsing.read(files.File(path, content if isinstance(content, bytes) else content.encode()))


def _only(content: str | bytes, path: str = "a.yaml") -> documents.Document:
    reading = _read(content, path)
    assert not reading.faults
    (document,) = reading.documents
    return document


def _fault(content: str | bytes) -> str:
    reading = _read(content)
    assert not reading.documents
    (fault,) = reading.faults
    return str(fault)


def test_every_field_has_a_place() -> None:
    """Keys and values know their line and column, counted from 1 and in characters."""
    document = _only("# first\nspec:\n  größe: {n: 5, m: [x, {y: z}]}\n")
    assert document.value == {"spec": {"größe": {"n": 5, "m": ["x", {"y": "z"}]}}}
    assert document.keys["spec",] == (2, 1)
    assert document.values["spec",] == (3, 3)
    assert document.keys["spec", "größe"] == (3, 3)
    assert document.values["spec", "größe", "n"] == (3, 14)
    assert document.values["spec", "größe", "m", 1, "y"] == (3, 28)


def test_a_missing_field_is_placed_at_its_parent() -> None:
    """A finding about a field that is not there points at the nearest field that is."""
    document = _only("a: 1\nspec:\n  containers:\n  - name: x\n")
    found = document.finding(("spec", "containers", 0, "image"), "is missing", at_key=True)
    assert str(found) == "a.yaml:4:5: error: spec.containers[0].image: is missing"
    assert str(document.finding(("spec", "selector"), "is missing")) == "a.yaml:2:1: error: spec.selector: is missing"


def test_documents_are_told_apart() -> None:
    """Each document of a file is read by itself, an empty one as nothing."""
    assert [each.value for each in _read("a: 1\n---\n---\n- b\n...\n").documents] == [{"a": 1}, None, ["b"]]


def test_quotes_make_text() -> None:
    """Quoted and block scalars are text whatever they look like."""
    assert _only("a: '5'\nb: \"true\"\nc: |\n  null\n").value == {"a": "5", "b": "true", "c": "null\n"}


def test_a_byte_order_mark_is_passed_over() -> None:
    """A file that begins with a byte order mark is read as without, columns included."""
    document = _only(b"\xef\xbb\xbfa: 1\n")
    assert document.value == {"a": 1}
    assert document.keys["a",] == (1, 1)


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_with_places(indent: int | str | None) -> None:
    """A JSON file is read like any other, indented by tabs and with escapes beyond U+FFFF too."""
    value = {"a": {"b": [1, 2.5, True, None, "x/\u00e9\U0001f600\\u"]}}
    document = _only(json.dumps(value, indent=indent), "a.json")
    assert document.value == value
    assert ("a", "b", 4) in document.values


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[" * 100_000, "a.yaml:1:1001: error: is not valid YAML: exceeded maximum nesting depth"),
        ("{a: " * 100_000, "is nested more than 40 levels deep"),
        ("- " * 100_000, "a.yaml:1:81: error: "),
        ("? " * 100_000, "cannot be a field's name"),
        ("a: {{ .Values.image }}", "a.yaml:1:5: error: a: a mapping or list cannot be a field's name"),
        (b"a: b\nc: \xff\n", "a.yaml:2:4: error: byte 0xff is not UTF-8"),
        ("é: b\0", "a.yaml:1:5: error: character U+0000 is not allowed"),
        ("a: \x1b[0m", "character U+001B is not allowed"),
        (b"a" * (parsing.MAX_BYTES + 1), "a.yaml: error: is larger than 1 MiB"),
        ("a:\n\t- b", "a.yaml:2:1: error: is not valid YAML: found character that cannot start any token: indent with"),
        ('a: "b', "a quote or bracket that was opened is never closed"),
        ("a: [b", "is never closed"),
        ("a: b: c", "put text that contains ': ' in quotes"),
        ("a: @b", "in quotes"),
        ("a: b\nc: 'd\ne: f\n", "a.yaml:2:4: error: is not valid YAML: found unexpected end of stream: a quote"),
        ("a: b\n\tc: d", "a.yaml:2:1: error: is not valid YAML: found a tab character"),
        ("a: b\n\tc: d", "indentation: indent with spaces, never tabs"),
        ("a:\n   - b\n  - c\n", "check the indentation"),
        ("- a\nb: c", "begin all items of a list in the same column"),
        (" a: b\nc: d\n", "begin all fields in the same column, and each document with ---"),
        ("a: b - c: d\n- e", "check the indentation"),
        ("a: {b: c} - d", "begin each '- ' on a line of its own"),
        ("a:b\nc: d", "write 'name: value'"),
        ("a: |b\n", "begin the text after | or > on the next line"),
        ('a: "b\\q"', "write \\\\ for a backslash"),
        ("a: &\n", "put text that begins with one of &"),
        ("---\n" * 6000, "a.yaml:5001:1: error: holds more than 5000 documents"),
    ],
)
def test_what_cannot_be_read_is_one_fault(content: str | bytes, told: str) -> None:
    """A file that is no YAML, too deep or too large gives no document and one fault that says where and why."""
    assert told in _fault(content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a: &x b", "a.yaml:1:4: error: a: the anchor &x is not supported"),
        ("a: [*x]", "a.yaml:1:5: error: a[0]: the alias *x is not supported"),
        ("*x : b", "the alias *x is not supported"),
        ("a: !!str 5", "the tag tag:yaml.org,2002:str is not supported"),
        ("a: ! 5", "the tag ! is not supported"),
        ("a: !x {}", "the tag !x is not supported"),
        ("a: b\nc: d\na: e", "a.yaml:3:1: error: a: is written twice, first at 1:1"),
        ('"a": 1\na: 2', "is written twice"),
        ("1: a\n'1': b", "is written twice"),
        (r'a: "\0"', "a.yaml:1:4: error: a: text must not contain control characters"),
        (r'"\x1b": a', "text must not contain control characters"),
    ],
)
def test_doubtful_yaml_is_a_fault_of_its_document(content: str, told: str) -> None:
    """Anchors, aliases, tags, duplicate keys and control characters are errors that leave the rest readable."""
    assert told in str(_only(content).faults[0])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"a": [1, 2,]}', "a.json:1:12: error: is not valid JSON: remove the comma before the closing bracket"),
        ('{\n "a": 1,\n}', "a.json:2:8: error: is not valid JSON: remove the comma before the closing bracket"),
        ("{a: 1}", "a.json:1:2: error: is not valid JSON: "),
        ("{a: 1}", "names stand in double quotes"),
        ("{'a': 1}", "names stand in double quotes"),
        ('{"a": b}', "text stands in double quotes"),
        ('{"a": True}', "true, false and null are in lower case"),
        ('{"a": 1 "b": 2}', "a.json:1:9: error: is not valid JSON: "),
        ('{"a": 1 "b": 2}', "a comma or a closing bracket is missing"),
        ('{"a" 1}', "write a colon between name and value"),
        ('{"a": "b', "a.json:1:7: error: is not valid JSON: "),
        ('{"a": "b', "the closing quote is missing"),
        ('{"a": "b\tc"}', "write a line break as \\n and a tab as \\t"),
        (r'{"a": "\q"}', "write \\\\ for a backslash"),
        ('{"NaN \\"": [NaN]}', "a.json:1:13: error: is not valid JSON: NaN is no value: write a number"),
        ('{"a": -Infinity}', "-Infinity is no value"),
        ('{"a": 1}\n{"b": 2}', "a.json:2:1: error: is not valid JSON: "),
        ('{"a": 1}\n{"b": 2}', "a .json file holds one value: write kind: List, or call the file .yaml"),
        ('// why\n{"a": 1}', "JSON has no comments"),
        ('{"a": 1} # why', "JSON has no comments"),
        ("kind: SidecarSet", "is not valid JSON"),
        ("[" * 100_000, "exceeded maximum nesting depth"),
        ('{"a": ' * 60 + "1" + "}" * 60, "is nested more than 40 levels deep"),
    ],
)
def test_a_json_file_holds_json(content: str, told: str) -> None:
    """What only YAML takes is an error in a `.json` file, with its place; depth is limited as ever."""
    reading = _read(content, "a.json")
    assert not reading.documents
    assert told in str(reading.faults[0])


def test_duplicates_in_json_are_a_fault_of_the_document() -> None:
    """JSON readers take the last of two values, so a key written twice is told."""
    assert "a.json:1:10: error: a: is written twice" in str(_only('{"a": 1, "a": 2}', "a.json").faults[0])


@pytest.mark.parametrize("content", ["", " \n", "\ufeff"])
def test_an_empty_json_file_is_no_fault(content: str) -> None:
    """A `.json` file with nothing in it is empty, as any other."""
    assert _read(content, "a.json") == parsing.Reading()


def test_a_number_of_json_may_be_long() -> None:
    """More digits than Python converts do no harm: such a number is text, which no field takes."""
    assert _only('{"a": ' + "9" * 5000 + "}", "a.json").value == {"a": "9" * 5000}


def test_an_alias_bomb_is_refused_quickly() -> None:
    """Aliases are never expanded, and no more than a hundred of them are told."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert len(_only("\n".join(lines)).faults) == 100


def test_the_first_of_two_values_is_kept() -> None:
    """Of a field written twice the first value is kept, so that a name can be told."""
    assert _only("a: {b: 1}\na: {b: 2}").value == {"a": {"b": 1}}


def test_a_full_mebibyte_is_read() -> None:
    """A file of just 1 MiB is read, in seconds."""
    begin = time.monotonic()
    document = _only(("a: [" + "b, " * 400_000)[: parsing.MAX_BYTES - 1] + "]")
    assert len(document.value["a"]) > 300_000
    assert time.monotonic() - begin < 20


def test_forty_levels_are_enough() -> None:
    """As many levels as are allowed are read."""
    assert _only("[" * composing.MAX_DEPTH + "]" * composing.MAX_DEPTH).value


@pytest.mark.parametrize(
    ("path", "spelt"),
    [
        (("spec", "containers", 0, "image"), "spec.containers[0].image"),
        (("metadata", "annotations", "a.io/b"), 'metadata.annotations["a.io/b"]'),
        (("items", 1), "items[1]"),
        (("a\nb",), '["a\\nb"]'),
    ],
)
def test_paths_are_spelt_as_people_write_them(path: documents.Path, spelt: str) -> None:
    """A path is dots and brackets, on one line whatever it holds."""
    assert documents.spell(path) == spelt
