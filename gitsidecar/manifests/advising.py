"""
Advice about what is valid and probably not meant: said to whoever writes a manifest, before it is merged.

Only for `validate`: the daemon does as it is told, and repeats none of this in each pass.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from gitsidecar.manifests import documents, drafts, reading
from gitsidecar.model import findings, policies, rules, sidecarsets

RESTART = datetime.timedelta(minutes=1)
"""What a restart of a container takes, about: 30 s that it has to end in, a pull of its image, and its start."""

_STRATEGY: documents.Path = ("spec", "updateStrategy")
_SMALL = 5
"""Percent: a share below is often less than one pod."""

_EXAMPLE = " (of 10 pods, that is 10%): see with --pods what it comes to"


def check(entries: Iterable[reading.Entry], *, has_pods: bool) -> Iterator[findings.Finding]:
    """Yield advice about the sets and policies that were accepted; *has_pods* tells that percentages are looked at."""
    for entry in entries:
        if entry.draft is None:
            continue
        if entry.accepted is not None:
            yield from findings.by(rules.Rule.IMAGE_TAG, _check_images(entry.draft))
            yield from findings.by(rules.Rule.ALL_AT_ONCE, _check_budget(entry.draft, entry.accepted.update))
            if not has_pods:
                yield from findings.by(rules.Rule.ROUNDING, _check_shares(entry.draft, entry.accepted.update))
        elif entry.policy is not None and not entry.policy.rejection:
            yield from findings.by(rules.Rule.SHORT_WINDOW, _check_windows(entry.draft, entry.policy))


def _check_images(draft: drafts.Draft) -> Iterator[findings.Finding]:
    for field in ("initContainers", "containers"):
        for index, container in enumerate(draft.value["spec"].get(field) or ()):
            path: documents.Path = ("spec", field, index)
            yield from _check_image(draft, (*path, "image"), container["image"])
            empty = drafts.mapping(container.get("upgradeStrategy")).get("hotUpgradeEmptyImage")
            if empty:
                yield from _check_image(draft, (*path, "upgradeStrategy", "hotUpgradeEmptyImage"), empty)


def _check_image(draft: drafts.Draft, path: documents.Path, image: str) -> Iterator[findings.Finding]:
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if digest or tag not in ("", "latest"):
        return
    message = (
        f"{'has no tag' if not tag else 'is the tag latest'}: what runs depends on when a pod started, and a new image "
        f"moves no pod; write a tag that stays, or a digest"
    )
    yield draft.finding(path, message, findings.Level.WARNING)


def _check_budget(draft: drafts.Draft, update: sidecarsets.UpdateStrategy) -> Iterator[findings.Finding]:
    budget = update.max_unavailable
    if update.type is sidecarsets.StrategyType.ROLLING_UPDATE and budget.is_percent and budget.amount >= 100:
        message = "restarts the container in all pods at the same time: write less, e.g. 10%"
        yield draft.finding((*_STRATEGY, "maxUnavailable"), message, findings.Level.WARNING)


def _check_shares(draft: drafts.Draft, update: sidecarsets.UpdateStrategy) -> Iterator[findings.Finding]:
    if update.type is not sidecarsets.StrategyType.ROLLING_UPDATE:
        return
    budget, partition = update.max_unavailable, update.partition
    if budget.is_percent and 0 < budget.amount < _SMALL:
        words = f"{budget} of fewer than {_whole(budget.amount)} pods is 1 pod all the same{_EXAMPLE}"
        yield draft.finding((*_STRATEGY, "maxUnavailable"), words, findings.Level.NOTE)
    moving = 100 - partition.amount
    if partition.is_percent and 0 < moving < _SMALL:
        words = f"{partition} of fewer than {_whole(moving)} pods lets 1 pod move all the same{_EXAMPLE}"
        yield draft.finding((*_STRATEGY, "partition"), words, findings.Level.NOTE)


def _whole(percent: int) -> int:
    """Return of how many pods *percent* are one pod at least."""
    return -(-100 // percent)


def _check_windows(draft: drafts.Draft, policy: policies.RolloutPolicy) -> Iterator[findings.Finding]:
    for index, window in enumerate(policy.windows):
        if window.type is policies.WindowType.ALLOW and window.duration < RESTART:
            message = (
                f"is shorter than a pod takes to restart (about {RESTART.seconds} s): pods start only while a window "
                f"is open, so hardly more than maxUnavailable move in it; write e.g. 1h"
            )
            yield draft.finding(("spec", "windows", index, "duration"), message, findings.Level.WARNING)
