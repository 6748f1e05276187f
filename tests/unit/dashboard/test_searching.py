"""Finding pods by a part of their name."""

from __future__ import annotations

from gitsidecar.dashboard import searching
from gitsidecar.model import pods


def test_the_first_in_order_are_kept_and_all_are_counted() -> None:
    """Whatever chunk a pod stands in, those first by namespace and name are returned."""
    found, number = searching.search(_snapshot(3000), "web-1", 3)
    assert [pod.key for pod in found] == ["shop/web-1", "shop/web-10", "shop/web-100"]
    assert number == 1111


def test_the_namespace_is_part_of_the_name() -> None:
    """One may ask for a namespace, or for both."""
    assert searching.search(_snapshot(3), "shop/", 9)[1] == 3
    assert searching.search(_snapshot(3), "p/web-2", 9)[1] == 1
    assert searching.search(_snapshot(3), "bank", 9) == ((), 0)


def test_the_words_are_no_pattern() -> None:
    """What means something in an expression means itself here."""
    assert searching.search(_snapshot(3), ".*", 9) == ((), 0)


def _snapshot(number: int) -> pods.Snapshot:
    return pods.snapshot(pods.Pod("shop", f"web-{each}", str(each), {}) for each in range(number))
