"""
Time ``gitsidecar validate`` on a thousand files: ``python -m bench.validate``.

What is asked: less than two seconds for 1,000 files, however the sets are parted from each other. Each tree is held
against reading the same files as plain YAML in the same round, with the fastest loader that PyYAML has; so a ratio says
how much is checked for the time of a mere look.
"""

from __future__ import annotations

import argparse
import datetime
import functools
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from bench import timings
from gitsidecar.cli import advice
from gitsidecar.manifests import trees
from gitsidecar.model import files

_NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
_POLICIES = 20

Json = dict[str, Any]


def _by_label(number: int) -> Json:
    return {"selector": {"matchLabels": {"app": f"app-{number}"}}}


def _by_namespace(number: int) -> Json:
    names = {"matchLabels": {"kubernetes.io/metadata.name": f"team-{number}"}}
    return {"selector": {"matchLabels": {"logging": "on"}}, "namespaceSelector": names}


def _by_choices(number: int) -> Json:
    values = [f"app-{number}", f"app-{number}-canary"]
    return {"selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": values}]}}


def _by_stage(number: int) -> Json:
    """One half by label, the other by namespace, and the halves by a label that has two values."""
    selection = (_by_label, _by_namespace)[number % 2](number)
    selection["selector"]["matchLabels"]["stage"] = ("production", "test")[number % 2]
    return selection


def _mixed(number: int) -> Json:
    return (_by_label, _by_namespace, _by_choices)[number % 3](number)


def _by_nothing(_: int) -> Json:
    return {"selector": {"matchLabels": {"logging": "on"}}}


SHAPES: dict[str, Callable[[int], Json]] = {
    "a label parts them": _by_label,
    "a namespace parts them": _by_namespace,
    "listed values part them": _by_choices,
    "some by each": _mixed,
    "halves by a stage": _by_stage,
    "all collide": _by_nothing,
}


def build(count: int, shape: Callable[[int], Json]) -> files.Tree:
    """Return *count* files: sets that all bring a container and a volume of one name, and a few policies."""
    written = {f"sets/{number:05}.yaml": _set(number, shape(number)) for number in range(count - _POLICIES)}
    written |= {f"policies/{number:05}.yaml": _policy(number) for number in range(_POLICIES)}
    listed = (
        files.File(name, yaml.safe_dump(each, sort_keys=False).encode()) for name, each in sorted(written.items())
    )
    return files.Tree("", tuple(listed))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--files", type=int, nargs="+", default=[1_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print JSON, all runs in it")
    chosen = parser.parse_args(arguments)
    rows = [row for count in chosen.files for row in _measure(count, chosen.runs)]
    print(timings.to_json(rows) if chosen.json else timings.table(rows, noun="file", group="sets"))


def _measure(count: int, runs: int) -> list[timings.Row]:
    rows = []
    for name, shape in SHAPES.items():
        prepare = functools.partial(build, count, shape)
        cases = (timings.Case("plain YAML", _parse, prepare), timings.Case("validate", _validate, prepare))
        rows += timings.measure(name, count, cases, runs)
    return rows


def _parse(tree: files.Tree) -> list[Any]:
    return [yaml.load(file.content, Loader=yaml.CSafeLoader) for file in tree.files]


def _validate(tree: files.Tree) -> tuple[Any, ...]:
    return advice.check(trees.survey(tree), None, _NOW)


def _set(number: int, selection: Json) -> Json:
    container = {
        "name": "logtail",
        "image": f"registry.example.com/logging/logtail:0.16.{number}",
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
        "volumeMounts": [{"name": "spool", "mountPath": "/spool"}],
    }
    spec = {
        **selection,
        "updateStrategy": {"partition": "25%", "maxUnavailable": 1},
        "containers": [container],
        "volumes": [{"name": "spool", "emptyDir": {"sizeLimit": f"{number + 1}Mi"}}],
    }
    metadata = {"name": f"logtail-{number}", "labels": {"wave": f"wave-{number % _POLICIES}"}}
    return {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": metadata, "spec": spec}


def _policy(number: int) -> Json:
    windows = [{"type": "Allow", "schedule": f"{number} 22 * * *", "duration": "8h", "timeZone": "Europe/Berlin"}]
    spec = {"sidecarSetSelector": {"matchLabels": {"wave": f"wave-{number}"}}, "windows": windows}
    metadata = {"name": f"wave-{number}"}
    return {"apiVersion": "gitsidecar.io/v1alpha1", "kind": "RolloutPolicy", "metadata": metadata, "spec": spec}


if __name__ == "__main__":
    main()
