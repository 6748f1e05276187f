"""Every setting of the webhook: where it listens, how it is reached, its certificates, what it may give to pods."""

from __future__ import annotations

import re
import urllib.parse
from pathlib import Path
from typing import Annotated, Literal, Self

import pydantic

from gitsidecar.manifests.schemas import bases, selectors
from gitsidecar.model import regexes
from gitsidecar.settings import forms

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DNS_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")


def _label(value: str) -> str:
    if not _DNS_LABEL.fullmatch(value):
        raise bases.fault(f"{value!r} cannot be a name there: write a-z, 0-9 and '-', at most 63 of them")
    return value


def _name(value: str) -> str:
    if not _DNS_NAME.fullmatch(value):
        raise bases.fault(f"{value!r} cannot be a name there: write a-z, 0-9, '-' and '.', at most 253 of them")
    return value


def _url(value: str) -> str:
    try:
        parts = urllib.parse.urlsplit(value)
        is_plain = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_plain = False
    if value and (not is_plain or parts.scheme != "https" or parts.path.strip("/") or parts.query or parts.username):
        raise bases.fault(f"{value!r} is not what is needed: write https://host:port and nothing behind it")
    return value.rstrip("/")


def _expressions(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        words = regexes.fault(each)
        if words:
            raise bases.fault(f"{each!r} {words}")
    return value


DnsLabel = Annotated[str, pydantic.AfterValidator(_label)]
DnsName = Annotated[str, pydantic.AfterValidator(_name)]


class Reached(forms.Section):
    """How API servers reach the webhook, and so which names its certificate is for."""

    service: DnsLabel = "gitsidecar-webhook"
    """Name of the Service in `webhook.namespace` that leads to `webhook.address`."""

    port: bases.PortNumber = 443
    """Port of that Service."""

    url: Annotated[str, pydantic.AfterValidator(_url)] = ""
    """https://host:port for a webhook outside the cluster, used in place of the Service; empty = the Service."""


class Certificates(forms.Section):
    """The webhook's certificate: made and renewed by gitsidecar itself, or mounted."""

    secret: DnsName = "gitsidecar-webhook"  # noqa: S105  # its name, not what is in it
    """Secret in `webhook.namespace` for the certificates that gitsidecar makes. An empty one that stands there is
    filled; where there is none it is made, if we have the right to."""

    folder: Path | None = None
    """Folder with tls.crt and tls.key, and ca.crt if there is one, that somebody else keeps, such as cert-manager; used
    in place of the Secret, and read again every half minute."""


class AnnotationRule(forms.Section):
    """Which annotations some SidecarSets may give to pods."""

    selector: selectors.AnySelector = selectors.AnySelector()
    """Labels of the SidecarSets that the rule is for; empty = all."""

    allowed_annotation_key_exprs: Annotated[tuple[str, ...], pydantic.AfterValidator(_expressions)]
    """Regular expressions (RE2), one of which must match somewhere in an annotation's key."""


class Webhook(forms.Section):
    """The webhook that injects the sidecars into new pods."""

    enabled: bool = False
    """Whether `run` serves the webhook as well; off, because it needs more rights than moving pods does.
    `gitsidecar webhook` serves it whatever stands here."""

    address: forms.Address = "0.0.0.0:9443"  # API servers ask from outside the pod
    """host:port to listen on, with TLS; port 0 takes a free one, which then no Service or URL can name."""

    failure_policy: Literal["Ignore", "Fail"] = "Ignore"
    """What becomes of a new pod while the webhook cannot be reached, or cannot give the pod what it should have: Ignore
    lets it start without, because a missing sidecar can be repaired and a cluster that starts no pods cannot."""

    namespace: Annotated[str, pydantic.AfterValidator(lambda value: _label(value) if value else value)] = ""
    """Namespace of gitsidecar itself, with its Service, Secret and Lease, whose pods are never touched; empty = that of
    the service account, which only a process in a pod has."""

    register_: Annotated[bool, pydantic.Field(alias="register")] = True
    """Whether gitsidecar writes the MutatingWebhookConfiguration itself; false leaves it to you."""

    excluded_namespaces: Annotated[tuple[DnsLabel, ...], forms.JsonText] = ()
    """Namespaces whose pods the registration keeps from the webhook, besides kube-system and gitsidecar's own: with
    Fail those that a pod of gitsidecar's needs to start, such as the network's. As a variable: the list in JSON."""

    name: DnsName = "gitsidecar"
    """Name of that MutatingWebhookConfiguration; two installations in one cluster need two."""

    reached: Reached = Reached()
    certificates: Certificates = Certificates()

    patch_pod_metadata: Annotated[tuple[AnnotationRule, ...] | None, forms.JsonText] = None
    """Which annotations the SidecarSets' patchPodMetadata may give: null = all, because a SidecarSet is reviewed before
    it is merged; a list = those that a rule allows, an empty one = none. As a variable: the list in JSON."""

    @pydantic.model_validator(mode="after")
    def _check_port(self) -> Self:
        if self.address.endswith(":0") and self.register_ and self.enabled:
            raise bases.fault("address has port 0 and register is true: name the port that the Service or url leads to")
        return self
