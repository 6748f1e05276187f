"""Older forms of a SidecarSet to today's v1beta1 (reference §1.2 and §12), with warnings that say how to write it."""

from __future__ import annotations

from typing import Any

from gitsidecar.manifests import cleaning, documents, drafts, names
from gitsidecar.model import findings

V1ALPHA1 = "apps.kruise.io/v1alpha1"
V1BETA1 = "apps.kruise.io/v1beta1"
_VERSION_LABEL = "apps.kruise.io/sidecarset-custom-version"
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_STRATEGY_FIELDS = (
    "type",
    "paused",
    "selector",
    "partition",
    "maxUnavailable",
    "scatterStrategy",
    "priorityStrategy",
)
# Read as absent, a forgotten value here would move pods that were meant to stay, or take in more of them.
_VITAL = ("selector", "namespaceSelector", "namespace", "updateStrategy", "strategy", "paused")


def modernise(document: documents.Document) -> drafts.Draft:
    """Return *document* (a mapping) in v1beta1 form, without nulls and without what a server adds."""
    return _Modernising(cleaning.clean(document, _is_vital)).run()


def _is_vital(path: documents.Path) -> bool:
    return path[0] == "spec" and len(path) > 1 and path[1] in _VITAL


class _Modernising:
    """Rewrites one document, step by step, and keeps track of where each moved field stood."""

    def __init__(self, cleaned: drafts.Draft) -> None:
        self._document = cleaned.document
        self._origins: dict[documents.Path, documents.Path] = {}
        self._found = list(cleaned.found)
        self._value: dict[str, Any] = dict(cleaned.value)
        self._is_v1alpha1 = self._value.get("apiVersion") == V1ALPHA1

    def run(self) -> drafts.Draft:
        metadata, spec = self._value.get("metadata"), self._value.get("spec")
        if isinstance(spec, dict):
            self._move_strategies(spec)
            if self._is_v1alpha1:
                self._move_namespace(spec)
                self._move_version(spec, drafts.mapping(metadata).get("labels"))
        if self._value.get("apiVersion") == V1ALPHA1:
            self._value["apiVersion"] = V1BETA1
        return drafts.Draft(self._document, self._value, self._origins, tuple(self._found))

    def _tell(
        self, path: documents.Path, message: str, level: findings.Level = findings.Level.WARNING, *, at_key: bool = True
    ) -> None:
        self._found.append(self._document.finding(path, message, level, at_key=at_key))

    def _move_strategies(self, spec: dict[str, Any]) -> None:
        if not isinstance(spec.get("updateStrategy", {}), dict):
            return
        if isinstance(spec.get("strategy"), dict):
            older = spec.pop("strategy")
            rolling = older.pop("rollingUpdate") if isinstance(older.get("rollingUpdate"), dict) else {}
            if "updateStrategy" not in spec:
                spec["updateStrategy"] = {}
                self._origins["spec", "updateStrategy"] = ("spec", "strategy")
            self._move_fields(older, ("spec", "strategy"), spec)
            self._move_fields(rolling, ("spec", "strategy", "rollingUpdate"), spec)
        if "paused" in spec:
            self._move_fields({"paused": spec.pop("paused")}, ("spec",), spec)

    def _move_fields(self, older: dict[str, Any], base: documents.Path, spec: dict[str, Any]) -> None:
        strategy = spec.setdefault("updateStrategy", {})
        for field, value in older.items():
            now, before = ("spec", "updateStrategy", field), (*base, field)
            if field in strategy:
                winner = documents.spell(self._origins.get(now, now))
                self._tell(before, f"is ignored, because {winner} is given too: remove one of the two")
                continue
            strategy[field] = value
            self._origins[now] = before
            if field in _STRATEGY_FIELDS:
                self._tell(before, f"is an older form: write it as {documents.spell(now)}")

    def _move_namespace(self, spec: dict[str, Any]) -> None:
        namespace = spec.get("namespace")
        if namespace is None:
            return
        del spec["namespace"]
        path = ("spec", "namespace")
        if not isinstance(namespace, str):
            self._tell(path, "must be text: put it in quotes", findings.Level.ERROR, at_key=False)
        elif namespace and (fault := names.label_fault(namespace)):
            self._tell(path, fault, findings.Level.ERROR, at_key=False)
        elif namespace and "namespaceSelector" in spec:
            message = "cannot stand beside namespaceSelector, which would be passed over: keep one of the two"
            self._tell(path, message, findings.Level.ERROR)
        elif namespace:
            spec["namespaceSelector"] = {"matchLabels": {_NAMESPACE_LABEL: namespace}}
            self._origins["spec", "namespaceSelector"] = path

    def _move_version(self, spec: dict[str, Any], labels: Any) -> None:
        if "customVersion" in spec:
            message = f"does not exist in v1alpha1: write apiVersion: {V1BETA1}, or the label {_VERSION_LABEL}"
            self._tell(("spec", "customVersion"), message, findings.Level.ERROR)
            return
        if not isinstance(labels, dict) or not isinstance(labels.get(_VERSION_LABEL), str):
            return
        version = labels.pop(_VERSION_LABEL)
        if not labels:
            del self._value["metadata"]["labels"]
        if version:
            spec["customVersion"] = version
            self._origins["spec", "customVersion"] = ("metadata", "labels", _VERSION_LABEL)
