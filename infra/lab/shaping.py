"""The planned bandwidth of a guest's link, both ways, by token-bucket filters."""

from infra.lab.commands import run, succeeds


def shape(leader: int, rate: float) -> None:
    """Hold a guest's link to a rate in bit/s each way: leaving it on its own interface, entering it on the host's end."""
    for where in _ends(leader):
        run(*where, "root", *token_bucket(rate))


def unshape(leader: int) -> None:
    """Let a guest's link run free."""
    for where in _ends(leader):
        succeeds(*(word if word != "replace" else "delete" for word in where), "root")


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
