"""A review as the comment of a pull request, story by story, and as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

import pytest

from gitsidecar.model import findings, pods, reviews
from gitsidecar.reporting.reviews import comments, jsons
from tests.support import pullrequests
from tests.unit.reporting import goldens

_FLEET = (
    *pullrequests.workload("pay", "Deployment/api", 5),
    *pullrequests.workload("shop", "Deployment/web", 12),
    *pullrequests.workload("shop", "StatefulSet/db", 3),
)
_NIGHTS = pullrequests.policy(
    "  windows: [{type: Allow, schedule: 0 22 * * SUN-THU, duration: 2m, timeZone: Europe/Berlin}]\n"
    "  podsPerMinute: 3\n"
)
_LIMITS = "    resources: {limits: {memory: %s}}\n    env: [{name: TOKEN, value: %s}]\n"
_EARLIER = "  windows: [{type: Allow, schedule: 0 20 * * SUN-THU, duration: 8h, timeZone: Europe/Berlin}]\n"


@dataclasses.dataclass(frozen=True)
class _Story:
    before: pullrequests.Texts
    after: pullrequests.Texts
    pods: tuple[pods.Pod, ...] | None = _FLEET

    def review(self) -> reviews.Review:
        snapshot = pods.snapshot(self.pods) if self.pods is not None else None
        return pullrequests.review(self.before, self.after, snapshot, tell_fridays=True)


def _one(text: str, policy: str = "") -> pullrequests.Texts:
    return {"logtail.yaml": text, **({"nights.yaml": policy} if policy else {})}


_OLD = pullrequests.sidecar_set(pullrequests.OLD)
_INJECTED = pullrequests.sidecar_set(pullrequests.OLD, is_adopting=False)
_REPAIR = pullrequests.policy("  repair: Evict\n")
_STORIES: Mapping[str, _Story] = {
    "image": _Story(
        _one(pullrequests.sidecar_set(pullrequests.OLD, update="partition: 25%, maxUnavailable: 2"), _NIGHTS),
        _one(pullrequests.sidecar_set(update="partition: 25%, maxUnavailable: 2"), _NIGHTS),
    ),
    "shape": _Story(
        _one(pullrequests.sidecar_set(pullrequests.OLD, more=_LIMITS % ("256Mi", "old-secret"))),
        _one(pullrequests.sidecar_set(more=_LIMITS % ("512Mi", "new-secret"))),
        pullrequests.workload(
            "shop",
            "Deployment/web",
            4,
            shape='{"env":[{"name":"TOKEN","value":"old-secret"}],"resources":{"limits":{"memory":"256Mi"}}}',
        ),
    ),
    "selector": _Story(
        _one(pullrequests.sidecar_set(pullrequests.OLD)),
        _one(
            pullrequests.sidecar_set(pullrequests.OLD, selector="matchExpressions: [{key: logging, operator: Exists}]")
        ),
        (
            *_FLEET,
            *pullrequests.workload("lab", "Deployment/try", 2, labels={"logging": "other"}),
            *pullrequests.workload("lab", "Job/once", 1, labels={"logging": "other"}, images={"none": "none:1"}),
        ),
    ),
    "removed": _Story(
        {"logtail.yaml": _OLD, "other.yaml": pullrequests.sidecar_set("o:1", "other", container="o")},
        {"other.yaml": pullrequests.sidecar_set("o:1", "other", container="o")},
    ),
    "renamed": _Story(
        {"logtail.yaml": _OLD, "other.yaml": pullrequests.sidecar_set("o:1", "other", container="o")},
        {
            "logtail.yaml": pullrequests.sidecar_set(name="shipper", is_adopting=False),
            "other.yaml": pullrequests.sidecar_set("o:1", "other", container="o"),
        },
    ),
    "policy": _Story(
        _one(pullrequests.sidecar_set(), _NIGHTS), _one(pullrequests.sidecar_set(), pullrequests.policy(_EARLIER))
    ),
    "policy-gone": _Story(_one(pullrequests.sidecar_set(), _NIGHTS), _one(pullrequests.sidecar_set())),
    "rejected": _Story(
        {**_one(_OLD, _NIGHTS), "broken.yaml": pullrequests.sidecar_set("o:1", "other", update="maxUnavailabel: 1")},
        {
            **_one(pullrequests.sidecar_set(update="partition: '50', maxUnavailable: 2"), _NIGHTS),
            "broken.yaml": "# a comment\n" + pullrequests.sidecar_set("o:1", "other", update="maxUnavailabel: 1"),
            "new.yaml": pullrequests.sidecar_set("", "third"),
        },
    ),
    "risky": _Story(
        _one(_OLD),
        _one(pullrequests.sidecar_set("registry.example.com/logging/logtail:latest", update="maxUnavailable: 100%")),
    ),
    "paused": _Story(_one(_OLD), _one(pullrequests.sidecar_set(update="paused: true"))),
    "collision": _Story(
        {"logtail.yaml": pullrequests.sidecar_set()},
        {"logtail.yaml": pullrequests.sidecar_set(), "other.yaml": pullrequests.sidecar_set(pullrequests.OLD, "other")},
        pullrequests.workload("shop", "Deployment/web", 3),
    ),
    "repair": _Story(
        _one(_INJECTED, _REPAIR),
        _one(pullrequests.sidecar_set(more="    resources: {limits: {memory: 512Mi}}\n", is_adopting=False), _REPAIR),
        pullrequests.workload(
            "shop", "Deployment/web", 4, injected=pullrequests.desired({"logtail.yaml": _INJECTED}).sets[0]
        ),
    ),
    "no-pods": _Story(
        _one(_OLD, _NIGHTS),
        _one(pullrequests.sidecar_set(update="maxUnavailable: 80%"), _NIGHTS.replace("SUN-THU", "FRI")),
        None,
    ),
    "nothing": _Story(_one(_OLD), {"moved/logtail.yaml": "# a comment\n" + _OLD}),
}


@pytest.mark.parametrize("name", _STORIES)
def test_a_story_is_told_as_it_was_before(name: str) -> None:
    """The comment of each story, letter by letter."""
    goldens.check(f"review/{name}", {"comment.md": comments.write(_STORIES[name].review()).encode()})


def test_secrets_of_manifests_are_not_told() -> None:
    """Values that go into pods are in neither form."""
    review = _STORIES["shape"].review()
    told = comments.write(review) + json.dumps(jsons.to_json(review))
    assert "env[TOKEN]" in told
    assert "secret" not in told


def test_the_text_is_the_same_whatever_comes_first() -> None:
    """The order of the pods in the list changes nothing."""
    story = _STORIES["image"]
    turned = dataclasses.replace(story, pods=tuple(reversed(story.pods or ())))
    assert comments.write(turned.review()) == comments.write(story.review())


def test_a_page_is_never_longer_than_a_comment_may_be() -> None:
    """Many sets with long names, and as many errors: cut, with how much is left out."""
    many = range(160)
    fleet = [
        pod
        for number in many
        for pod in pullrequests.workload(
            "n" * 60, f"Deployment/{number:03}{'w' * 200}", 1, labels={"set": f"s{number % 80}"}
        )
    ]
    before, after = (
        {
            f"{'d' * 200}/{number:03}.yaml": pullrequests.sidecar_set(
                image,
                f"s{number}" if number < 80 else f"bad{number}",
                selector=f"matchLabels: {{set: s{number}}}",
                update="maxUnavailable: 1" if number < 80 or image == pullrequests.OLD else "maxUnavailabel: 1",
            )
            for number in many
        }
        for image in (pullrequests.OLD, pullrequests.NEW)
    )
    review = pullrequests.review(before, after, pods.snapshot(fleet))
    page = comments.write(review)
    assert len(page) <= 65_536
    assert page.startswith(comments.MARKER)
    assert "- and " in page
    assert "more SidecarSets left out here." in page
    assert len(review.comparison.sets) == 160
    assert page.rstrip().endswith("no pod fails.")


def test_a_long_list_of_workloads_is_folded_and_cut() -> None:
    """More than a few rows hide behind their number; of very many those stay that have something to tell."""
    fleet = [pod for number in range(400) for pod in pullrequests.workload("shop", f"Deployment/w{number:03}", 1)]
    page = comments.write(pullrequests.review(_one(_OLD), _one(pullrequests.sidecar_set()), pods.snapshot(fleet)))
    assert "<summary>400 workloads</summary>" in page
    assert page.count("| `shop` |") == 200
    assert "and 200 more" in page


def test_foreign_words_cannot_leave_their_place() -> None:
    """Names and messages come from manifests, pods and files: no markup, no HTML, no mention, no second line."""
    evil = "<!-- x --> | **@all** `a`\n# heading"
    finding = findings.Finding(evil, 1, 1, evil, evil)
    comparison = reviews.Comparison("", "", broken=(finding,), warned=(dataclasses.replace(finding),))
    caution = reviews.Caution(reviews.Risk.UNPINNED_IMAGE, evil, details=(evil,))
    page = comments.write(reviews.Review(pullrequests.NOW, comparison, (caution,)))
    assert page.count("<!--") == 1
    assert "\n# heading" not in page
    assert "**@all**" not in page
