"""What a spec brings, and what is another image, in words a person would use."""

from __future__ import annotations

import json

import pytest

from gitsidecar.reporting import images


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("r.example:5000/a/logtail:0.16.16", "r.example:5000/a/logtail:0.16.18", "logtail 0.16.16 -> 0.16.18"),
        ("r.example:5000/logtail", "r.example:5000/logtail:2", "logtail latest -> 2"),
        ("logtail@sha256:aa", "logtail:2@sha256:bb", "logtail sha256:aa -> 2"),
        ("a.example/logtail:1", "b.example/logtail:1", "logtail a.example/logtail:1 -> b.example/logtail:1"),
        ("", "logtail:1", "logtail logtail:1"),
        ("logtail:1", "", "logtail is gone"),
    ],
)
def test_change_in_words(old: str, new: str, words: str) -> None:
    """Only what differs is named; a port is no tag."""
    assert str(images.Change("logtail", old, new)) == words


def test_both_lists_of_containers_are_read() -> None:
    """Containers and initContainers are told, in their order, and only those that differ."""
    one = json.dumps({"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]}})
    other = json.dumps(
        {"spec": {"initContainers": [{"name": "i", "image": "i:1"}], "containers": [{"name": "a", "image": "a:2"}, 5]}}
    )
    found = images.compare(images.of_document(one), images.of_document(other))
    assert [(each.container, each.old, each.new) for each in found] == [
        ("i", "", "i:1"),
        ("a", "a:1", "a:2"),
        ("b", "b:1", ""),
    ]


@pytest.mark.parametrize("document", ["{}", "[]", '{"spec": 5}', '{"spec": {"containers": {}}}'])
def test_damaged_documents_have_no_images(document: str) -> None:
    """What a person made of a document is no reason to fail."""
    assert images.of_document(document) == {}
