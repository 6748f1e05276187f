"""What is remembered, and when it makes room."""

from __future__ import annotations

from gitsidecar.webhook import memories


def test_what_was_kept_is_found() -> None:
    """And nothing else."""
    memory: memories.Memory[str, int] = memories.Memory(10)
    memory.keep("a", 1, 4)
    assert (memory.find("a"), memory.find("b")) == (1, None)


def test_a_full_memory_begins_anew() -> None:
    """So that what is never asked for again takes no room for ever."""
    memory: memories.Memory[str, int] = memories.Memory(10)
    for key in ("a", "b", "c"):
        memory.keep(key, 1, 5)
    assert [memory.find(key) for key in ("a", "b", "c")] == [None, None, 1]
    memory.keep("d", 1, 5)
    assert [memory.find(key) for key in ("c", "d")] == [1, 1]


def test_what_would_fill_it_alone_is_not_kept() -> None:
    """Whoever asks works it out each time."""
    memory: memories.Memory[str, int] = memories.Memory(10)
    memory.keep("a", 1, 11)
    assert memory.find("a") is None


def test_all_can_be_forgotten() -> None:
    """With the bytes that it took."""
    memory: memories.Memory[str, int] = memories.Memory(10)
    memory.keep("a", 1, 10)
    memory.forget()
    memory.keep("b", 2, 10)
    assert (memory.find("a"), memory.find("b")) == (None, 2)
