"""The servers target: machines that are there already, reached over SSH. Nothing on them is changed here."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from infra.lab.commands import CommandFailed, run


@dataclass(frozen=True)
class ServerArgs:
    """One machine and the only key it may answer with."""

    name: str
    address: str
    port: int
    user: str
    host_key: str


def check_server(args: ServerArgs) -> dict[str, Any]:
    """Ask a machine for its host key, without logging in, and compare it with the pinned one.

    :raises ConnectionError: the machine doesn't answer, or answers with another key.
    """
    kind, wanted = args.host_key.split()[:2]
    shown = _shown_keys(args, kind.removeprefix("ssh-").partition("-")[0])
    if not shown:
        raise ConnectionError(
            f"{args.name} ({args.address}:{args.port}) doesn't answer on SSH with a key of kind {kind}"
        )
    if wanted not in shown:
        raise ConnectionError(
            f"{args.name} ({args.address}:{args.port}) answered with another host key than the pinned one: "
            "either the file names the wrong key or somebody is in between"
        )
    return {}


def faults(servers: Sequence[ServerArgs]) -> list[str]:
    """What is wrong with the way to each machine, all asked at once; empty where every one shows its pinned key."""

    def fault(args: ServerArgs) -> list[str]:
        try:
            check_server(args)
        except ConnectionError as error:
            return [str(error)]
        return []

    with ThreadPoolExecutor(max(1, len(servers))) as pool:
        return [each for found in pool.map(fault, servers) for each in found]


def answers(args: ServerArgs) -> bool:
    """Whether a machine still answers, with the pinned key."""
    try:
        check_server(args)
    except ConnectionError:
        return False
    return True


def _shown_keys(args: ServerArgs, kind: str) -> set[str]:
    """The public keys of a kind that a machine shows; empty where it doesn't answer."""
    try:
        lines = run("ssh-keyscan", "-T", "10", "-t", kind, "-p", str(args.port), args.address).splitlines()
    except CommandFailed:
        return set()
    return {words[2] for line in lines if len(words := line.split()) >= 3 and not line.startswith("#")}
