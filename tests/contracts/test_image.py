"""The golden image's maker, killed in the middle: nothing of it stays, and the next run makes the image."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.lab.image import ensure_image
from tests.contracts import small_lab

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(os.geteuid() != 0, reason="mmdebstrap runs as root here"),
]

#: The fewest packages that have what the recipe asks for.
PACKAGES = ("openssh-server", "systemd-resolved")

_CHILD = """
import sys
from collections.abc import Callable
from pathlib import Path
from infra.lab.image import ensure_image
ensure_image(Path(sys.argv[1]), sys.argv[2:], print, Path(sys.argv[1]) / "image.log")
"""


def _makers(cache: Path) -> list[str]:
    return [" ".join(words) for words in small_lab.command_lines().values() if f"{cache}/image-" in " ".join(words)]


def _mounted(cache: Path) -> list[str]:
    return [line for line in Path("/proc/mounts").read_text().splitlines() if str(cache) in line]


def test_a_killed_maker_leaves_no_process_and_no_mount_and_the_next_one_makes_the_image(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path), *PACKAGES], cwd=small_lab.ROOT, stdout=subprocess.DEVNULL
    )
    # Packages are being unpacked, with /proc and /dev mounted in the half-made tree.
    _wait_until(lambda: any((part / "usr/bin/dpkg").exists() for part in tmp_path.glob("image-*.part")))
    process.kill()
    process.wait()
    _wait_until(lambda: not _makers(tmp_path))
    assert not _mounted(tmp_path)
    image = ensure_image(tmp_path, PACKAGES, print, tmp_path / "image.log")
    assert (image / "usr/sbin/sshd").exists()
    assert not list(tmp_path.glob("*.part"))
    assert ensure_image(tmp_path, PACKAGES, _must_not_tell, tmp_path / "image.log") == image


def test_guests_of_one_image_share_no_key_and_no_identity(tmp_path: Path) -> None:
    image = small_lab.image(tmp_path / "image.log")
    assert not list((image / "etc/ssh").glob("ssh_host_*"))
    assert (image / "etc/machine-id").read_text() == ""


def _must_not_tell(line: str) -> None:
    raise AssertionError(f"the image was made again: {line}")


def _wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
