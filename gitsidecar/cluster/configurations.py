"""Where the API server is and how we prove who we are: from a kubeconfig, or from the service account we run as."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import yaml
from kubernetes.aio import client, config

from gitsidecar import errors

_library: Any = config  # it has no type hints
_PLUGIN_TIMEOUT = 60.0  # seconds for a kubeconfig's credential plug-in; some ask a person's identity provider
_BROKEN = (config.ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError)


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """A kubeconfig and one of its contexts (empty = its current one); without a kubeconfig, the cluster we run in."""

    kubeconfig: Path | None = None
    context: str = ""

    def __str__(self) -> str:
        if self.kubeconfig is None:
            return "the service account of this pod"
        return f"kubeconfig {self.kubeconfig}" + (f", context {self.context}" if self.context else "")


async def load(target: Target) -> client.Configuration:
    """Read the configuration anew. Raises StalledError that names the file and says what to do."""
    configuration = client.Configuration(host="")
    configuration.connection_pool_maxsize = 0  # no limit: the reconciler bounds the writes in flight
    # A proxy from the environment must not come between us and the cluster: a kubeconfig names its own.
    configuration.client_session_kwargs = {"trust_env": False, "read_bufsize": 2**17}
    if target.kubeconfig is None:
        _load_service_account(configuration)
    else:
        await _load_kubeconfig(target, _existing(target.kubeconfig), configuration)
    return configuration


def identity(configuration: client.Configuration) -> tuple[object, ...]:
    """Return what a client is built from, the token aside: another value asks for another client."""
    files = (configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file)
    contents = tuple(Path(file).read_bytes() if file else b"" for file in files)
    switches = (configuration.verify_ssl, configuration.tls_server_name, configuration.proxy)
    return (configuration.host, *contents, *switches)


def _load_service_account(configuration: client.Configuration) -> None:
    try:
        _library.load_incluster_config(client_configuration=configuration)
    except _BROKEN as error:
        raise errors.StalledError(
            f"no kubeconfig is set, and this process does not run in a cluster's pod ({error}); "
            "name a kubeconfig in cluster.kubeconfig, or run in a pod with a service account"
        ) from error


def _existing(kubeconfig: Path) -> Path:
    file = kubeconfig.expanduser()
    if not file.is_file():
        raise errors.StalledError(
            f"kubeconfig {file} does not exist; correct cluster.kubeconfig, or leave it out to use the service "
            "account of the pod that gitsidecar runs in"
        )
    return file


async def _load_kubeconfig(target: Target, file: Path, configuration: client.Configuration) -> None:
    try:
        async with asyncio.timeout(_PLUGIN_TIMEOUT):
            await _library.load_kube_config(
                str(file), target.context or None, client_configuration=configuration, persist_config=False
            )
        if not configuration.host:
            raise ValueError("its cluster has no server")
    except (*_BROKEN, yaml.YAMLError) as error:
        raise errors.StalledError(
            f"{target} cannot be used: {_words(error)}; check it with "
            f"`kubectl --kubeconfig {file} config view` and `kubectl --kubeconfig {file} get pods`"
        ) from None  # the cause may quote the file, and with it a token


def _words(error: Exception) -> str:
    """Say what is wrong with a kubeconfig without quoting from it: it holds secrets."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    if isinstance(error, TimeoutError):
        return f"its credential plug-in did not answer within {_PLUGIN_TIMEOUT:g} s"
    if isinstance(error, config.ConfigException | OSError) or type(error) is ValueError:
        return str(error).partition("{")[0].strip()
    return "it is not a kubeconfig"
