"""What all models share: strictness, camelCase names, and the forms of text, numbers and quantities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pydantic
from pydantic import alias_generators
from pydantic_core import PydanticCustomError

from gitsidecar.manifests import names, quantities

FAULT = "gitsidecar"
"""The type of the errors whose words are ours already."""

_CAPITALS = {"host_ip": "hostIP"}


def _camel(name: str) -> str:
    return _CAPITALS.get(name) or alias_generators.to_camel(name)


class Model(pydantic.BaseModel):
    """One object of a manifest; unknown fields are errors, and no type is converted into another."""

    # Building is left to the first document: commands that read none do not pay for it.
    model_config = pydantic.ConfigDict(
        extra="forbid", strict=True, frozen=True, alias_generator=_camel, defer_build=True, hide_input_in_errors=True
    )


def fault(words: str) -> PydanticCustomError:
    """Return an error that says *words* as they are."""
    return PydanticCustomError(FAULT, "{words}", {"words": words})


def checked_by(check: Callable[[Any], str]) -> pydantic.AfterValidator:
    """Return a validator that refuses what *check* has words for."""

    def validate(value: Any) -> Any:
        words = check(value)
        if words:
            raise fault(words)
        return value

    return pydantic.AfterValidator(validate)


def _text_fault(text: str) -> str:
    return "" if text else "must not be empty"


def _words_fault(text: str) -> str:
    return "" if text.strip() else "must not be empty: say why, it is shown to whoever waits"


def _number_or_name_fault(port: object) -> str:
    if isinstance(port, str):
        return names.port_fault(port)
    if isinstance(port, int) and not isinstance(port, bool):
        return "" if 1 <= port <= 65535 else "must be between 1 and 65535"
    return "must be the number or the name of a port"


Text = Annotated[str, checked_by(_text_fault)]
Words = Annotated[str, checked_by(_words_fault)]
Label = Annotated[str, checked_by(names.label_fault)]
LabelKey = Annotated[str, checked_by(names.key_fault)]
LabelValue = Annotated[str, checked_by(names.value_fault)]
AnnotationKey = Annotated[str, checked_by(names.annotation_key_fault)]
Image = Annotated[str, checked_by(names.image_fault)]
VariableName = Annotated[str, checked_by(names.variable_fault)]
PortName = Annotated[str, checked_by(names.port_fault)]
PortNumber = Annotated[int, pydantic.Field(ge=1, le=65535)]
PortReference = Annotated[Any, checked_by(_number_or_name_fault)]
Quantity = Annotated[Any, checked_by(quantities.fault)]
Count = Annotated[int, pydantic.Field(ge=0, le=2**31 - 1)]
Positive = Annotated[int, pydantic.Field(ge=1, le=2**31 - 1)]
UserId = Annotated[int, pydantic.Field(ge=0, le=2**31 - 1)]
FileMode = Annotated[int, pydantic.Field(ge=0, le=0o777)]
ObjectName = Annotated[str, checked_by(names.domain_fault)]
ConfigKey = Annotated[str, checked_by(names.config_key_fault)]
FilePath = Annotated[str, checked_by(names.path_fault)]
Header = Annotated[str, checked_by(names.header_fault)]
