"""What keeps a set out of one pod, though it is fine for others: what the API server would refuse together."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from gitsidecar.injection import patches, resources

# No failurePolicy saves a pod that a patch has spoilt: the API server judges it after its webhooks. So each rule here
# is one of the API server's, and asks no more than that one; tests/apiserver shows both the same pods.

Json = Mapping[str, Any]

_ELSEWHERE = "or let the set not select this pod"
_GRACE = 30
"""Seconds: `terminationGracePeriodSeconds` of a pod that does not say."""

_FOREIGN = {
    "linux": ("windowsOptions",),
    "windows": (
        "allowPrivilegeEscalation",
        "appArmorProfile",
        "capabilities",
        "privileged",
        "procMount",
        "readOnlyRootFilesystem",
        "runAsGroup",
        "runAsUser",
        "seLinuxOptions",
        "seccompProfile",
    ),
}
"""Name of `os` → the fields of a container's securityContext that are of another."""


def fault(spec: Json, lists: Mapping[str, patches.Growth], names: Collection[str]) -> str:
    """
    Say why the API server would refuse a pod of *spec* with what a set brings, and what to do, or nothing.

    *lists* are what the sets so far and this one add to the pod's lists, *names* the containers of this one.
    """
    containers, inits = (_grown(spec, lists, field) for field in ("containers", "initContainers"))
    new, new_inits = ([each for each in listed if each["name"] in names] for listed in (containers, inits))
    others = [each for each in containers if each["name"] not in names]
    found = (
        _taken_ports(spec, new, others),
        *(_unlike_ports(spec, each) for each in new),
        *(_taken_ports(spec, [each], ()) for each in new_inits),  # on its own with its ports, also one that stays
        *(check(spec, each) for each in (*new, *new_inits) for check in _CHECKS),
        _host_processes(spec, [*new, *new_inits], [*inits, *containers]),
        _excesses(spec, containers, inits),
    )
    return next(itertools.chain.from_iterable(found), "")


def _grown(spec: Json, lists: Mapping[str, patches.Growth], field: str) -> list[Json]:
    return [*lists[field].front, *(spec.get(field) or ()), *lists[field].back]


def _taken_ports(spec: Json, new: Sequence[Json], others: Sequence[Json]) -> Iterator[str]:
    """Yield each port of the host that a new container wants, and another one wants as well."""
    if not any(each.get("ports") for each in new):
        return
    holders = {port: each["name"] for each in others for port in _host_ports(spec, each)}
    for each in new:
        for port in _host_ports(spec, each):
            if port in holders:
                what = f"port {port[2]} ({port[0]}) of the host"
                whose = f"which container {holders[port]} has: change one of the two, {_ELSEWHERE}"
                yield f"container {each['name']} wants {what}, {whose}"
            holders[port] = each["name"]


def _host_ports(spec: Json, container: Json) -> Iterator[tuple[str, str, int]]:
    """Yield protocol, address and number; on the host's network each port is one of the host."""
    for port in container.get("ports") or ():
        number = port.get("hostPort") or (port.get("containerPort") if spec.get("hostNetwork") else None)
        if number:
            yield port.get("protocol") or "TCP", port.get("hostIP") or "", number


def _unlike_ports(spec: Json, container: Json) -> Iterator[str]:
    for port in container.get("ports") or () if spec.get("hostNetwork") else ():
        inner, outer = port.get("containerPort"), port.get("hostPort")
        if outer and outer != inner:
            words = f"container {container['name']} has containerPort {inner} as hostPort {outer}"
            yield f"{words}, which cannot be in a pod with hostNetwork: leave out hostPort, {_ELSEWHERE}"


def _foreign_fields(spec: Json, container: Json) -> Iterator[str]:
    """Yield fields of the securityContext that are not for the pod's system, or not for its users."""
    context = container.get("securityContext")
    if not context:
        return
    system = (spec.get("os") or {}).get("name", "")
    for field in _FOREIGN.get(system, ()):
        if field in context:
            words = f"container {container['name']} has securityContext.{field}, and the pod has os.name {system}"
            yield f"{words}: leave the field out, {_ELSEWHERE}"
    if context.get("procMount") == "Unmasked" and spec.get("hostUsers") is not False:
        words = f"container {container['name']} has securityContext.procMount Unmasked, which needs hostUsers: false"
        yield f"{words} in the pod: leave the field out, {_ELSEWHERE}"


def _host_processes(spec: Json, new: Sequence[Json], everybody: Sequence[Json]) -> Iterator[str]:
    """Yield what makes the pod one of both kinds: with processes of a Windows host, and with containers."""
    default, field = _host_process(spec), "windowsOptions.hostProcess"
    kinds = {each["name"]: _host_process(each) for each in everybody}
    for name, kind in ((each["name"], kinds[each["name"]]) for each in new):
        if kind is not None and default is not None and kind != default:
            words = f"container {name} and the pod differ in securityContext.{field}"
            yield f"{words}: leave it out in the set, {_ELSEWHERE}"
        runs = bool(default if kind is None else kind)
        unlike = next((other for other, its in kinds.items() if bool(default if its is None else its) != runs), None)
        if unlike is not None:
            words = f"container {name if runs else unlike} is a process of the host ({field})"
            yield f"{words} and container {unlike if runs else name} is not: let both be, or none, {_ELSEWHERE}"
        if runs and not spec.get("hostNetwork"):
            words = f"container {name} is a process of the host ({field}), and the pod has no hostNetwork"
            yield f"{words}: set that in the pod, {_ELSEWHERE}"


