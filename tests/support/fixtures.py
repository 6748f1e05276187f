"""
A pytest plug-in: the tiers that need a real Kubernetes or a browser, their fixtures, and ``--require``.

A test belongs to a tier by its folder (``tests/apiserver``, ``tests/node``, ``tests/browser``), by a marker of that
name, or by asking for the fixture of that name. What a tier lacks on this machine skips its tests with one line, or,
where ``--require`` names the tier, ends the run before the first test.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pytest

from tests.support import apiservers, binaries, nodes, tiers

_LACKS = pytest.StashKey[dict[str, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        default="",
        metavar="TIERS",
        help=f"tiers that must run, separated by commas ({', '.join(tiers.TIERS)}): what they lack is a failure",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LACKS] = {}
    unknown = _required(config) - set(tiers.TIERS)
    if unknown:
        raise pytest.UsageError(f"--require: {', '.join(sorted(unknown))}: not a tier ({', '.join(tiers.TIERS)})")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        for tier in tiers.TIERS:
            if tier in item.path.parts or tier in fixtures:
                item.add_marker(tier)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build before the first test, not inside one: a build takes longer than a test may."""
    config = session.config
    required = _required(config)
    used = required | {tier for tier in tiers.TIERS for item in session.items if item.get_closest_marker(tier)}
    if config.option.collectonly:
        return
    lacks = {tier: ", ".join(tiers.missing(tier)) for tier in sorted(used)}
    built = {tier for tier in used if tier in binaries.ALL_TIERS}
    if any(not lacks[tier] for tier in built):
        broken = _build(config, built)
        lacks |= {tier: lacks[tier] or broken for tier in built}
    config.stash[_LACKS].update(lacks)
    for tier in sorted(required):
        if lacks[tier]:
            pytest.exit(f"--require={tier}: this machine lacks {lacks[tier]}", returncode=1)


def pytest_runtest_setup(item: pytest.Item) -> None:
    # Skipped from here and not by a marker: all these skips then share one place and one line of the summary.
    for tier, lack in item.config.stash[_LACKS].items():
        if lack and item.get_closest_marker(tier):
            pytest.skip(f"tier {tier}: this machine lacks {lack}")


@pytest.fixture(scope="session")
def apiserver_session() -> Iterator[apiservers.ApiServer]:
    """Run one real etcd and kube-apiserver for all tests of the session; started by the first that asks."""
    with apiservers.running() as server:
        yield server


@pytest.fixture
def apiserver(apiserver_session: apiservers.ApiServer) -> Iterator[apiservers.ApiServer]:
    """Lend the session's API server to one test, and leave it without pods."""
    yield apiserver_session
    apiserver_session.wipe()


@pytest.fixture(scope="session")
def node_session() -> Iterator[nodes.Node]:
    """Run one real node, with its own API server, for all tests of the session; started by the first that asks."""
    with nodes.running() as node:
        yield node


@pytest.fixture
def node(node_session: nodes.Node) -> Iterator[nodes.Node]:
    """Lend the session's node to one test, and leave its API server without pods."""
    yield node_session
    node_session.server.wipe()


def _required(config: pytest.Config) -> set[str]:
    return {tier.strip() for tier in config.getoption("--require").split(",") if tier.strip()}


def _build(config: pytest.Config, used: Collection[str]) -> str:
    """Build what the tiers *used* need, telling the person who waits; return why that failed, or an empty string."""
    capture = config.pluginmanager.getplugin("capturemanager")
    reporter = config.pluginmanager.getplugin("terminalreporter")
    with capture.global_and_fixture_disabled():
        try:
            binaries.build(lambda line: reporter.write_line(line, flush=True), tiers=used)
        except binaries.BuildError as error:
            return str(error)
    return ""
