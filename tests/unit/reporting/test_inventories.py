"""The inventory of workloads stays within a file, whatever comes and goes in the cluster."""

from __future__ import annotations

import dataclasses

import pytest
import yaml

from gitsidecar.model import plans, reports
from gitsidecar.reporting import files
from gitsidecar.reporting import histories as memories
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

_MOST = 1000


def _content(report: reports.SetReport) -> dict[str, bytes]:
    return files.render(reports.Report("prod", b.REVISION, (report,)))


@pytest.mark.parametrize(
    ("workload", "shown"),
    [
        ("Job/backup-29000001", "Job/backup-*"),
        ("Job/backup-2900001", "Job/backup-2900001"),
        ("Job/29000001", "Job/29000001"),
        ("Job/backup-nightly", "Job/backup-nightly"),
        ("Deployment/web-29000001", "Deployment/web-29000001"),
    ],
)
def test_jobs_of_a_cronjob_are_one_workload(workload: str, shown: str) -> None:
    """The number that a CronJob gives to each of its Jobs is left out: a run is no line that comes and goes."""
    assert [each.name for each in b.report(b.set_plan(done=[b.pod(1, b.NEW, workload=workload)])).workloads] == [shown]


def test_runs_of_a_cronjob_are_summed() -> None:
    """Two Jobs that overlap are counted together, and another run in their place changes no byte."""
    one = [b.pod(1, b.NEW, workload="Job/backup-29000001"), b.pod(2, b.NEW, workload="Job/backup-29000061")]
    other = [dataclasses.replace(each, workload=f"Job/backup-2900{number}121") for number, each in enumerate(one)]
    report = b.report(b.set_plan(done=one))
    assert report.workloads == (reports.Workload("shop", "Job/backup-*", 2, 2, 2),)
    assert _content(report) == _content(b.report(b.set_plan(done=other)))


def _many() -> plans.SetPlan:
    done = [b.pod(each, b.NEW, workload=f"Deployment/done-{each:04}") for each in range(_MOST + 3)]
    old = [b.pod(5000 + each, workload="Deployment/old") for each in range(4)]
    late = [b.pod(6000, workload="Deployment/late"), b.pod(6001, b.NEW, workload="Deployment/late")]
    return b.set_plan(done=[*done, late[1]], old=[*old, late[0]], missing=[b.pod(7000, workload="Deployment/bare")])


def test_a_thousand_workloads_are_listed_and_the_rest_is_summed() -> None:
    """Those in which most is left to do are among the listed, which stand in order of name."""
    report = b.report(_many())
    names = [each.name for each in report.workloads]
    assert len(names) == _MOST
    assert names == sorted(names)
    assert {"Deployment/old", "Deployment/late", "Deployment/bare", "Deployment/done-0996"} <= set(names)
    assert report.rest == reports.Rest(workloads=6, matched=6, updated=6, ready=6, missing=0)


def test_what_is_summed_comes_back() -> None:
    """The sums are written, read back, and said on the page; without them nothing is written of it."""
    content = _content(b.report(_many()))
    status = yaml.safe_load(content["sets/logtail.yaml"])["status"]
    assert status["otherWorkloads"] == {
        "workloads": 6,
        "matchedPods": 6,
        "updatedPods": 6,
        "readyPods": 6,
        "missingPods": 0,
    }
    known = memories.read(content, b.restore, policies.restore).recorded
    assert known is not None
    assert known.sets[0].rest == reports.Rest(6, 6, 6, 6, 0)
    assert "1003 more workloads" in content["sets/logtail.md"].decode()
    few = _content(b.report(b.set_plan(done=[b.pod(1, b.NEW)])))
    assert b"otherWorkloads" not in few["sets/logtail.yaml"]
