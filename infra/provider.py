"""The Pulumi provider of the lab's networks and guests and of existing servers.

Pulumi starts it as `pulumi-resource-taphuan`. Creating means "make sure it is there": a run that was killed, or a
machine that was rebooted, is simply run again.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from pulumi.provider.experimental import server
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    ConfigureRequest,
    ConfigureResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    Provider,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

from infra.lab import guest, network
from infra.lab.guest import GuestArgs
from infra.lab.network import NetworkArgs
from infra.servers import ServerArgs, answers, check_server

VERSION = "0.1.0"
#: The output that names the inputs that were found changed behind our back; the next update puts them right.
DRIFTED = "drifted"
Values = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How one kind of resource is made sure of, looked at, changed in place and removed.

    `drift` names the inputs that no longer hold although the resource is there.
    """

    args: type[Any]
    ensure: Callable[[Any], Values]
    there: Callable[[Any], bool]
    remove: Callable[[Any], None]
    in_place: frozenset[str] = frozenset()
    drift: Callable[[Any], set[str]] = lambda _args: set()


def _ensure_network(args: NetworkArgs) -> Values:
    network.ensure(args)
    return {}


def _ensure_guest(args: GuestArgs) -> Values:
    return {"host_key": guest.ensure(args)}


KINDS = {
    "taphuan:lab:Network": Kind(NetworkArgs, _ensure_network, network.exists, network.remove, frozenset({"kept_in"})),
    "taphuan:lab:Guest": Kind(
        GuestArgs,
        _ensure_guest,
        guest.is_up,
        guest.remove,
        frozenset({"cores", "cpuset", "memory", "link", "public_key"}),
        guest.drift,
    ),
    "taphuan:servers:Server": Kind(
        ServerArgs, check_server, answers, lambda _args: None, frozenset({"address", "port", "host_key", "user"})
    ),
}


def _kind(resource_type: str) -> Kind:
    """The kind of a resource; a child's type comes with its parents' before it."""
    return KINDS[resource_type.rpartition("$")[2]]


class TaphuanProvider(Provider):
    """Create, read, update and delete by kind; all real work is in the kinds' own modules."""

    async def configure(self, request: ConfigureRequest) -> ConfigureResponse:
        """No secret passes through this provider, so none are accepted."""
        return ConfigureResponse(accept_secrets=False, supports_preview=True)

    async def check(self, request: CheckRequest) -> CheckResponse:
        """The program is typed; nothing is left to check."""
        return CheckResponse(inputs=request.new_inputs)

    async def diff(self, request: DiffRequest) -> DiffResponse:
        """What changed, and whether that needs another resource in place of this one."""
        kind = _kind(request.type)
        old, new = _plain_map(request.old_state), _plain_map(request.new_inputs)
        drifted = old.get(DRIFTED, [])
        changed = [name for name in new if old.get(name) != new[name] or name in drifted]
        replaced = [name for name in changed if name not in kind.in_place]
        return DiffResponse(changes=bool(changed), diffs=changed, replaces=replaced, delete_before_replace=True)

    async def create(self, request: CreateRequest) -> CreateResponse:
        """Make sure that the resource is there."""
        inputs = _plain_map(request.properties)
        if request.preview:
            return CreateResponse(properties=request.properties)
        outputs = await _ensured(request.type, inputs)
        return CreateResponse(resource_id=request.name, properties=_wrapped({**inputs, **outputs}))

    async def read(self, request: ReadRequest) -> ReadResponse:
        """The resource as recorded, and what of it has drifted; nothing where it has died or was taken away."""
        kind = _kind(request.type)
        args = _args(kind, _plain_map(request.properties))
        if not await asyncio.to_thread(kind.there, args):
            return ReadResponse(resource_id="", properties={}, inputs={})
        recorded = {name: value for name, value in request.properties.items() if name != DRIFTED}
        drifted = sorted(await asyncio.to_thread(kind.drift, args))
        told = _wrapped({DRIFTED: drifted}) if drifted else {}
        return ReadResponse(resource_id=request.resource_id, properties={**recorded, **told}, inputs=request.inputs)

    async def update(self, request: UpdateRequest) -> UpdateResponse:
        """Change what can change in place."""
        news = _plain_map(request.news)
        if request.preview:
            return UpdateResponse(properties=request.news)
        outputs = await _ensured(request.type, news)
        return UpdateResponse(properties=_wrapped({**news, **outputs}))

    async def delete(self, request: DeleteRequest) -> None:
        """Remove what was made, and nothing else."""
        kind = _kind(request.type)
        await asyncio.to_thread(kind.remove, _args(kind, _plain_map(request.properties)))


async def _ensured(resource_type: str, inputs: Values) -> Values:
    """Make sure of a resource in a thread of its own: Pulumi asks for several at once."""
    kind = _kind(resource_type)
    return await asyncio.to_thread(kind.ensure, _args(kind, inputs))


def _args(kind: Kind, values: Mapping[str, Any]) -> Any:
    """The typed arguments; Pulumi carries every number as a float and every tuple as a list."""
    known = {field.name: values[field.name] for field in fields(kind.args)}
    args = kind.args(**known)
    return replace(args, **{name: _exact(args, name, value) for name, value in known.items()})


def _exact(args: Any, name: str, value: Any) -> Any:
    annotation = type(args).__dataclass_fields__[name].type
    if annotation is int:
        return int(value)
    return tuple(value) if isinstance(value, list) else value


def _plain_map(values: Mapping[str, PropertyValue]) -> Values:
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: PropertyValue) -> Any:
    inner = value.value
    if isinstance(inner, Mapping):
        return {name: _plain(each) for name, each in inner.items()}
    if isinstance(inner, (list, tuple)):
        return [_plain(each) for each in inner]
    return inner


def _wrapped(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    return {name: _wrap(value) for name, value in values.items()}


def _wrap(value: Any) -> PropertyValue:
    if isinstance(value, (list, tuple)):
        return PropertyValue([_wrap(each) for each in value])
    return PropertyValue(value)


if __name__ == "__main__":
    server.main(sys.argv[1:], VERSION, TaphuanProvider())
