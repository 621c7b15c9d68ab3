"""The planned bandwidth of a guest's link, both ways, by token-bucket filters."""

import json

from infra.lab.commands import run, succeeds

#: Bits; tc keeps rates in bytes.
BYTE = 8


def shape(leader: int, rate: float) -> None:
    """Hold a guest's link to a rate in bit/s: what leaves it on its own interface, what enters on the host's end."""
    for where in _ends(leader):
        run(*where, "root", *token_bucket(rate))


def unshape(leader: int) -> None:
    """Let a guest's link run free."""
    for where in _ends(leader):
        succeeds(*(word if word != "replace" else "delete" for word in where), "root")


def is_shaped(leader: int, rate: float) -> bool:
    """Whether both ends hold the link to that rate; to none, where it is 0."""
    inside = ("nsenter", "--target", str(leader), "--net", "tc", "-json", "qdisc", "show", "dev", "host0")
    outside = ("tc", "-json", "qdisc", "show", "dev", host_end(leader))
    return all(abs(held_rate(run(*command)) - int(rate)) < BYTE for command in (inside, outside))


def held_rate(told: str) -> int:
    """The rate in bit/s of the token bucket that `tc -json qdisc show` tells of; 0 where there is none."""
    buckets = [queue for queue in json.loads(told or "[]") if queue.get("kind") == "tbf"]
    return int(buckets[0]["options"]["rate"]) * BYTE if buckets else 0


def token_bucket(rate: float) -> tuple[str, ...]:
    """A token bucket of that rate: 10 ms of burst (a timer tick needs 4 ms), 50 ms of queue as a line has."""
    burst = max(32 * 1024, int(rate / 8 * 0.010))
    return ("tbf", "rate", f"{int(rate)}bit", "burst", str(burst), "latency", "50ms")


def _ends(leader: int) -> tuple[tuple[str, ...], ...]:
    inside = ("nsenter", "--target", str(leader), "--net")
    return (
        (*inside, "tc", "qdisc", "replace", "dev", "host0"),
        ("tc", "qdisc", "replace", "dev", host_end(leader)),
    )


def host_end(leader: int) -> str:
    """The host's interface at the other end of a guest's link.

    :raises CommandFailed: the guest has gone, or has no interface yet.
    """
    index = run("nsenter", "--target", str(leader), "--net", "ip", "-oneline", "link", "show", "host0")
    number = int(index.split("host0@if")[1].split(":")[0])
    for line in run("ip", "-oneline", "link", "show").splitlines():
        if line.startswith(f"{number}:"):
            return line.split()[1].partition("@")[0].rstrip(":")
    raise LookupError(f"no interface of the host has the number {number}")
