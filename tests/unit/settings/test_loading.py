"""Settings from the file and the environment, and what is said of those that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic
import pytest
import yaml

from gitsidecar import errors
from gitsidecar.manifests import documents
from gitsidecar.settings import configs, loading, notifications

ROOT = Path(__file__).parents[3]
URL = "https://git.example.com/platform/sidecars.git"
Write = Callable[[str], Path]

_NOTIFY = '[{"name": "chat", "kind": "slack", "urlFile": "/etc/url"}]'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Give a function that writes a settings file."""

    def written(text: str) -> Path:
        file = tmp_path / "gitsidecar.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


def test_the_annotated_file_shows_every_setting_with_its_default() -> None:
    """config/gitsidecar.yaml holds each setting of the models, no other, and the value that holds without it."""
    shown = yaml.safe_load((ROOT / "config/gitsidecar.yaml").read_text(encoding="utf-8"))
    leaves = {_path(each): _leaf(shown, each) for each in loading.variables().values()}
    assert leaves.keys() == set(_leaves(shown)) - {"apiVersion", "kind"}
    assert loading.load(ROOT / "config/gitsidecar.yaml", {}) == configs.GitsidecarConfig.model_validate(
        {"repository": {"url": URL}}
    )


def test_every_setting_of_the_annotated_file_is_explained() -> None:
    """Each line with a setting follows a comment, or another setting that the comment speaks of as well."""
    lines = (ROOT / "config/gitsidecar.yaml").read_text(encoding="utf-8").splitlines()
    assert sum(line.lstrip().startswith("#") for line in lines) >= len(loading.variables())


def test_every_setting_is_documented_where_it_is_defined() -> None:
    """No field of the models lacks its docstring."""
    bare = [f"{model.__name__}.{name}" for model in _models() for name in _undocumented(model)]
    assert bare == []


@pytest.mark.parametrize("name", sorted(loading.variables()))
def test_every_setting_has_a_variable_that_beats_the_file(name: str, write: Write) -> None:
    """What the environment says is what holds, whatever the file says."""
    path = loading.variables()[name]
    other = {
        "GITSIDECAR_REPOSITORY_REWRITTEN_HISTORY": "Accept",
        "GITSIDECAR_REPOSITORY_ALLOW_INSECURE_HTTP": "true",
        "GITSIDECAR_PROBES_ADDRESS": "127.0.0.1:0",
        "GITSIDECAR_DASHBOARD_ENABLED": "false",
        "GITSIDECAR_DASHBOARD_ADDRESS": "127.0.0.1:0",
        "GITSIDECAR_DASHBOARD_BEYOND_LOOPBACK": "true",
        "GITSIDECAR_DASHBOARD_HOSTS": '["page.example.com"]',
        "GITSIDECAR_LOG_STYLE": "json",
        "GITSIDECAR_LOG_LEVEL": "debug",
        "GITSIDECAR_WEBHOOK_ENABLED": "true",
        "GITSIDECAR_WEBHOOK_ADDRESS": "127.0.0.1:0",
        "GITSIDECAR_WEBHOOK_FAILURE_POLICY": "Fail",
        "GITSIDECAR_WEBHOOK_REGISTER": "false",
        "GITSIDECAR_WEBHOOK_REACHED_URL": "https://10.0.0.7:9443",
        "GITSIDECAR_WEBHOOK_PATCH_POD_METADATA": "[]",
        "GITSIDECAR_WEBHOOK_EXCLUDED_NAMESPACES": '["cni"]',
        "GITSIDECAR_HOOKS_ADDRESS": "127.0.0.1:0",
        "GITSIDECAR_NOTIFY": _NOTIFY,
    }.get(name, "7")
    file = write((ROOT / "config/gitsidecar.yaml").read_text(encoding="utf-8"))
    plain, changed = (loading.load(file, environ).model_dump(by_alias=True) for environ in ({}, {name: other}))
    lists = {'["cni"]': "('cni',)", '["page.example.com"]': "('page.example.com',)"}
    told = (notifications.Notifier(**each).model_dump(by_alias=True) for each in json.loads(_NOTIFY))
    lists[_NOTIFY] = str(tuple(told))
    shown = {"true": "True", "false": "False", "[]": "()", **lists}.get(other, other)
    assert str(_leaf(changed, path)).removesuffix(".0") == shown
    assert _leaf(plain, path) != _leaf(changed, path)
    assert [each for each in loading.variables().values() if _leaf(plain, each) != _leaf(changed, each)] == [path]


def test_a_section_may_stand_in_the_environment_alone(write: Write) -> None:
    """An empty file and one variable are enough."""
    config = loading.load(write(""), {"GITSIDECAR_REPOSITORY_URL": URL})
    assert config.repository.url == URL


