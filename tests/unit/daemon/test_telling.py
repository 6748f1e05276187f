"""What the log says of passes: each thing once, however many passes and pods."""

from __future__ import annotations

import structlog

from gitsidecar.daemon import telling
from tests.support import benches, sidecarsets


async def test_a_pass_is_one_line_with_everything_in_it() -> None:
    """The line has the counts, the commit and the duration of each phase."""
    bench = await _started()
    bench.push(maxUnavailable=1)
    [line] = [each for each in await _told(bench, 1) if each["event"] == "pass.done"]
    assert line["sets"]["logtail"] == {
        "matched": 4,
        "updated": 1,
        "ready": 3,
        "in_flight": 1,
        "moved": 1,
        "failed": 0,
        "held": {"BudgetExhausted": 3},
    }
    assert line["commit"]
    assert line["milliseconds"].keys() == {"read", "observe", "plan", "act", "summarise", "record"}


async def test_each_patch_is_a_line() -> None:
    """A change to the cluster is told with set, pod and image."""
    bench = await _started()
    bench.push(maxUnavailable=1)
    [line] = [each for each in await _told(bench, 1) if each["event"] == "pod.patched"]
    assert (line["set"], line["outcome"], line["images"]) == ("logtail", "Applied", {"logtail": sidecarsets.NEW})


async def test_a_refusal_is_told_once_per_set() -> None:
    """Where rights are missing one line says so, not one per pod and pass."""
    bench = await _started(pods=12)
    bench.cluster.forbid_writes(True)
    bench.push(maxUnavailable=12)
    lines = [each for each in await _told(bench, 5) if "not_patched" in str(each["event"])]
    assert [(each["outcome"], each["pods"]) for each in lines] == [("Forbidden", 12)]


async def test_a_rejection_is_told_when_it_is_new() -> None:
    """The same error in pass after pass is one line; the next push may bring another."""
    bench = await _started()
    bench.push_files({"a.yaml": "["})
    lines = [each for each in await _told(bench, 3) if each["event"] == "manifest.rejected"]
    assert [each["where"].split(":")[0] for each in lines] == ["a.yaml"]


async def test_what_is_wrong_with_the_status_branch_is_told_once() -> None:
    """A file of the branch that could not be read is one line, however often passes run."""
    bench = await _started()
    bench.push()
    await bench.settle()
    [path] = [path for path in bench.branch.content if path.startswith("sets/") and path.endswith(".yaml")]
    bench.branch.content = {**bench.branch.content, path: b"{"}
    bench.restarted()
    lines = [each for each in await _told(bench, 3) if each["event"] == "history.problem"]
    assert [each["where"] for each in lines] == [path]
    assert lines[0]["log_level"] == "warning"


async def _started(pods: int = 4) -> benches.Bench:
    bench = benches.Bench(pods)
    await bench.start()
    return bench


async def _told(bench: benches.Bench, passes: int) -> list[structlog.typing.EventDict]:
    """Return the lines of so many passes."""
    teller = telling.Teller()
    with structlog.testing.capture_logs() as lines:
        for _ in range(passes):
            done = await bench.poll_and_pass()
            teller.tell_problems(bench.reconciler.problems)
            teller.tell_pass(done)
            bench.wait(1)
    return list(lines)
