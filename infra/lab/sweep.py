"""Removing what carries a deployment's mark on this box, also where no state tells of it: a run may have been killed
after it made a guest and before Pulumi wrote that down."""

from pathlib import Path

from infra.lab import naming, network, processes
from infra.lab.guest import GuestPlace, remove
from infra.lab.limits import remove_parent


def stray_guests(guests: Path, mark: str, kept: frozenset[str] = frozenset()) -> tuple[GuestPlace, ...]:
    """The guests of a deployment that run or have a folder, but for those kept, which are named by host."""
    running = (machine.removeprefix(naming.machine(mark, "")) for machine in processes.machines(mark, guests))
    held = (folder.name for folder in guests.glob("*"))
    names = sorted({*running, *held} - kept)
    return tuple(GuestPlace(name=name, mark=mark, folder=str(guests / name)) for name in names)


def sweep_guests(guests: Path, mark: str, kept: frozenset[str] = frozenset()) -> int:
    """Remove all guests but those kept; gives back how many there were."""
    strays = stray_guests(guests, mark, kept)
    for stray in strays:
        remove(stray)
    return len(strays)


def sweep(guests: Path, mark: str) -> int:
    """Remove all guests, the network and the groups; gives back how many guests there were."""
    count = sweep_guests(guests, mark)
    network.remove_named(naming.bridge(mark), naming.table(mark))
    remove_parent(mark)
    return count