def _host_process(part: Json) -> bool | None:
    """Return whether a pod or container wants to be of the host's processes, ``None`` where it doesn't say."""
    options: Json = (part.get("securityContext") or {}).get("windowsOptions") or {}
    return options.get("hostProcess")


def _wrong_volumes(spec: Json, container: Json) -> Iterator[str]:
    """Yield volumes of the pod that cannot be what the container has them as."""
    devices, files = {each["name"] for each in container.get("volumeDevices", ())}, {*_files(container)}
    for volume in (spec.get("volumes") or ()) if devices or files else ():
        is_disk = volume.get("persistentVolumeClaim") or volume.get("ephemeral")
        is_folder = volume.get("emptyDir") is not None or len(volume) == 1  # without a source it is one
        use = "a device" if volume["name"] in devices and not is_disk else ""
        use = "the file of its variables" if volume["name"] in files and not is_folder else use
        if use:
            words = f"container {container['name']} has volume {volume['name']} as {use}"
            yield f"{words}, and the pod's own volume of this name can be none: rename that of the set, {_ELSEWHERE}"


def _files(container: Json) -> Iterator[str]:
    for variable in container.get("env") or ():
        if reference := (variable.get("valueFrom") or {}).get("fileKeyRef"):
            yield reference.get("volumeName", "")


def _wrong_devices(spec: Json, container: Json) -> Iterator[str]:
    devices = [each["name"] for each in container.get("volumeDevices", ())]
    if devices and spec.get("hostUsers") is False:
        words = f"container {container['name']} has volumeDevices, and the pod has hostUsers: false"
        yield f"{words}: leave out the devices (also shareVolumeDevicePolicy), {_ELSEWHERE}"
    mounts = {each["name"] for each in container.get("volumeMounts", ())} if devices else ()
    for device in devices:
        if device in mounts or devices.count(device) > 1:
            twice = "both as a mount and as a device" if device in mounts else "as a device at two paths"
            hint = "leave one out, or share no volumes and devices with this container"
            yield f"container {container['name']} would have volume {device} {twice}: {hint}, {_ELSEWHERE}"


def _restarts(spec: Json, container: Json) -> Iterator[str]:
    for each in container.get("resizePolicy", ()) if spec.get("restartPolicy") == "Never" else ():
        if each.get("restartPolicy") == "RestartContainer":
            what = f"container {container['name']} is to restart when its {each.get('resourceName')} is resized"
            yield f"{what}, and the pod has restartPolicy Never: write NotRequired in resizePolicy, {_ELSEWHERE}"


def _sleeps(spec: Json, container: Json) -> Iterator[str]:
    grace = spec.get("terminationGracePeriodSeconds")
    grace = _GRACE if grace is None else grace
    for hook, handler in (container.get("lifecycle") or {}).items():
        seconds = (handler.get("sleep") or {}).get("seconds", 0) if isinstance(handler, Mapping) else 0
        if seconds > grace:
            words = f"container {container['name']} sleeps {seconds} seconds in lifecycle.{hook}, and the pod has"
            hint = f"shorten the sleep, raise that in the pod, {_ELSEWHERE}"
            yield f"{words} terminationGracePeriodSeconds {grace}: {hint}"


def _excesses(spec: Json, containers: Sequence[Json], inits: Sequence[Json]) -> Iterator[str]:
    """Yield what the containers have more than the pod's own `resources` allow."""
    own = spec.get("resources") or {}
    for resource in sorted({*(own.get("requests") or ()), *(own.get("limits") or ())}):
        limit = resources.amount(spec, "limits", resource)
        bound = resources.amount(spec, "requests", resource)
        # Without a request of its own a pod gets that of its containers, and then it is the limit that must hold it.
        bound = limit if bound is None else bound
        total = _requested(containers, inits, resource)
        if bound is not None and total > bound:
            yield _above("the containers would request", resource, total, bound)
        for each in containers:
            most = resources.amount(each, "limits", resource)
            if limit is not None and most is not None and most > limit:
                yield _above(f"container {each['name']} has a limit of", resource, most, limit)


def _above(subject: str, resource: str, amount: int, bound: int) -> str:
    words = f"{subject} {resources.spell(resource, amount)} {resource}, more than the pod's own spec.resources allow"
    return f"{words} ({resources.spell(resource, bound)}): raise that, lower it in the set, {_ELSEWHERE}"


def _requested(containers: Sequence[Json], inits: Sequence[Json], resource: str) -> int:
    """Return the most that is asked for at one time: while an init container runs, the native sidecars before it do."""
    staying = most = 0
    for each in inits:
        asked = resources.requested(each, resource)
        most = max(most, staying + asked)
        if each.get("restartPolicy") == "Always":
            staying += asked
    return max(most, staying + sum(resources.requested(each, resource) for each in containers))


def _unclaimed(spec: Json, container: Json) -> Iterator[str]:
    """Yield devices that a container claims and the pod does not."""
    claims = (container.get("resources") or {}).get("claims") or ()
    present = {each.get("name") for each in spec.get("resourceClaims") or ()} if claims else set()
    for claim in claims:
        if claim.get("name") not in present:
            words = (
                f"container {container['name']} has the resource claim {claim.get('name')}, and the pod has no such one"
            )
            yield f"{words} in resourceClaims: add it there, {_ELSEWHERE}"


_CHECKS = (_foreign_fields, _unclaimed, _wrong_volumes, _wrong_devices, _restarts, _sleeps)
