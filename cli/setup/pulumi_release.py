"""The official release of the Pulumi CLI, checked against a pinned checksum or against two publishers that agree."""

import hashlib
import http.client
import platform
import shutil
import tarfile
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from cli.setup.programs import Progress

PUBLISHERS = (
    "https://get.pulumi.com/releases/sdk",
    "https://github.com/pulumi/pulumi/releases/download/v{version}",
)
"""The project's own download host, and its release page on another host."""

PINNED = Path(__file__).parent / "pulumi-cli" / "checksums.txt"
"""SHA-256 of the archives as `scripts/lock` saw them where the publishers can be reached."""

ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
CONNECT_SECONDS = 6.0
READ_SECONDS = 60.0

Open = Callable[[str, float], AbstractContextManager[IO[bytes]]]


class NotUsableError(Exception):
    """The release can't be had, or can't be trusted; the message says which, in half a sentence."""


def open_url(address: str, timeout: float) -> AbstractContextManager[IO[bytes]]:
    """Open `address` with the machine's own proxy and certificates; `timeout` in seconds for each wait."""
    response: AbstractContextManager[IO[bytes]] = urllib.request.urlopen(address, timeout=timeout)  # noqa: S310 -- https only
    return response


def fetch(version: str, program: Path, log: Path, progress: Progress, opener: Open = open_url) -> None:
    """Write the CLI of `version` for this machine to `program`. Raises NotUsableError; says why in `log`."""
    archive_path = program.with_name("release.tar.gz")
    try:
        archive = archive_name(version, platform.machine())
        expected = pinned(archive) or agreed(published(version, opener), archive)
        progress(f"Pulumi CLI: fetching {archive}")
        _download(version, archive, archive_path, opener)
        _compare(archive_path, expected)
        _unpack(archive_path, program)
    except (OSError, http.client.HTTPException, tarfile.TarError, KeyError) as error:
        _note(log, error)
        raise NotUsableError("the official release can't be fetched from here") from error
    except NotUsableError as error:
        _note(log, error)
        raise
    finally:
        archive_path.unlink(missing_ok=True)


def archive_name(version: str, machine: str) -> str:
    """The archive for a processor as the kernel names it. Raises NotUsableError for one without a release."""
    if machine not in ARCHITECTURES:
        raise NotUsableError(f"there is no official release for {machine}")
    return f"pulumi-v{version}-linux-{ARCHITECTURES[machine]}.tar.gz"


def pinned(archive: str, pins: Path = PINNED) -> str | None:
    """The checksum that this checkout itself holds, where it was once recorded."""
    return parse_checksums(pins.read_text()).get(archive) if pins.exists() else None


def published(version: str, opener: Open = open_url) -> list[dict[str, str]]:
    """Each publisher's checksums by archive. Raises OSError when one can't be reached."""
    return [
        parse_checksums(_text(f"{_base(base, version)}/pulumi-{version}-checksums.txt", opener)) for base in PUBLISHERS
    ]


def parse_checksums(text: str) -> dict[str, str]:
    """`sha256sum`'s format: a checksum and a file name on each line; other lines are passed over."""
    pairs = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {pair[1].lstrip("*"): pair[0].lower() for pair in pairs if len(pair) == 2}


def agreed(checksums: Iterable[dict[str, str]], archive: str) -> str:
    """The one checksum that every publisher gives. Raises NotUsableError when they don't agree, or one lacks it."""
    found = {given.get(archive, "") for given in checksums}
    if len(found) != 1 or "" in found:
        raise NotUsableError(f"its publishers don't agree on the checksum of {archive}")
    return found.pop()


def _base(publisher: str, version: str) -> str:
    return publisher.format(version=version)


def _text(address: str, opener: Open) -> str:
    with opener(address, CONNECT_SECONDS) as response:
        return response.read(1_000_000).decode("ascii", errors="replace")


def _download(version: str, archive: str, into: Path, opener: Open) -> None:
    with opener(f"{_base(PUBLISHERS[0], version)}/{archive}", READ_SECONDS) as response, into.open("wb") as file:
        shutil.copyfileobj(response, file)


def _compare(archive: Path, expected: str) -> None:
    with archive.open("rb") as content:
        actual = hashlib.file_digest(content, "sha256").hexdigest()
    if actual != expected:
        raise NotUsableError(f"the downloaded release has the SHA-256 {actual}, not {expected}, and was thrown away")


def _unpack(archive: Path, program: Path) -> None:
    with tarfile.open(archive) as tar:
        member = tar.extractfile("pulumi/pulumi")
        if member is None:
            raise NotUsableError("the archive holds no pulumi program")
        with program.open("wb") as file:
            shutil.copyfileobj(member, file)


def _note(log: Path, error: Exception) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as notes:
        notes.write(f"official release: {type(error).__name__}: {error}\n")
