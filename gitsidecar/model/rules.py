"""The rules that findings are of: a name that stays, for programs to go by, and what the rule asks."""

from __future__ import annotations

import enum


class Rule(enum.StrEnum):
    """Name a rule; `asks` says what it asks of a manifest."""

    asks: str

    def __new__(cls, name: str, asks: str) -> Rule:
        """Return the rule called *name*."""
        rule = str.__new__(cls, name)
        rule._value_ = name
        rule.asks = asks
        return rule

    FILE = "file", "A file can be read: no link, UTF-8, at most 1 MiB, and YAML that all readers read alike."
    KIND = "kind", "A document says what it is: apiVersion and kind."
    FIELD = "field", "Fields exist, and their values have the right type and form."
    NO_VALUE = "no-value", "A field that is named has a value."
    OLDER_FORM = "older-form", "A field is written in today's form."
    UNSUPPORTED = "unsupported", "Nothing is asked for that gitsidecar cannot do."
    TOGETHER = "together", "Fields go together, and Kubernetes takes a pod that has them."
    NAME_TAKEN = "name-taken", "A name is given once."
    SELECTS_NOTHING = "selects-nothing", "There can be a pod that a selector matches."
    COLLISION = "collision", "Two sets that can meet on a pod do not bring the same thing."
    COVERS_NOTHING = "covers-nothing", "A RolloutPolicy is for sets that exist."
    IMAGE_TAG = "image-tag", "An image has a tag other than latest, or a digest."
    ALL_AT_ONCE = "all-at-once", "Not all pods of a set restart at the same time."
    NONE_MOVES = "none-moves", "A set that rolls out lets pods move."
    ROUNDING = "rounding", "A percentage is about what it comes to in whole pods."
    SHORT_WINDOW = "short-window", "A window is open for as long as a pod takes to restart."
    NEVER_OPENS = "never-opens", "There is a moment at which pods may start to move."
    PAST_FREEZE = "past-freeze", "A freeze is not over yet."
