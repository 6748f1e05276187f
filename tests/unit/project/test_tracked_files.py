"""What may stand in no file of the project: hosts of package registries, and this machine's folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# In two parts, so that this file does not name them either. A mirror is chosen by the settings of pip, Go and apt, and
# a host in a file would go past it.
_HOSTS = tuple(
    f"{name}.{top}"
    for name, top in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("proxy.golang", "org"),
        ("sum.golang", "org"),
        ("goproxy", "io"),
        ("deb.debian", "org"),
        ("registry.npmjs", "org"),
        ("crates", "io"),
    ]
)


def test_no_file_names_a_package_registry() -> None:
    """Dependencies come from wherever the machine's settings say: no file of the project names a registry's host."""
    assert _containing(_HOSTS) == []


def test_no_file_names_the_folder_that_it_lies_in() -> None:
    """The project can be cloned anywhere: no file holds the path of this clone."""
    assert _containing([f"{ROOT}/"]) == []


def test_the_licence_is_the_one_that_is_declared() -> None:
    """LICENSE holds the whole text of the Apache License 2.0, from its terms to its appendix."""
    words = " ".join((ROOT / "LICENSE").read_text().split())
    assert words.startswith("Apache License Version 2.0, January 2004")
    assert "END OF TERMS AND CONDITIONS APPENDIX: How to apply the Apache License to your work." in words


def _containing(strings: tuple[str, ...] | list[str]) -> list[str]:
    found = []
    for name in _files():
        content = (ROOT / name).read_bytes()
        found += [f"{name}: {string}" for string in strings if string.encode() in content]
    return found


def _files() -> list[str]:
    """Return the project's files, those that are to be added too."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]
