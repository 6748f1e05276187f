"""The forms that Kubernetes asks of names, label keys and values: each check returns what is wrong, or nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_ALPHABET = "letters, digits, '-', '_', '.', with a letter or digit at both ends"
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CONFIG_KEY = re.compile(r"[-A-Za-z0-9_.]{1,253}")
_HEADER = re.compile(r"[-A-Za-z0-9]+")
_PORT = re.compile(r"(?!.*--)(?=.*[a-z])[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_IMAGE = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*"
    r"|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?"  # registry
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"  # repository
    r"(?::[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?"  # tag
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"  # digest
)


def label_fault(text: str) -> str:
    """Say what is wrong with *text* as a DNS label (names of sets, containers, volumes, namespaces)."""
    if len(text) > 63:
        return f"has {len(text)} characters: use at most 63"
    if not _LABEL.fullmatch(text):
        return f"{shown(text)} is not a name: use a-z, 0-9 and '-', and begin and end with a letter or digit"
    return ""


def domain_fault(text: str) -> str:
    """Say what is wrong with *text* as a DNS subdomain (names of ConfigMaps, Secrets, and most other objects)."""
    if len(text) > 253 or not _SUBDOMAIN.fullmatch(text):
        return f"{shown(text)} is not a name: use a-z, 0-9, '-' and '.', and begin and end with a letter or digit"
    return ""


def config_key_fault(text: str) -> str:
    """Say what is wrong with *text* as a key of a ConfigMap or Secret."""
    if not _CONFIG_KEY.fullmatch(text) or text == "." or text.startswith(".."):
        return f"{shown(text)} is not a key of a ConfigMap or Secret: use letters, digits, '-', '_' and '.'"
    return ""


def header_fault(text: str) -> str:
    """Say what is wrong with *text* as the name of an HTTP header, of which Kubernetes allows only some."""
    return "" if _HEADER.fullmatch(text) else f"{shown(text)} is not a header's name: use letters, digits and '-'"


def path_fault(text: str) -> str:
    """Say what is wrong with *text* as the path of a file in a volume that Kubernetes fills."""
    if not text or text.startswith("/"):
        return "must be a path within the volume: write it without the first '/'"
    if ".." in text.split("/") or text.startswith(".."):
        return "must not begin with '..', nor have it as a part: write the path that is meant"
    return ""


def key_fault(text: str) -> str:
    """Say what is wrong with *text* as the key of a label."""
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return f"{shown(text)} is not a label key: what stands before '/' must be a domain name such as example.com"
    if len(name) > 63 or not _QUALIFIED.fullmatch(name):
        return f"{shown(text)} is not a label key: use 1 to 63 {_ALPHABET}"
    return ""


def annotation_key_fault(text: str) -> str:
    """Say what is wrong with *text* as the key of an annotation, whose letters' case does not count."""
    return key_fault(text.lower()).replace("a label key", "an annotation key", 1)


def value_fault(text: str) -> str:
    """Say what is wrong with *text* as the value of a label; empty is allowed."""
    if len(text) > 63 or (text and not _QUALIFIED.fullmatch(text)):
        return f"{shown(text)} is not a label value: use at most 63 {_ALPHABET}"
    return ""


def port_fault(text: str) -> str:
    """Say what is wrong with *text* as the name of a port."""
    if len(text) > 15 or not _PORT.fullmatch(text):
        return f"{shown(text)} is not a port name: use at most 15 of a-z, 0-9 and '-', with a letter among them"
    return ""


def image_fault(text: str) -> str:
    """Say what is wrong with *text* as an image; the kubelet would answer InvalidImageName."""
    if len(text) > 1000 or not _IMAGE.fullmatch(text):
        return f"{shown(text)} is not an image: write registry/repository:tag, in lower case but for the tag"
    return ""


def variable_fault(text: str) -> str:
    """Say what is wrong with *text* as the name of an environment variable."""
    if not text or "=" in text or not text.isascii() or not text.isprintable():
        return f"{shown(text)} is not a variable's name: use printable ASCII without '='"
    return ""


def shown(text: str) -> str:
    """Return *text* in quotes, cut short."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


def suggestion(text: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'image'?`` for the nearest of *known*, or nothing when none is near."""
    by_case = {each.lower(): each for each in sorted(known)}
    if len(text) > 64 or len(by_case) > 100:  # too much to look through for each of many mistakes
        return ""
    near = difflib.get_close_matches(text.lower(), by_case, n=1, cutoff=0.6)
    return f"did you mean {by_case[near[0]]!r}?" if near else ""
