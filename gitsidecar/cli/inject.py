"""`gitsidecar inject`: the pod as it would start."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gitsidecar.cli import main, podfiles, trees
from gitsidecar.injection import choosing, injecting, reasons, templates, workloads
from gitsidecar.manifests import names
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import desires, pods, sidecarsets
from gitsidecar.planning import selections

_Labels = Mapping[str, str] | None


def _read_labels(context: click.Context, option: click.Parameter, value: str | None) -> _Labels:  # noqa: ARG001
    if value is None:
        return None
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
    if not all(equals and key.strip() for key, equals, _ in pairs):
        raise click.BadParameter(f"{value!r} is not key=value,key=value")
    return {key.strip(): label.strip() for key, _, label in pairs}


@click.command(name="inject")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--pod",
    "pod_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Pods and workloads, YAML or JSON, one document or several; - for standard input.",
)
@click.option("--set", "only", default="", metavar="NAME", help="Look at this SidecarSet alone.")
@click.option(
    "--namespace-labels",
    callback=_read_labels,
    metavar="KEY=VALUE,...",
    help="Labels of the pods' namespaces, which a namespaceSelector may ask for.",
)
@click.option("--output", type=click.Choice(["yaml", "json", "patch"]), default="yaml", show_default=True)
def command(path: Path, *, pod_file: str, only: str, namespace_labels: _Labels, output: str) -> None:
    """
    Print pods as they would start with the SidecarSets below PATH, in their latest form.

    Of Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs and CronJobs it is the pod template that gets the
    sidecars; all else is printed as it is. With --output patch each document gives a JSON Patch. What was injected,
    what was not and why, is said on standard error.

    Exit code 1 when a manifest has errors, or a pod cannot get what it should.

    Example: gitsidecar inject manifests-example --pod deployment.yaml
    """
    tree = trees.read([path])
    if not tree.files and not tree.refused:
        raise click.UsageError(f"there is no .yaml, .yml or .json file below {path}")
    documents = _read(pod_file)
    desired = manifests.read(tree)
    for finding in desired.rejections:
        click.echo(str(finding), err=True)
    view = _View(desired, _only(desired, only), namespace_labels, is_picked=bool(only))
    _print([view.inject(each) for each in documents], output)
    if desired.rejections or view.has_refused:
        sys.exit(main.FINDINGS)


def _read(name: str) -> list[podfiles.Document]:
    with click.open_file(name, "rb") as file:
        content = file.read()
    try:
        documents = podfiles.read(content, "standard input" if name == "-" else name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--pod") from error
    if not any(True for each in documents for _ in workloads.find(each.value)):
        click.echo("note: there is no Pod, and no workload with a pod template, to inject", err=True)
    return documents


def _only(desired: desires.Desired, name: str) -> tuple[sidecarsets.SidecarSet, ...]:
    if not name:
        return desired.sets
    found = tuple(each for each in desired.sets if each.name == name)
    if not found:
        known = [each.name for each in desired.sets]
        hint = "its manifest was refused" if name in desired.refused else names.suggestion(name, known)
        words = f"there is no SidecarSet {name}" + (
            f": {hint}" if hint else f"; there are {', '.join(known) or 'none'}"
        )
        raise click.BadParameter(words, param_hint="--set")
    return found


class _View:
    """Injects document after document, says on standard error what became of each pod, and remembers refusals."""

    def __init__(
        self, desired: desires.Desired, sets: tuple[sidecarsets.SidecarSet, ...], labels: _Labels, *, is_picked: bool
    ) -> None:
        self.has_refused = False
        self._desired = desired
        self._sets = sets
        self._labels = labels
        self._is_picked = is_picked

    def inject(self, document: podfiles.Document) -> tuple[podfiles.Document, list[dict[str, Any]]]:
        """Return *document* with its pods injected, and the operations that make it so."""
        value, operations = document.value, []
        for described in workloads.find(document.value):
            injection = self._inject_pod(described)
            value = workloads.put(value, described.path, injection.pod) if injection.patch else value
            start = workloads.pointer(described.path)
            operations += [{**each, "path": start + each["path"]} for each in injection.patch]
        return (podfiles.Document(value) if operations else document), operations

    def _inject_pod(self, described: workloads.Described) -> injecting.Injection:
        namespace = choosing.Namespace(described.namespace or "default", self._labels)
        choice = choosing.choose(described.pod, self._sets, namespace)
        injection = injecting.inject(
            described.pod, [injecting.Chosen(each, self._desired.revision) for each in choice.sets]
        )
        told = tuple(dict.fromkeys((*choice.notes, *injection.notes)))
        for note in told:
            self.has_refused |= note.is_fault
            hint = ": give --namespace-labels" if note.reason is reasons.Reason.NAMESPACE_UNKNOWN else ""
            _tell("error" if note.is_fault else "note", described, f"{note}{hint}")
        if injection.injected:
            _tell("note", described, f"injected {', '.join(injection.injected)}")
        elif not told:
            _tell("note", described, self._why_nothing(described, namespace))
        for each in choice.sets:
            revision = templates.of(each).revision
            if revision and each.name in injection.injected:
                words = (
                    f"SidecarSet {each.name} asks for revision {revision}, which files do not hold: this is the latest"
                )
                _tell("note", described, words)
        return injection

    def _why_nothing(self, described: workloads.Described, namespace: choosing.Namespace) -> str:
        if not self._is_picked:
            return "no SidecarSet selects it"
        labels = (described.pod.get("metadata") or {}).get("labels") or {}
        row = pods.Pod(namespace.name, described.name, "", labels)
        namespaces = {} if namespace.labels is None else {namespace.name: namespace.labels}
        words = selections.of_set(row, self._sets[0], namespaces)
        return f"SidecarSet {self._sets[0].name} does not select it: {words}"


def _tell(level: str, described: workloads.Described, words: str) -> None:
    text = f"{level}: {described.title}: {words}"  # names in it are as somebody wrote them: none may move the cursor
    click.echo("".join(each if each.isprintable() else " " for each in text), err=True)


def _print(results: list[tuple[podfiles.Document, list[dict[str, Any]]]], output: str) -> None:
    if output == "yaml":
        click.echo("---\n".join(podfiles.dump(document) for document, _ in results), nl=False)
        return
    for document, operations in results:
        if document.value is not None:  # a comment that stands alone
            shown = operations if output == "patch" else document.value
            click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
