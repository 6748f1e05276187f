"""Regular expressions have RE2's syntax and meaning, and no pattern is slow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import patterns, regexes

_atoms = st.sampled_from(
    ["a", "b", "-", "0", ".", r"\d", r"\w", r"\W", "[a-c]", "[^a-]", "^", "$", r"\b", r"\B", r"\."]
)
_counts = st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "{0}", "*?", "+?", "{2}?"])
_patterns: st.SearchStrategy[str] = st.recursive(
    _atoms,
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map("|".join)
        | inner.map(lambda one: f"({one})")
        | st.tuples(inner, _counts).map(lambda parts: f"(?:{parts[0]}){parts[1]}")
    ),
    max_leaves=8,
)
_signs = st.sampled_from([*"ab01-()[]{}*+?|^$\\.,:<>=!PiZzQx", "(?", "[[:", ":]", "{2,"])


@given(_patterns, st.text("ab0-c", min_size=1, max_size=8))
def test_it_matches_as_other_engines_do(pattern: str, name: str) -> None:
    """In what Python's engine and RE2 share, the answer is the same."""
    assert not regexes.fault(pattern)
    assert regexes.matches(pattern, name) == bool(re.search(pattern, name))


@given(st.text(max_size=20) | st.lists(_signs, max_size=12).map("".join), st.text("ab0-", max_size=5))
def test_any_text_gets_an_answer(pattern: str, name: str) -> None:
    """Any text is an expression that answers yes or no, or has words that say why not."""
    words = regexes.fault(pattern)
    assert words or regexes.matches(pattern, name) in (True, False)


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("", ["app", ""], []),
        (".*", ["app", ""], []),
        ("^app", ["app", "app-1"], ["my-app"]),
        ("app", ["my-app-1"], ["ap"]),
        ("^(?:app|web)-[0-9]{1,2}$", ["app-1", "web-22"], ["app-", "app-333", "apps-1"]),
        (r"\Aapp\z", ["app"], ["app1", "app\n"]),
        ("(?i)APP", ["app", "aPp"], ["ap"]),
        ("(?i:A)pp", ["app", "App"], ["APP"]),
        ("(?i)[^a]pp", ["bpp"], ["app", "App"]),
        ("((?i)a)p", ["Ap"], ["AP"]),
        ("[[:alpha:]]-[[:^digit:]]", ["a-b"], ["a-1", "1-b"]),
        (r"[\d-]x", ["1x", "-x"], ["ax"]),
        ("[]a]", ["]", "a"], ["b"]),
        (r"\x61\x{70}\.", ["ap."], ["app"]),
        ("(?P<one>a)(?<two>b)", ["ab"], ["a"]),
        ("a{,2}", ["a{,2}"], ["aa"]),
        ("x{01}", ["x{01}"], ["x"]),
        ("(?s).(?-s)", ["a"], [""]),
        ("(a*)*b", ["aab", "b"], ["aa"]),
        ("", ["é"], []),
    ],
)
def test_its_meaning_is_re2s(pattern: str, names: list[str], others: list[str]) -> None:
    """What RE2 has is understood, in its own meaning where Python's differs."""
    assert regexes.fault(pattern) == ""
    assert [regexes.matches(pattern, name) for name in (*names, *others)] == [True] * len(names) + [False] * len(others)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("[invalid(regex", "'[invalid(regex' opens a class that is never closed"),
        ("(a", "never closed"),
        ("a)", "not opened"),
        (r"(a)\1", r"'\1' would look back"),
        ("(?=a)", "not known to RE2"),
        ("(?<!a)b", "not known to RE2"),
        ("(?>a)", "not known to RE2"),
        ("(?P=one)", "not known to RE2"),
        ("(?P<a>x)(?P<a>y)", "two groups"),
        ("a**", "follows another repetition"),
        ("a{2}{3}", "follows another repetition"),
        ("*a", "repeats nothing"),
        ("(?i)*", "repeats nothing"),
        ("a|+", "repeats nothing"),
        ("a{3,1}", "swap"),
        ("a{1001}", "too large"),
        ("a{99999}", "too often"),
        ("((a{30}){30}){30}", "too large"),
        (r"a\Z", r"'\Z' is not supported"),
        (r"\pL", "not supported"),
        ("a\\", "ends too early"),
        ("[z-a]", "ends before it begins"),
        ("[[:letters:]]", "not known"),
        ("(" * 40 + ")" * 40, "nested"),
        ("a" * 1001, "1001 characters"),
    ],
)
def test_what_re2_refuses_is_told(pattern: str, words: str) -> None:
    """What RE2 has not, or what is too large, is refused in words."""
    assert words in regexes.fault(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a*)*b", ".*.*.*.*.*.*.*.*b", "((a?){15}){15}b"])
@pytest.mark.timeout(5)
def test_no_pattern_is_slow(pattern: str) -> None:
    """Patterns over which a backtracking engine never ends take their steps times the name's length at most."""
    assert regexes.fault(pattern) == ""
    assert regexes.matches(pattern, "a" * 63) == (pattern == "(a+)+$")


def test_steps_are_limited() -> None:
    """Whatever is repeated, a pattern never has more steps than a search may take for each character."""
    steps = patterns.repeat((patterns.Take(((97, 97),)),), 0, patterns.MAX_STEPS // 2)
    assert steps is not None
    assert len(steps) == patterns.MAX_STEPS
    assert patterns.repeat(steps, 2, 2) is None
