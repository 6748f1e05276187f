"""Quantities compare by value and are written as the API server writes them."""

from __future__ import annotations

import pytest

from gitsidecar.manifests import quantities


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (1, "1"),
        (0.5, "500m"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1000Ki", "1000Ki"),
        ("512M", "512M"),
        ("1000", "1k"),
        ("1024", "1024"),
        ("0.5Ki", "512"),
        ("0", "0"),
        ("0Mi", "0"),
        ("1e3", "1e3"),
        ("100n", "1m"),
        ("2E", "2E"),
        (".5", "500m"),
        ("+5", "5"),
    ],
)
def test_the_canonical_form_is_the_api_servers(written: str | float, shown: str) -> None:
    """A quantity's canonical form is the one that a pod shows, its family of suffixes kept."""
    assert not quantities.fault(written)
    assert quantities.canonical(written) == shown


@pytest.mark.parametrize(
    ("one", "other"), [("0.5", "500m"), ("1Gi", "1024Mi"), ("1Gi", 1073741824), ("1k", "1e3"), ("1", "1000m")]
)
def test_equal_amounts_are_equal(one: str | float, other: str | float) -> None:
    """However an amount is written, its thousandths are the same."""
    assert quantities.milli(one) == quantities.milli(other)


@pytest.mark.parametrize("wrong", ["", "5Mb", "1 Gi", "-1", "1e99", "9" * 65, "1e9999", None, True, [], "½", "1Gi\n"])
def test_what_is_no_quantity_is_told(wrong: object) -> None:
    """Anything else has words that say so."""
    assert quantities.fault(wrong)