def test_an_unknown_key_is_an_error_at_its_place(write: Write) -> None:
    """The words name file, line and column, and what was probably meant."""
    words = _refusal(write(f"repository:\n  url: {URL}\n  pollIntervall: 30s\nlimitz: {{}}\n"))
    assert "gitsidecar.yaml:3:3: error: repository.pollIntervall:" in words
    assert "pollInterval" in words.partition("did you mean")[2]
    assert "gitsidecar.yaml:4:1: error: limitz:" in words
    assert words.count("did you mean") == 2


def test_all_errors_are_told_at_once(write: Write) -> None:
    """Whoever mends the file sees everything in one go."""
    file = write("repository:\n  url: 5\n  branch: ''\nlog: {style: pretty}\nprobes: {address: '8080'}\n")
    words = _refusal(file, {"GITSIDECAR_STATUS_INTERVAL": "soon"})
    for field in ("repository.url", "repository.branch", "log.style", "probes.address", "status.interval"):
        assert f"{field}: " in words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("30s", 30), ("1m30s", 90), ("2h", 7200), ("45", 45), ("1.5", 1.5), ("1.5m", 90), ("'20'", 20)],
)
def test_durations(text: str, seconds: float, write: Write) -> None:
    """A duration is a number of seconds, or numbers with units."""
    config = loading.load(write(f"repository: {{url: '{URL}', pollInterval: {text}}}"), {})
    assert config.repository.poll_interval == seconds


@pytest.mark.parametrize(
    "text", ["soon", "''", "30 s", "30x", "s", "-5", "-5s", "0", "0s", "25h", "true", "null", ".inf"]
)
def test_what_is_no_duration_is_told(text: str, write: Write) -> None:
    """Nothing else is taken for one, and the words show what to write or between which bounds."""
    words = _refusal(write(f"repository: {{url: '{URL}', pollInterval: {text}}}"))
    assert "gitsidecar.yaml:1:" in words
    assert "repository.pollInterval: " in words


@pytest.mark.parametrize("text", ["8080", "localhost", "localhost:", "localhost:http", ":99999", "a:b:c", ""])
def test_what_is_no_address_is_told(text: str, write: Write) -> None:
    """An address is host:port."""
    words = _refusal(write(f"repository: {{url: '{URL}'}}\nprobes: {{address: '{text}'}}"))
    assert "probes.address: " in words
    assert "host:port" in words


@pytest.mark.parametrize("text", ["0.0.0.0:8080", "[::]:0", ":8080", "localhost:80"])
def test_addresses(text: str, write: Write) -> None:
    """Names, IPv4, IPv6 in brackets and all of the machine's own."""
    config = loading.load(write(f"repository: {{url: '{URL}'}}\nprobes: {{address: '{text}'}}"), {})
    assert config.probes.address == text


def test_a_variable_with_a_bad_value_is_named(write: Write) -> None:
    """The error says which variable, not a line of the file that is innocent."""
    words = _refusal(write(f"repository: {{url: '{URL}'}}"), {"GITSIDECAR_LIMITS_WRITES_IN_FLIGHT": "many"})
    assert "environment variable GITSIDECAR_LIMITS_WRITES_IN_FLIGHT: error: limits.writesInFlight: " in words


def test_an_unknown_variable_is_an_error(write: Write) -> None:
    """A variable with our prefix that is no setting is a typo, and the words guess at what was meant."""
    words = _refusal(write(f"repository: {{url: '{URL}'}}"), {"GITSIDECAR_REPOSITORY_POL_INTERVAL": "1m"})
    assert "environment variable GITSIDECAR_REPOSITORY_POL_INTERVAL" in words
    assert "GITSIDECAR_REPOSITORY_POLL_INTERVAL" in words


