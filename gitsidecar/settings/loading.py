"""The settings file and the environment to one checked value, or to every reason why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pydantic

from gitsidecar import errors
from gitsidecar.manifests import documents, drafts, names, parsing, wording
from gitsidecar.model import files, findings
from gitsidecar.settings import configs

PREFIX = "GITSIDECAR_"
FILE_VARIABLE = "GITSIDECAR_CONFIG"
"""Names the settings file, so it cannot be a setting."""

_SERVICE_LINK = re.compile(PREFIX + r"(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_\w+)?")
"""What Kubernetes puts into every container's environment for a Service whose name begins with ``gitsidecar``."""
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def load(file: Path, environ: Mapping[str, str]) -> configs.GitsidecarConfig:
    """
    Return the settings of *file*, with those of *environ* (``GITSIDECAR_…``) over them.

    Raises StalledError that lists everything that is wrong, each with ``file:line:col`` or the variable's name.
    """
    document = _read(file)
    value, origins = _overlay(drafts.mapping(document.value), environ)
    found = list(_strangers(environ))
    try:
        config = configs.GitsidecarConfig.model_validate(value)
    except pydantic.ValidationError as error:
        draft = drafts.Draft(document, value)
        found += [_placed(each, origins) for each in wording.explain(error, draft, model=configs.GitsidecarConfig)]
    if found:
        raise _refusal(file, found)
    return config


def variables(model: type[pydantic.BaseModel] = configs.GitsidecarConfig) -> dict[str, documents.Path]:
    """Return every environment variable and the path of the setting that it sets."""
    return {PREFIX + "_".join(_WORD.sub("_", part) for part in path).upper(): path for path in _leaves(model)}


def _read(file: Path) -> documents.Document:
    try:
        content = file.read_bytes()
    except OSError as error:
        words = f"cannot read the settings file {file}: {error.strerror}; name yours with --config"
        raise errors.StalledError(words) from error
    reading = parsing.read(files.File(str(file), content))
    found = [*reading.faults, *(fault for each in reading.documents for fault in each.faults)]
    if len(reading.documents) > 1:
        found.append(reading.documents[1].finding((), "a settings file holds one document: remove this one"))
    if found:
        raise _refusal(file, found)
    return reading.documents[0] if reading.documents else documents.Document(str(file), {}, {(): (1, 1)}, {})


def _overlay(value: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return *value* with the variables laid over it, and which field came from which variable."""
    known = variables()
    merged = {key: dict(each) if isinstance(each, dict) else each for key, each in value.items()}
    origins = {}
    for name, path in known.items():
        if name in environ:
            _put(merged, path, environ[name])
            origins[documents.spell(path)] = name
    return merged, origins


def _put(into: dict[str, Any], path: documents.Path, value: str) -> None:
    for part in path[:-1]:
        inner = into.get(str(part))
        into[str(part)] = dict(inner) if isinstance(inner, dict) else {}
        into = into[str(part)]
    into[str(path[-1])] = value


def _strangers(environ: Mapping[str, str]) -> Iterator[findings.Finding]:
    known = variables()
    for name in sorted(environ):
        is_meant = name.startswith(PREFIX) and name != FILE_VARIABLE and not _SERVICE_LINK.fullmatch(name)
        if is_meant and name not in known:
            hint = names.suggestion(name, known) or "unset it"
            yield findings.Finding(f"environment variable {name}", 0, 0, "", f"is not a setting: {hint}")


def _placed(finding: findings.Finding, origins: Mapping[str, str]) -> findings.Finding:
    name = origins.get(finding.field)
    if name is None:
        return finding
    return findings.Finding(f"environment variable {name}", 0, 0, finding.field, finding.message)


def _refusal(file: Path, found: list[findings.Finding]) -> errors.StalledError:
    return errors.StalledError("\n".join([f"the settings of {file} cannot be used:", *(f"  {each}" for each in found)]))


def _leaves(model: type[pydantic.BaseModel], path: documents.Path = ()) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        here = (*path, field.alias or name)
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, pydantic.BaseModel):
            yield from _leaves(inner, here)
        elif name not in ("api_version", "kind"):
            yield tuple(str(part) for part in here)
