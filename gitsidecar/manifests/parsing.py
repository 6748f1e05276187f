"""The bytes of a file to documents; whatever the bytes are, the answer is values or a fault with its place."""

from __future__ import annotations

import dataclasses
import re

import yaml

from gitsidecar.manifests import composing, documents, jsons
from gitsidecar.model import files, findings

MAX_BYTES = 1 << 20

# What YAML forbids in a file. Looked for by ourselves: libyaml tells a byte offset and no line.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# JSON writes characters beyond U+FFFF as two escapes, which YAML does not know.
_JSON_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What became of one file: its documents, or the faults for which it could not be read at all."""

    documents: tuple[documents.Document, ...] = ()
    faults: tuple[findings.Finding, ...] = ()


def read(file: files.File) -> Reading:
    """Return the documents of *file* (YAML or JSON); never raises, whatever the bytes are."""
    text = _decode(file)
    if isinstance(text, findings.Finding):
        return Reading(faults=(text,))
    composer = composing.Composer(file.path)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            composer.take(event)
            if composer.end is not None:
                return Reading(faults=(composer.end,))
    except yaml.YAMLError as error:
        return Reading(faults=(_syntax(file.path, error),))
    return Reading(tuple(composer.documents))


def _decode(file: files.File) -> str | findings.Finding:
    if len(file.content) > MAX_BYTES:
        return findings.Finding(file.path, 0, 0, "", "is larger than 1 MiB: split it into several files")
    try:
        text = file.content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = file.content[: error.start].decode("utf-8")
        return _at(file.path, before, f"byte 0x{file.content[error.start]:02x} is not UTF-8: save the file as UTF-8")
    wrong = _FORBIDDEN.search(text)
    if wrong is not None:
        message = f"character U+{ord(wrong[0]):04X} is not allowed in YAML: remove it"
        return _at(file.path, text[: wrong.start()], message)
    if not file.path.endswith(".json"):
        return text
    fault = jsons.fault(text)  # first, because YAML takes what other readers of JSON refuse
    return _JSON_PAIR.sub(_join_pair, text) if fault is None else _at(file.path, text[: fault.at], fault.words)


def _at(file: str, before: str, message: str) -> findings.Finding:
    return findings.Finding(file, before.count("\n") + 1, len(before) - before.rfind("\n"), "", message)


def _join_pair(pair: re.Match[str]) -> str:
    return pair[1] + chr(0x10000 + ((int(pair[2], 16) - 0xD800) << 10) + (int(pair[3], 16) - 0xDC00))


def _syntax(file: str, error: yaml.YAMLError) -> findings.Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or "cannot be parsed"
    hint = next((f": {words}" for part, words in _HINTS if part in f"{problem} {error}"), "")
    if isinstance(error, yaml.scanner.ScannerError) and "end of stream" in str(problem):
        mark = error.context_mark or mark  # where the quote was opened: the end of the file tells nothing
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return findings.Finding(file, line, column, "", f"is not valid YAML: {problem}{hint}")


_INDICATORS = "put text that begins with one of & * ! | > % @ ` , [ ] { } in quotes"
_HINTS = (
    ("maximum nesting depth", f"more than {composing.MAX_DEPTH} levels are refused"),
    ("cannot start any token", "indent with spaces, never tabs, and put text that begins with @, ` or % in quotes"),
    ("tab character", "indent with spaces, never tabs"),
    (
        "mapping values are not allowed",
        "put text that contains ': ' in quotes, write 'name: value' with a space, and check the indentation",
    ),
    ("sequence entries are not allowed", "begin each '- ' on a line of its own, and put text with '- ' in quotes"),
    ("did not find expected '-' indicator", "begin all items of a list in the same column"),
    ("did not find expected <document start>", "begin all fields in the same column, and each document with ---"),
    ("did not find expected key", "check the indentation of this line and the one before it"),
    ("could not find expected ':'", "write 'name: value', and check the indentation"),
    ("invalid Unicode character escape", "write the character itself"),
    ("unexpected end of stream", "a quote or bracket that was opened is never closed"),
    ("unexpected document indicator", "a quote or bracket that was opened is never closed, or text is not indented"),
    ("did not find expected ',' or", "a bracket that was opened is never closed, or a comma is missing"),
    ("unexpected ':'", "a bracket that was opened is never closed, or a comma is missing"),
    ("unknown escape character", "write \\\\ for a backslash, or put the text in single quotes"),
    ("comment or line break", f"{_INDICATORS}, and begin the text after | or > on the next line"),
    ("", _INDICATORS),
)
