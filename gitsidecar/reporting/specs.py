"""Which specs the status branch keeps: those somebody may still need, and older ones up to a limit (DESIGN §5.14)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gitsidecar.model import histories, sidecarsets
from gitsidecar.reporting import yamls


def keep(
    sidecar_set: sidecarsets.SidecarSet, running: Collection[str], known: histories.SetHistory | None, stable: str
) -> Mapping[str, str]:
    """
    Return spec hash → document, oldest first; a spec that comes back is the newest again.

    The latest spec, the *stable* one and those *running* in matched pods are kept whatever the limit; of the others the
    oldest go first (reference §4.3). A hash keeps the document that brought it.
    """
    documents = dict(known.specs) if known is not None else {}
    latest = documents.pop(sidecar_set.spec_hash, None) or yamls.canonical(sidecar_set.document)
    documents[sidecar_set.spec_hash] = latest
    needed = {sidecar_set.spec_hash, stable, *running}
    surplus = len(documents) - max(1, sidecar_set.revision_history_limit)
    for spec_hash in [each for each in documents if each not in needed][: max(0, surplus)]:
        del documents[spec_hash]
    return documents
