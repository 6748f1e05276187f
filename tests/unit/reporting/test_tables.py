"""The rows of ``gitsidecar status`` are plain values, the same from a pass and from the status branch."""

from __future__ import annotations

from gitsidecar.reporting import files, tables
from gitsidecar.reporting import histories as memories
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies, scenarios


def test_rows() -> None:
    """One row a set: state, counts, commit, since when and why."""
    table = tables.status_table(scenarios.failing())
    assert table.header[:4] == ("SET", "STATE", "MATCHED", "UPDATED")
    assert [row[:10] for row in table.rows] == [
        ("logtail", "blocked (PodsFailing)", "20", "2", "18", "2", "18", "0", "4f2a9c1", "2026-11-24T02:00:00Z"),
        ("proxy", "complete (manifest rejected)", "1", "1", "1", "0", "0", "0", "4f2a9c1", "2026-11-24T02:00:00Z"),
    ]


def test_same_rows_from_the_branch() -> None:
    """What the status branch tells makes the same table."""
    report = scenarios.failing()
    recorded = memories.read(files.render(report), b.restore, policies.restore).recorded
    assert recorded is not None
    assert tables.status_table(recorded) == tables.status_table(report)


def test_cells_are_printable() -> None:
    """No cell can steer a terminal, and every row has a cell for each column."""
    table = tables.status_table(scenarios.hostile())
    assert all(cell.isprintable() for row in table.rows for cell in row)
    assert all(len(row) == len(table.header) for row in table.rows)
