"""
How many examples the laws look at: the same few in every run, or, for a search, others and as many as asked for.

``LAW_EXAMPLES=1000`` searches; whatever it finds belongs into a test of its own.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_SEARCH = int(os.environ.get("LAW_EXAMPLES", "0"))
_PHASES = (Phase.explicit, Phase.generate, *([Phase.shrink] if _SEARCH else []))  # to shrink a story takes minutes


def of_stories(examples: int = 30) -> settings:
    """Return the settings of a story that takes many steps."""
    return settings(_settings(examples), stateful_step_count=20)


def of_plans(examples: int = 200) -> settings:
    """Return the settings of a law of plans, which take a millisecond or two."""
    return _settings(examples)


def _settings(examples: int) -> settings:
    return settings(
        max_examples=_SEARCH or examples,
        derandomize=not _SEARCH,
        deadline=None,  # the machine of a busy CI is slow now and then
        database=None,
        phases=_PHASES,
        report_multiple_bugs=False,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    )
