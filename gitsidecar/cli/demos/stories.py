"""The story that the demo tells, chapter by chapter: what is pushed, and what must come of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from gitsidecar.cli.demos import stages
from gitsidecar.model import reports
from gitsidecar.reporting import conditions

_SECONDS = 60.0  # real seconds after which a chapter counts as failed
_MANIFEST = """\
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata:
  name: {name}
  annotations:
    gitsidecar.io/adopt: "true"   # the pods' templates hold the sidecar already
spec:
  selector:
    matchLabels: {{logging: logtail}}
  updateStrategy:
    maxUnavailable: 10%
    partition: {partition}
  containers:
  - name: logtail
    image: {image}
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Chapter:
    """One push and how it must end; *expected* says so in words."""

    title: str
    message: str
    image: str
    partition: str
    expected: str
    is_over: Callable[[reports.SetReport], bool]

    @property
    def manifest(self) -> str:
        """Return the SidecarSet that is pushed."""
        return _MANIFEST.format(name=stages.SET_NAME, image=self.image, partition=self.partition)


def chapters(total: int) -> tuple[Chapter, ...]:
    """Return the story for *total* pods."""
    half, window = total - -(-total // 2), -(-total // 10)
    second, third = (f"example.com/logging/logtail:{tag}" for tag in ("0.16.18", "0.16.20"))
    return (
        Chapter(
            "logtail 0.16.16 runs everywhere",
            "logtail: take in what runs",
            stages.FIRST_IMAGE,
            "0",
            f"all {total} pods are taken in, and no pod is touched",
            lambda found: found.matched == total and _is(found, conditions.COMPLETE),
        ),
        Chapter(
            "Push 0.16.18 with partition: 50%",
            "logtail: 0.16.18 for half of the pods",
            second,
            "50%",
            f"{half} pods move, at most {window} at a time; the other {total - half} are held (PartitionKept)",
            lambda found: found.finished == half and _is(found, conditions.BLOCKED, "PartitionKept"),
        ),
        Chapter(
            "Push partition: 0",
            "logtail: 0.16.18 for all pods",
            second,
            "0",
            "the rest moves",
            lambda found: found.finished == total and _is(found, conditions.COMPLETE),
        ),
        Chapter(
            "Push an image that cannot start",
            "logtail: 0.16.19-rc1",
            stages.BROKEN_IMAGE,
            "0",
            f"the rollout stops by itself with {window} pods hurt, and says so (PodsFailing)",
            lambda found: found.matched - found.ready == window and _is(found, conditions.BLOCKED, "PodsFailing"),
        ),
        Chapter(
            "Push the fix, 0.16.20",
            "logtail: 0.16.20 instead of 0.16.19-rc1",
            third,
            "0",
            "the hurt pods are cured first, then all others move",
            lambda found: found.finished == total and _is(found, conditions.COMPLETE),
        ),
    )


async def tell(stage: stages.Stage, story: tuple[Chapter, ...], say: Callable[[Chapter, bool | None], None]) -> bool:
    """
    Play *story* on *stage* and say whether it ended as it should.

    *say* hears of each chapter twice: with ``None`` as it begins, then with how it ended.
    """
    for chapter in story:
        say(chapter, None)
        revision = await stage.push({"sidecars/logtail.yaml": chapter.manifest}, chapter.message)
        is_good = await stage.until(chapter.is_over, revision=revision, seconds=_SECONDS)
        say(chapter, is_good)
        if not is_good:
            return False
    return True


def _is(found: reports.SetReport, type_: str, reason: str = "") -> bool:
    condition = found.condition(type_)
    return condition is not None and condition.status and (not reason or condition.reason == reason)