@pytest.mark.parametrize(
    "name",
    [
        "GITSIDECAR_CONFIG",
        "GITSIDECAR_SERVICE_HOST",
        "GITSIDECAR_SERVICE_PORT_PROBES",
        "GITSIDECAR_PORT",
        "GITSIDECAR_PORT_8080_TCP_ADDR",
        "GITSIDECAR_WEBHOOK_PORT_443_TCP",
        "PATH",
    ],
)
def test_variables_that_are_not_meant_as_settings_are_passed_over(name: str, write: Write) -> None:
    """The name of the settings file, and what Kubernetes sets for a Service called like us, stop nothing."""
    assert loading.load(write(f"repository: {{url: '{URL}'}}"), {name: "tcp://10.0.0.1:8080"}).repository.url == URL


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The words say which file, why, and how to name another."""
    with pytest.raises(errors.StalledError, match=r"nowhere\.yaml: No such file.*--config"):
        loading.load(tmp_path / "nowhere.yaml", {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "gitsidecar.yaml:1:"),
        ("a: &x 1\nb: *x", "gitsidecar.yaml:1:"),
        ("repository: {url: a, url: b}", "url"),
        ("\x00", "gitsidecar.yaml"),
        ("- 1", "gitsidecar.yaml"),
        ("repository: 5", "repository"),
        (f"repository: {{url: '{URL}'}}\n---\nlog: {{}}", "one document"),
        ("kind: Deployment\nrepository: {url: a}", "kind"),
        ("{}", "repository"),
    ],
)
def test_odd_files_are_told_in_words(text: str, words: str, write: Write) -> None:
    """No file makes a traceback."""
    assert words in _refusal(write(text))


def test_who_may_give_which_annotations(write: Write) -> None:
    """The rules for patchPodMetadata read the same from the file and, as JSON, from a variable."""
    rule = '{"selector": {"matchLabels": {"team": "logs"}}, "allowedAnnotationKeyExprs": ["^logs/"]}'
    by_file = loading.load(write(f"repository: {{url: '{URL}'}}\nwebhook: {{patchPodMetadata: [{rule}]}}"), {})
    environ = {"GITSIDECAR_WEBHOOK_PATCH_POD_METADATA": f"[{rule}]"}
    by_variable = loading.load(write(f"repository: {{url: '{URL}'}}"), environ)
    assert by_file == by_variable
    [found] = by_file.webhook.patch_pod_metadata or ()
    assert (found.selector.match_labels, found.allowed_annotation_key_exprs) == ({"team": "logs"}, ("^logs/",))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("reached: {url: 'http://a:1'}", "webhook.reached.url"),
        ("reached: {url: 'https://a:1/mutate'}", "webhook.reached.url"),
        ("reached: {url: 'https://u:p@a'}", "webhook.reached.url"),
        ("reached: {url: 'https://a:99999'}", "webhook.reached.url"),
        ("reached: {url: '127.0.0.1:9443'}", "webhook.reached.url"),
        ("reached: {service: a.b}", "webhook.reached.service"),
        ("reached: {port: 0}", "webhook.reached.port"),
        ("certificates: {secret: '../x'}", "webhook.certificates.secret"),
        ("namespace: Platform", "webhook.namespace"),
        ("name: 'a b'", "webhook.name"),
        ("excludedNamespaces: [cni, Network]", "webhook.excludedNamespaces[1]"),
        ("failurePolicy: ignore", "webhook.failurePolicy"),
        ("patchPodMetadata: [{allowedAnnotationKeyExprs: ['(']}]", "webhook.patchPodMetadata[0]"),
        ("patchPodMetadata: '[{'", "webhook.patchPodMetadata"),
        ("patchPodMetadata: [{}]", "webhook.patchPodMetadata[0].allowedAnnotationKeyExprs"),
        ("enabled: true, address: '0.0.0.0:0'", "webhook"),
    ],
)
def test_what_the_webhook_cannot_use_is_told(text: str, field: str, write: Write) -> None:
    """Each is refused at its place, before anything is served."""
    words = _refusal(write(f"repository: {{url: '{URL}'}}\nwebhook: {{{text}}}"))
    assert "gitsidecar.yaml:2:" in words
    assert f" error: {field}" in words


def test_no_setting_is_named_like_what_a_service_sets(write: Write) -> None:
    """What Kubernetes puts into the environment for our own Services is never taken for a setting."""
    services = {"GITSIDECAR", "GITSIDECAR_WEBHOOK", "GITSIDECAR_HOOKS"}
    links = {f"{name}_{what}" for name in services for what in ("SERVICE_HOST", "SERVICE_PORT", "PORT")}
    assert links.isdisjoint(loading.variables())


def test_the_status_branch_is_named_after_the_cluster(write: Write) -> None:
    """Unless the settings name one, each cluster has its own."""
    config = loading.load(write(f"repository: {{url: '{URL}'}}\ncluster: {{name: eu-1}}"), {})
    assert config.status_branch == "gitsidecar/status/eu-1"
    named = loading.load(write(f"repository: {{url: '{URL}'}}\nstatus: {{branch: audit}}"), {})
    assert named.status_branch == "audit"


def _refusal(file: Path, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(errors.StalledError) as raised:
        loading.load(file, environ or {})
    return str(raised.value)


def _path(parts: documents.Path) -> str:
    return ".".join(str(part) for part in parts)


def _leaf(value: Any, path: documents.Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _leaves(value: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, each in value.items():
        found += _leaves(each, f"{prefix}{key}.") if isinstance(each, dict) else [f"{prefix}{key}"]
    return found


def _models(model: type[pydantic.BaseModel] = configs.GitsidecarConfig) -> list[type[pydantic.BaseModel]]:
    inner = [field.annotation for field in model.model_fields.values()]
    found = [each for each in inner if isinstance(each, type) and issubclass(each, pydantic.BaseModel)]
    return [model, *(nested for each in found for nested in _models(each))]


def _undocumented(model: type[pydantic.BaseModel]) -> list[str]:
    return [
        name
        for name, field in model.model_fields.items()
        if not field.description
        and name not in ("api_version", "kind")
        and not (isinstance(field.annotation, type) and issubclass(field.annotation, pydantic.BaseModel))
    ]
