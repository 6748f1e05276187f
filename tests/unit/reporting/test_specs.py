"""The status branch keeps the specs that somebody may still need."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest

from gitsidecar.model import histories
from gitsidecar.reporting import specs
from tests.unit.reporting import builders as b


def _known(count: int) -> histories.SetHistory:
    known = b.history().sets["logtail"]
    return dataclasses.replace(known, specs={f"v1-{number:02}": f'{{"n":{number}}}' for number in range(1, count + 1)})


def _numbers(kept: Iterable[str]) -> list[int]:
    return [int(each.removeprefix("v1-")) for each in kept]


def test_limit_drops_the_oldest() -> None:
    """Fifteen specs that nobody runs are cut to the limit, the oldest first; the latest counts."""
    assert _numbers(specs.keep(b.sidecar_set(spec="v1-16"), (), _known(15), "")) == [*range(7, 16), 16]


@pytest.mark.parametrize(
    ("running", "kept"), [(range(1, 9), [*range(1, 9), 14, 15]), (range(1, 12), [*range(1, 12), 15])]
)
def test_specs_that_pods_run_are_kept(running: range, kept: list[int]) -> None:
    """A spec that a matched pod still runs is kept whatever the limit (reference §4.3)."""
    hashes = [f"v1-{number:02}" for number in running]
    assert _numbers(specs.keep(b.sidecar_set(spec="v1-15"), hashes, _known(15), "")) == kept


def test_stable_spec_is_kept() -> None:
    """The spec that new pods get while a rollout is held is never dropped."""
    latest = b.sidecar_set(spec="v1-15", revision_history_limit=1)
    assert _numbers(specs.keep(latest, (), _known(15), "v1-03")) == [3, 15]


def test_spec_that_comes_back_is_the_newest() -> None:
    """Going back to an earlier spec keeps the document that first brought it, and makes it the last to go."""
    kept = specs.keep(b.sidecar_set(spec="v1-02"), (), _known(3), "")
    assert list(kept.items()) == [("v1-01", '{"n":1}'), ("v1-03", '{"n":3}'), ("v1-02", '{"n":2}')]
