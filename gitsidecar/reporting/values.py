"""What a damaged file may hold, taken as what it should be: a text, a number, a list; or said to be none."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

_T = TypeVar("_T")
Json = Mapping[str, Any]


def each_of(value: object, build: Callable[[Json], _T]) -> Iterator[_T]:
    """Yield what *build* makes of the items of a list; a damaged one counts as not there."""
    for each in sequence(value):
        try:
            yield build(mapping(each, "an item"))
        except ValueError:
            continue


def words(value: object) -> list[str]:
    """Return those items of a list that are text."""
    return [each for each in sequence(value) if isinstance(each, str)]


def texts(value: object) -> Mapping[str, str]:
    """Return those members of a mapping that are text."""
    if not isinstance(value, dict):
        return {}
    return {key: item for key, item in value.items() if isinstance(key, str) and isinstance(item, str)}


def sequence(value: object) -> list[Any]:
    """Return *value* if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def mapping(value: object, what: str) -> Json:
    """Return *value*. Raises ValueError, which calls it *what*, when it is no mapping."""
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a mapping")  # noqa: TRY004  # the callers expect one kind of error
    return value


def text(each: Json, key: str) -> str:
    """Return the text that *each* has under *key*. Raises ValueError when it has none."""
    value = each.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} is not text")  # noqa: TRY004  # as above
    return value


def number(value: object) -> int:
    """Return *value* if it counts something, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def moment(value: object) -> datetime.datetime | None:
    """Return the moment that *value* spells, if it does."""
    try:
        found = datetime.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def since(each: Json, key: str) -> str:
    """Return the time that *each* has under *key*, as it is spelt. Raises ValueError."""
    found = text(each, key)
    if moment(found) is None:
        raise ValueError(f"{key} is not a time with its zone")
    return found
