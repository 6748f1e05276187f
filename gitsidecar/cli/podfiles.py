"""
Files with pods and workloads, read and written as kubectl reads them.

Other than in our own manifests, ``0644`` is 420 and ``yes`` is true here: that is what the cluster would be told.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

_MAX_DEPTH = 60
_MARKER = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)
_TAG = "tag:yaml.org,2002:"
_NUMBERS = list("-+.0123456789")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*|0[0-7]+|0o[0-7]+|0x[0-9a-fA-F]+|0b[01]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z")
_BOOL = re.compile(r"(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)\Z")


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """One document of a file, and its text where it is YAML: what is not changed is printed as it was."""

    value: Any
    text: str = ""


def read(content: bytes, name: str) -> list[Document]:
    """Return the documents of a file. Raises ValueError, with the place and words to show."""
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: it is not UTF-8: save it as UTF-8") from error
    if text.lstrip()[:1] == "{":
        values = _json_values(text)
        if values is not None:
            return [Document(value) for value in values]
    return [_read_yaml(chunk, line, name) for chunk, line in _chunks(text)]


def dump(document: Document) -> str:
    """Return *document* as YAML."""
    if document.text:
        return document.text if document.text.endswith("\n") else document.text + "\n"
    text = yaml.dump(
        document.value, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=100_000
    )
    return str(text)


def _json_values(text: str) -> list[Any] | None:
    """Return the values that stand one after another in *text*, or ``None`` when it is not JSON."""
    decoder, values, at = json.JSONDecoder(), [], 0
    try:
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            values.append(value)
            at = end + len(text[end:]) - len(text[end:].lstrip())
    except (ValueError, RecursionError):
        return None
    return values


def _chunks(text: str) -> Iterator[tuple[str, int]]:
    """Yield each document's text and the number of lines before it; comments before the first count as one too."""
    starts = [0, *(match.end() for match in _MARKER.finditer(text))]
    ends = [*(match.start() for match in _MARKER.finditer(text)), len(text)]
    for start, end in zip(starts, ends, strict=True):
        chunk = text[start:end].removeprefix("\n")
        if chunk.strip():
            yield chunk, text.count("\n", 0, end - len(chunk))


def _read_yaml(text: str, line: int, name: str) -> Document:
    try:
        _check(text)
        return Document(yaml.load(text, Loader=_Loader), text)  # noqa: S506  # a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{line + mark.line + 1}:{mark.column + 1}" if mark is not None else name
        raise ValueError(f"{place}: it is not valid YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ValueError(f"{name}: {' '.join(str(error).split())[:200]}") from error


def _check(text: str) -> None:
    """Refuse what the C composer would die of, and tags, whose values nobody could print again."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag not in (None, "!"):
            raise _fault(f"the tag {str(event.tag)[:60]} is not supported: remove it", event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _fault(f"more than {_MAX_DEPTH} levels are refused", event)


def _fault(words: str, at: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=words, problem_mark=at.start_mark)


class _Loader(yaml.CSafeLoader):
    """Reads plain scalars as kubectl does, and refuses a field that is written twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own form

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != f"{_TAG}merge":
                if key.value in seen:
                    raise _fault(f"{key.value[:60]!r} is written twice: remove one of the two", key)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.CSafeDumper):
    """Writes equal values in full, and quotes text that some reader of YAML would take for something else."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the signature is PyYAML's
        return True


_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(f"{_TAG}merge", re.compile(r"<<\Z"), ["<"])
_Loader.add_implicit_resolver(f"{_TAG}bool", _BOOL, list("yYnNtTfFoO"))
_Loader.add_implicit_resolver(f"{_TAG}int", _INT, _NUMBERS)
_Loader.add_implicit_resolver(f"{_TAG}float", _FLOAT, _NUMBERS)
_Dumper.add_implicit_resolver(f"{_TAG}bool", re.compile(r"[yYnN]\Z"), list("yYnN"))
_Dumper.add_implicit_resolver(f"{_TAG}int", _INT, _NUMBERS)
_Dumper.add_implicit_resolver(f"{_TAG}float", _FLOAT, _NUMBERS)
