"""A report as the files of the status branch: the same report, the same bytes (DESIGN §7)."""

from __future__ import annotations

from gitsidecar.model import reports
from gitsidecar.reporting import paths, records, statuses, yamls


def render(report: reports.Report) -> dict[str, bytes]:
    """
    Return path → bytes of all managed files, in order of path.

    Nothing in them moves by itself: no time but those of conditions, no source revision but those that brought a spec,
    and nothing of what this pass did; that is told by the commit's message.
    """
    content = {paths.STATUS: statuses.write(report).encode("utf-8", "replace")}
    if records.rejections(report.found):
        content[paths.REJECTIONS] = yamls.dump(records.of_rejections(report.found))
    for each in report.sets:
        content[paths.set_file(each.name)] = yamls.dump(records.of_set(each))
        for spec_hash, document in each.documents.items():
            content[paths.spec_file(each.name, spec_hash)] = yamls.dump(yamls.from_json(document))
    return dict(sorted(content.items()))
