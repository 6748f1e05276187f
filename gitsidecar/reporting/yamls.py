"""YAML of the status branch: written so that diffs are small, read so that no file can hurt the process."""

from __future__ import annotations

import json
from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WIDTH = 100_000  # never fold: a changed word must change one line
_DEEPEST = 60  # a manifest is at most 40 deep, and stands two deep in its file


class _Plain(_Dumper):  # type: ignore[misc]  # the C class comes without types
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the signature is PyYAML's
        return True  # two equal values must not become an anchor and an alias


def _represent_text(dumper: Any, data: str) -> Any:
    # A lone surrogate, which JSON can spell, has no bytes in UTF-8.
    return dumper.represent_scalar("tag:yaml.org,2002:str", data.encode("utf-8", "replace").decode("utf-8"))


_Plain.add_representer(str, _represent_text)
_Plain.add_multi_representer(str, _represent_text)


def dump(value: object) -> bytes:
    """Return *value* as a block-style document; mappings keep their order."""
    text = yaml.dump(value, Dumper=_Plain, sort_keys=False, default_flow_style=False, allow_unicode=True, width=_WIDTH)
    return str(text).encode()


def load(content: bytes) -> object:
    """
    Return the one document in *content*. Raises ValueError, with words to show.

    The events are looked over first, because the C composer recurses: a deep enough file would end the process.
    """
    try:
        _check(content)
        return yaml.load(content, Loader=_Loader)  # noqa: S506  # a safe loader
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(f"it is not YAML as gitsidecar writes it: {_first_line(error)}") from error


def from_json(document: str) -> object:
    """Return what the JSON text *document* says."""
    return json.loads(document)


def to_json(value: object) -> str:
    """Return *value* as canonical JSON: sorted keys, no spaces. Raises ValueError for what JSON cannot hold."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"it cannot be written as JSON: {error}") from error


def canonical(document: str) -> str:
    """Return the JSON text *document* as reading it back from the status branch will give it."""
    return to_json(from_json(document))


def _check(content: bytes) -> None:
    depth = 0
    for event in yaml.parse(content, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("it uses an alias")  # noqa: TRY004  # the caller expects one kind of error
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} deep")


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
