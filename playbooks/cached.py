"""Things made once and kept in the cache by the hash of what they are made from; there whole or not at all."""

import fcntl
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: The last member of every archive of ours: where it lies on a host, everything before it does too.
COMPLETE = "complete"


def key(*parts: bytes | str) -> str:
    """A short name for everything that goes into something."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()[:16]


def ensure(target: Path, make: Callable[[Path], None]) -> Path:
    """`target`, made by `make` (which is given a path to write to) unless it is there already.

    A run that is killed leaves at most a part that the next one removes; two runs at once make it once.
    """
    if target.exists():
        return target
    with _locked(target):
        if not target.exists():
            part = target.with_name(f".{target.name}.part")
            _remove(part)
            make(part)
            part.replace(target)
    return target


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def files_below(folder: Path) -> list[Path]:
    """Every file of a tree but the caches of tools, in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not _is_cache(path.relative_to(folder)))


def _is_cache(path: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def tree_key(folders: Iterable[Path]) -> str:
    """The hash of whole trees: names and contents."""
    parts = [(str(path.relative_to(folder)), path.read_bytes()) for folder in folders for path in files_below(folder)]
    return key(*(piece for part in parts for piece in part))


def archive(target: Path, members: Iterable[tuple[str, Path]], *, compress: bool, done: str = COMPLETE) -> None:
    """Write files into a tar archive as root's, with `done` as the last member."""
    with _opened(target, compress) as tar, tempfile.NamedTemporaryFile() as empty:
        for name, path in members:
            tar.add(path, arcname=name, recursive=False, filter=_plain)
        tar.add(empty.name, arcname=done, filter=_plain)


def _opened(target: Path, compress: bool) -> tarfile.TarFile:
    # Level 1: the machine that packs may have one slow core, and the line to a guest is fast.
    return tarfile.open(target, "w:gz", compresslevel=1) if compress else tarfile.open(target, "w")


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o644
    return member
