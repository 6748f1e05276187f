"""The forms that settings are written in: sections, durations, addresses, lists that also fit into a variable."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import pydantic
from pydantic import alias_generators

from gitsidecar.manifests.schemas import bases

_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Section(pydantic.BaseModel):
    """One section of the settings; unknown fields are errors."""

    model_config = pydantic.ConfigDict(
        alias_generator=alias_generators.to_camel, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


def _seconds(value: Any) -> Any:
    """Read ``30s``, ``1m30s`` or a plain number of seconds."""
    if isinstance(value, bool):
        raise bases.fault(f"{str(value).lower()} is not a duration: write for example 30s, 1m30s or 2h")
    if not isinstance(value, str) or _PLAIN.fullmatch(value):
        return value
    parts = _DURATION.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise bases.fault(f"{value!r} is not a duration: write for example 30s, 1m30s or 2h")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise bases.fault(f"{value!r} is not an address: write host:port, for example 0.0.0.0:8080")
    return f"{host}:{port}"


def _read_json(value: Any) -> Any:
    """Read a list that stands in an environment variable; one of the file comes as a list already."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise bases.fault("is not JSON: write a list in brackets, or set it in the settings file") from None


_SECONDS_SCHEMA = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": 86400},
        {"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h))+$|^\d+(\.\d+)?$"},
    ]
}
Seconds = Annotated[
    float,
    pydantic.BeforeValidator(_seconds),
    pydantic.Field(gt=0, le=86400),
    pydantic.WithJsonSchema(_SECONDS_SCHEMA, mode="validation"),
]
Address = Annotated[str, pydantic.AfterValidator(_address)]
JsonText = pydantic.BeforeValidator(_read_json)
