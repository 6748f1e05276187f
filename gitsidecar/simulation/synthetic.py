"""A made-up population that a tree's sets select and that carries older images: the same for the same wish."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence

from gitsidecar import handoff
from gitsidecar.model import pods, selectors, sidecarsets
from gitsidecar.simulation import identities, lives, workloads, worlds

MOST_PODS = 200_000

_KINDS = {"deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"}
_APPLICATIONS = ("web", "api", "orders", "search", "billing", "accounts", "catalog", "mail", "index", "cart")
_NAMESPACES = ("shop", "search", "billing", "platform", "media")
_NAME_LABEL = "kubernetes.io/metadata.name"
_OLDEST = 14 * 86_400.0  # seconds since the oldest workload was rolled out
_CANARIES = 4
"""One workload in so many has the labels that `updateStrategy.selector` asks for."""
_LAST_NUMBER = re.compile(r"(\d+)(?=\D*$)")


@dataclasses.dataclass(frozen=True, slots=True)
class Wish:
    """How many workloads of each kind, and how many pods they have together."""

    deployments: int = 0
    statefulsets: int = 0
    daemonsets: int = 0
    pods: int = 0


def read(text: str) -> Wish:
    """Return the wish that *text* writes as ``deployments=40,pods=2000``. Raises ValueError with words to show."""
    found: dict[str, int] = {}
    names = [field.name for field in dataclasses.fields(Wish)]
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in names or not value.isascii() or not value.isdigit() or name in found:
            raise ValueError(f"{part.strip()!r} is not one of {', '.join(f'{each}=N' for each in names)}, each once")
        found[name] = int(value)
    wish = Wish(**found)
    count = wish.deployments + wish.statefulsets + wish.daemonsets
    if not count:
        wish, count = dataclasses.replace(wish, deployments=1), 1
    if not count <= wish.pods <= MOST_PODS:
        raise ValueError(f"pods={wish.pods} must be from {count}, one for each workload, to {MOST_PODS}")
    return wish


def populate(
    sets: Sequence[sidecarsets.SidecarSet], wish: Wish, *, now: datetime.datetime, seed: int = 1
) -> pods.Snapshot:
    """
    Return pods that have run for days at *now*, with the sidecars of each of *sets* that selects them, one tag older.

    Workloads are given to the sets in turn; their sizes differ as those of real ones do. Empty without a set.
    """
    generator = random.Random(f"{seed}/{wish}")  # noqa: S311  # chance to be repeated
    nodes = itertools.cycle(worlds.NODES)
    namespaces: dict[str, Mapping[str, str]] = {}
    rows: list[pods.Pod] = []
    sizes = _sizes(wish, generator)
    for (number, kind), size in zip(enumerate(_kinds(wish)), sizes, strict=True) if sets else ():
        meant = sets[number % len(sets)]
        workload, labels = _workload(sets, meant, kind, number, size)
        namespaces[workload.namespace] = labels
        rolled_out = now - datetime.timedelta(seconds=round(generator.uniform(3_600.0, _OLDEST)))
        for place in range(size):
            created = rolled_out + datetime.timedelta(seconds=round(place * generator.uniform(0.5, 3.0)))
            row = _pod(workload, place, min(created, now), generator)
            rows.append(lives.grown(row, next(nodes), generator))
    return pods.snapshot(rows, namespaces)


def older(image: str) -> str:
    """Return the name of an image that came before *image*: its last number one less, or a tag that says so."""
    repository, at, digest = image.partition("@")
    if at:
        return f"{repository}@sha256:{hashlib.sha256(digest.encode()).hexdigest()}"
    name, colon, tag = image.rpartition(":")
    if not colon or "/" in tag:
        return f"{image}:previous"
    found = _LAST_NUMBER.search(tag)
    if found is None or int(found[1]) == 0:
        return f"{image}-previous"
    return f"{name}:{tag[: found.start()]}{int(found[1]) - 1}{tag[found.end() :]}"


def _kinds(wish: Wish) -> list[str]:
    return [kind for field, kind in _KINDS.items() for _ in range(getattr(wish, field))]


def _sizes(wish: Wish, generator: random.Random) -> list[int]:
    """Return how many pods each workload has: at least one, most few, some many."""
    count = len(_kinds(wish))
    weights = [generator.paretovariate(2.5) for _ in range(count)]
    whole = sum(weights)
    sizes = [1 + int((wish.pods - count) * weight / whole) for weight in weights]
    for place in range(wish.pods - sum(sizes)):
        sizes[place % count] += 1
    return sizes


def _workload(
    sets: Sequence[sidecarsets.SidecarSet], meant: sidecarsets.SidecarSet, kind: str, number: int, size: int
) -> tuple[workloads.Workload, Mapping[str, str]]:
    """Return the workload of that *number*, made for the set that is *meant*, and its namespace's labels."""
    application = _APPLICATIONS[number % len(_APPLICATIONS)]
    name = f"{application}-{number // len(_APPLICATIONS)}" if number >= len(_APPLICATIONS) else application
    wanted = _satisfying(meant.namespace_selector) if meant.namespace_selector is not None else {}
    namespace = wanted.get(_NAME_LABEL) or _NAMESPACES[number % len(_NAMESPACES)]
    if wanted and _NAME_LABEL not in wanted:
        namespace = f"{namespace}-{meant.name}"  # labels of its own: other sets may ask for others
    homes = {**wanted, _NAME_LABEL: namespace}
    labels = {"app": name, **_satisfying(meant.selector)}
    if meant.update.selector is not None and number // len(sets) % _CANARIES == 0:
        labels |= _satisfying(meant.update.selector)
    carried = [each for each in sets if each.selector.matches(labels) and _is_home(each, homes)]
    containers = tuple(_containers(application, namespace, carried))
    marks = tuple(
        pods.Mark(each.name, f"v1-{40 * '0'}", each.shape_hash, "", tuple(one.name for one in each.sidecars))
        for each in sorted(carried, key=lambda each: each.name)
    )
    return workloads.Workload(namespace, kind, name, size, labels, containers, marks), homes


