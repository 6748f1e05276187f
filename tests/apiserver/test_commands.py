"""The verbs against a real API server: what they print, what they change, and their exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import apiservers, daemons, fleets, remotes, sidecarsets

pytestmark = pytest.mark.timeout(60)
_POLICY = """\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata: {name: slowly}
spec: {podsPerMinute: 100}
"""


async def test_once_runs_one_pass(apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path) -> None:
    """`once` moves one window, records it, prints what it came to and exits with 0; the next call moves the next."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(10)) as fleet:
        revision = await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable=2)})
        config = fleet.daemon.settings.file
        first = await daemons.run("once", "--config", config)
        assert (first.status, len(fleet.writes)) == (0, 2), first
        assert _counts(first.stdout) == (10, 2)
        assert "patches: 2 Applied" in first.stdout
        assert "recorded as " + fleet.bench.remote_head(daemons.STATUS_BRANCH) in first.stdout
        assert fleet.bench.log(daemons.STATUS_BRANCH)[0].startswith(f"logtail: 2/10 pods on {revision[:7]}")
        await fleet.nodes.settle(pods=10)
        second = await daemons.run("once", "--config", config)
        assert (second.status, len(fleet.writes)) == (0, 4), second


async def test_once_has_nothing_to_record_twice(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """Where nothing has changed since, `once` writes neither to the cluster nor to the status branch."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(3)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        await daemons.run("once", "--config", fleet.daemon.settings.file)
        recorded = fleet.bench.remote_head(daemons.STATUS_BRANCH)
        again = await daemons.run("once", "--config", fleet.daemon.settings.file)
        assert again.status == 0
        assert "patches: none" in again.stdout
        assert "nothing new to record" in again.stdout
        assert fleet.bench.remote_head(daemons.STATUS_BRANCH) == recorded
        assert fleet.writes == ()


async def test_plan_tells_what_would_move(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """`plan` against the live cluster names actions in order and holds with their reason, and changes nothing."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(4)) as fleet:
        manifest = tmp_path / "logtail.yaml"
        manifest.write_text(sidecarsets.text(sidecarsets.NEW, maxUnavailable=1, partition=2))
        live: list[str | Path] = ["plan", manifest, "--kubeconfig", apiserver.kubeconfig(user="reader")]
        as_json = await daemons.run(*live, "--output", "json")
        assert as_json.status == 0
        (found,) = json.loads(as_json.stdout)["sets"]
        assert (found["name"], found["matchedPods"], found["updatedPods"]) == ("logtail", 4, 0)
        (action,) = found["actions"]
        assert action == {"pod": action["pod"], "kind": "UpdateImages", "images": {"logtail": sidecarsets.NEW}}
        assert sorted(hold["reason"] for hold in found["holds"]) == [
            "BudgetExhausted",
            "PartitionKept",
            "PartitionKept",
        ]
        as_text = await daemons.run(*live)
        assert as_text.status == 0
        assert f"{action['pod']}  logtail: {sidecarsets.OLD} -> {sidecarsets.NEW}" in as_text.stdout
        assert "PartitionKept 2: partition 2 keeps 2 of 4 pods old" in as_text.stdout
        assert fleet.writes == ()


async def test_plan_with_a_bad_manifest_plans_the_others(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """`plan` exits with 1 when a manifest has errors, names their places, and plans the other sets all the same."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(2)):
        (tmp_path / "sets").mkdir()
        (tmp_path / "sets" / "good.yaml").write_text(sidecarsets.text(sidecarsets.NEW))
        (tmp_path / "sets" / "bad.yaml").write_text("kind: SidecarSet\napiVersion: apps.kruise.io/v1beta1\nspec: 7\n")
        kubeconfig = apiserver.kubeconfig(user="reader")
        done = await daemons.run("plan", tmp_path / "sets", "--kubeconfig", kubeconfig, "--output", "json")
        plan = json.loads(done.stdout)
        assert done.status == 1
        assert [len(each["actions"]) for each in plan["sets"]] == [1]
        assert {Path(each["file"]).name for each in plan["rejections"]} == {"bad.yaml"}


async def test_status_counts_the_cluster_anew(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """`status` prints what the status branch knows, counted from the pods as they are now; `--recorded` as it was."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(3)) as fleet:
        config = fleet.daemon.settings.file
        empty = await daemons.run("status", "--config", config)
        assert (empty.status, empty.stdout) == (0, "")
        assert f"{daemons.STATUS_BRANCH} is empty: no pass has been recorded yet" in empty.stderr
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        await daemons.run("once", "--config", config)
        await fleet.api.create_pods(fleets.pods(1, prefix="late"))
        now = await daemons.run("status", "--config", config)
        recorded = await daemons.run("status", "--config", config, "--recorded")
        assert (now.status, recorded.status) == (0, 0)
        assert (_counts(now.stdout), _counts(recorded.stdout)) == ((4, 4), (3, 3))


async def test_explain_says_why_a_pod_is_where_it_is(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """`explain` says of each live pod what the status branch says of the set, with the commit, and changes nothing."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(4)) as fleet:
        config = fleet.daemon.settings.file
        revision = await fleet.push(
            {"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable=1, partition=1), "nights.yaml": _POLICY}
        )
        await daemons.run("once", "--config", config)
        await fleet.nodes.settle(pods=4)
        writes = fleet.writes
        explained = {}
        for number in range(4):
            done = await daemons.run("explain", f"default/web-00{number}", "--config", config, "--output", "json")
            assert done.status == 0, done
            (explained[number],) = json.loads(done.stdout)["sets"]
        states = [(each["state"], each["reason"], each["podsAhead"]) for each in explained.values()]
        assert sorted(states, key=str) == [
            ("Held", "BudgetExhausted", 0),
            ("Held", "PartitionKept", 0),
            ("MovesNow", None, None),
            ("UpToDate", None, None),
        ]
        for each in explained.values():
            if each["state"] == "Held":
                words = {held["reason"]: held["message"] for held in fleet.status()["held"]}
                assert each["message"] == words[each["reason"]]
            if each["state"] == "UpToDate":
                assert each["running"]["commit"] == each["latest"]["commit"] == revision
            assert [(policy["name"], policy["isOpen"]) for policy in each["policies"]] == [("slowly", True)]
        away = await daemons.run("explain", "default/web-0000", "--config", config)
        assert (away.status, away.stdout) == (1, "")
        assert "these have names like it:\n  default/web-000\n" in away.stderr
        assert fleet.writes == writes


@pytest.mark.parametrize("verb", ["run", "once", "plan", "status"])
async def test_a_kubeconfig_that_does_not_exist_is_said(
    verb: str, apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """Every verb that needs the cluster exits with 3 and names the file and the setting, without a traceback."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(1)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        config = fleet.daemon.settings.file
        await daemons.run("once", "--config", config)
        missing = tmp_path / "nowhere.kubeconfig"
        fleet.daemon.settings.change({"cluster": {"kubeconfig": str(missing)}})
        done = await daemons.run(*_needing_the_cluster(verb, config, fleet.bench.folder, missing))
        assert done.status == 3
        assert f"error: kubeconfig {missing} does not exist" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["once", "plan", "status"])
async def test_a_cluster_that_is_away_is_said(
    verb: str, apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """When nobody listens at the API server's address, the verb exits with 3 and names the address."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(1)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        config = fleet.daemon.settings.file
        await daemons.run("once", "--config", config)
        away = tmp_path / "away.kubeconfig"
        away.write_text(apiserver.kubeconfig(user="daemon").read_text().replace(apiserver.url, "https://127.0.0.1:9"))
        fleet.daemon.settings.change({"cluster": {"kubeconfig": str(away)}})
        done = await daemons.run(*_needing_the_cluster(verb, config, fleet.bench.folder, away))
        assert done.status == 3
        assert "https://127.0.0.1:9" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["once", "status"])
async def test_a_remote_that_is_away_is_said(
    verb: str,
    apiserver: apiservers.ApiServer,
    http_server: tuple[remotes.HttpServer, remotes.Served],
    tmp_path: Path,
) -> None:
    """When nobody listens at the remote's address, the verb exits with 3 and names the url, and never the token."""
    server, remote = http_server
    async with fleets.gathered(apiserver, remote, tmp_path, fleets.pods(1)) as fleet:
        server.stop()
        done = await daemons.run(verb, "--config", fleet.daemon.settings.file)
        assert done.status == 3
        assert remote.url in done.stderr
        assert server.token not in done.stderr + done.stdout


def _needing_the_cluster(verb: str, config: Path, manifests: Path, kubeconfig: Path) -> list[str | Path]:
    if verb == "plan":
        return [verb, manifests, "--kubeconfig", kubeconfig]
    return [verb, "--config", config]


def _counts(table: str) -> tuple[int, int]:
    """Return how many pods the line about ``logtail`` says are matched and updated."""
    found = re.search(r"^logtail +[a-z][a-z ]*[a-z] +(\d+) +(\d+) ", table, re.MULTILINE)
    assert found is not None, table
    return int(found[1]), int(found[2])
