"""The provider: what a change means, how values come through, what reading tells."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pytest
from pulumi.provider.experimental.provider import CreateRequest, DeleteRequest, DiffRequest, ReadRequest, UpdateRequest

from infra import provider
from infra.lab.guest import GuestArgs
from infra.provider import Kind, TaphuanProvider

GUEST = GuestArgs(
    name="lms-1",
    mark="0a1b2c",
    folder="/state/demo/guests/lms-1",
    image="/state/demo/golden",
    bridge="th-0a1b2c",
    address="198.18.7.10",
    prefix=24,
    gateway="198.18.7.1",
    public_key="ssh-ed25519 AAAA",
    cores=0.5,
    cpuset="0",
    memory=2**30,
    link=20e6,
)
URN = "urn:pulumi:demo::taphuan::taphuan:lab:Stack$taphuan:lab:Guest::lms-1"
Seen = list[tuple[str, GuestArgs]]


def values(**changed: Any) -> dict[str, Any]:
    return {**asdict(GUEST), **changed}


def wrapped(plain: Mapping[str, Any]) -> Any:
    """As Pulumi carries it: every number is a float."""
    return provider._wrapped({name: float(value) if isinstance(value, int) else value for name, value in plain.items()})


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[bool, set[str], set[str]]:
    request = DiffRequest(URN, "lms-1", wrapped(old), wrapped(new), [])
    told = asyncio.run(TaphuanProvider().diff(request))
    return bool(told.changes), set(told.diffs or ()), set(told.replaces or ())


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What the provider did, with a guest that only remembers; its link has drifted."""
    did: Seen = []

    def ensure(args: GuestArgs) -> dict[str, Any]:
        did.append(("ensure", args))
        return {"host_key": "ssh-ed25519 BBBB"}

    kind = Kind(
        GuestArgs,
        ensure,
        there=lambda args: args.name == "lms-1",
        remove=lambda args: did.append(("remove", args)),
        drift=lambda _args: {"link"},
    )
    monkeypatch.setitem(provider.KINDS, "taphuan:lab:Guest", kind)
    return did


def test_nothing_new_is_no_change() -> None:
    assert diff(values(host_key="k"), values()) == (False, set(), set())


@pytest.mark.parametrize("name", ["cores", "memory", "link", "cpuset", "public_key"])
def test_limits_link_and_key_change_in_place(name: str) -> None:
    changed: Any = "other" if isinstance(asdict(GUEST)[name], str) else 1.0
    assert diff(values(), values(**{name: changed})) == (True, {name}, set())


@pytest.mark.parametrize("name", ["address", "image", "folder", "bridge", "mark"])
def test_what_makes_it_another_guest_replaces_it(name: str) -> None:
    assert diff(values(), values(**{name: "other"})) == (True, {name}, {name})


def test_what_has_drifted_is_a_change_though_the_inputs_are_the_same() -> None:
    assert diff(values(drifted=["link"]), values()) == (True, {"link"}, set())


def test_numbers_come_back_as_the_types_that_they_were(seen: Seen) -> None:
    made = asyncio.run(TaphuanProvider().create(CreateRequest(URN, wrapped(values()), 60, False)))
    assert seen == [("ensure", GUEST)]
    assert isinstance(seen[0][1].memory, int)
    assert made.properties
    assert made.properties["host_key"].value == "ssh-ed25519 BBBB"


def test_a_preview_makes_nothing(seen: Seen) -> None:
    asyncio.run(TaphuanProvider().create(CreateRequest(URN, wrapped(values()), 60, True)))
    old, new = wrapped(values()), wrapped(values(cores=0.25))
    asyncio.run(TaphuanProvider().update(UpdateRequest(URN, "lms-1", old, new, 60, [], True)))
    assert seen == []


def test_reading_names_what_has_drifted_and_an_update_forgets_it(seen: Seen) -> None:
    read = asyncio.run(TaphuanProvider().read(ReadRequest(URN, "lms-1", wrapped(values()), wrapped(values()))))
    assert provider._plain(read.properties["drifted"]) == ["link"]
    request = UpdateRequest(URN, "lms-1", read.properties, wrapped(values()), 60, [], False)
    updated = asyncio.run(TaphuanProvider().update(request))
    assert updated.properties
    assert "drifted" not in updated.properties
    assert [what for what, _ in seen] == ["ensure"]


def test_reading_a_dead_guest_tells_that_it_has_gone(seen: Seen) -> None:
    dead = wrapped(values(name="dead"))
    assert not asyncio.run(TaphuanProvider().read(ReadRequest(URN, "dead", dead, dead))).resource_id


def test_removing_takes_what_was_recorded(seen: Seen) -> None:
    recorded = wrapped(values(host_key="k", drifted=["link"]))
    asyncio.run(TaphuanProvider().delete(DeleteRequest(URN, "lms-1", recorded, 60)))
    assert seen == [("remove", GUEST)]