def _is_home(of: sidecarsets.SidecarSet, labels: Mapping[str, str]) -> bool:
    return of.namespace_selector is None or of.namespace_selector.matches(labels)


def _containers(
    application: str, namespace: str, carried: Sequence[sidecarsets.SidecarSet]
) -> Iterator[pods.Container]:
    """Yield native sidecars, the application and the sidecars; of two sets that ask for one name the first has it."""
    sidecars = {each.name: each for part in reversed(carried) for each in part.sidecars}
    images = {application: f"registry.example.com/{namespace}/{application}:7"}
    for is_native in (True, False):
        index = itertools.count()
        for name, image in {} if is_native else images.items():
            yield pods.Container(name, image, next(index))
        for each in sidecars.values():
            if each.is_native is is_native and each.name not in images:
                yield pods.Container(each.name, older(each.image), next(index), is_native, each.shape)


def _pod(workload: workloads.Workload, place: int, created: datetime.datetime, generator: random.Random) -> pods.Pod:
    prefix = workloads.prefix(workload)
    suffix = str(place) if workload.has_ordinals else f"{_code(place)}{workloads.suffix(generator)[:2]}"
    return pods.Pod(
        workload.namespace,
        f"{prefix}-{suffix}",
        identities.new_uid(generator),
        workloads.labels(workload),
        workload.containers,
        workload.marks,
        workload.owner,
        has_annotations=bool(workload.marks),
        created=created,
        annotation=handoff.write(workload.marks) if workload.marks else "",
    )


def _code(place: int) -> str:
    """Return *place* in letters such as pods' names end with, so that no two are the same."""
    letters = "bcdfghjklmnpqrstvwxz2456789"
    code = ""
    for _ in range(4):
        place, rest = divmod(place, len(letters))
        code = letters[rest] + code
    return code


def _satisfying(selector: selectors.Selector) -> dict[str, str]:
    """Return the fewest labels that satisfy *selector*, as far as one label after the other can."""
    labels = dict(selector.labels)
    for each in selector.requirements:
        if each.holds(labels):
            continue
        if each.operator is selectors.Operator.IN and each.values:
            labels[each.key] = each.values[0]
        elif each.operator is selectors.Operator.EXISTS:
            labels[each.key] = "yes"
    return labels
