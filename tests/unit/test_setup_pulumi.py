"""The Pulumi CLI: which copy is trusted, where it comes from, and what is thrown away."""

import hashlib
import io
import platform
import tarfile
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import IO

import pytest

from cli.setup import go_build, pulumi_release
from cli.setup.go_toolchain import parse_version
from cli.setup.programs import Progress
from cli.setup.pulumi_cli import VERSION, Sources, ensure_pulumi
from cli.setup.pulumi_release import NotUsableError
from lms_stack.errors import StepFailed

PROGRAM = f"#!/bin/sh\necho v{VERSION}\n"
ARCHIVE = f"pulumi-v{VERSION}-linux-x64.tar.gz"


def quiet(_line: str) -> None:
    pass


class Shop:
    """Stands in for both sources and keeps count."""

    def __init__(self, *, reachable: bool = True, program: str = PROGRAM) -> None:
        self.reachable, self.program = reachable, program
        self.asked: list[str] = []

    def release(self, _version: str, program: Path, _log: Path, _progress: Progress) -> None:
        self.asked.append("release")
        if not self.reachable:
            raise NotUsableError("no way there")
        program.write_text(self.program)

    def build(self, _version: str, program: Path, _log: Path, _progress: Progress) -> None:
        self.asked.append("build")
        program.write_text(self.program)

    @property
    def sources(self) -> Sources:
        return Sources(release=self.release, build=self.build)


def test_the_official_release_is_preferred_and_then_kept(tmp_path: Path) -> None:
    shop = Shop()
    first = ensure_pulumi(tmp_path, quiet, shop.sources)
    assert ensure_pulumi(tmp_path, quiet, shop.sources) == first == tmp_path / f"pulumi-{VERSION}" / "pulumi"
    assert shop.asked == ["release"]


def test_it_is_built_where_the_release_cannot_be_reached(tmp_path: Path) -> None:
    shop, said = Shop(reachable=False), list[str]()
    ensure_pulumi(tmp_path, said.append, shop.sources)
    assert shop.asked == ["release", "build"]
    assert any("no way there; building it instead" in line for line in said)


def test_a_copy_that_was_changed_is_replaced(tmp_path: Path) -> None:
    shop = Shop()
    program = ensure_pulumi(tmp_path, quiet, shop.sources)
    program.write_text("#!/bin/sh\necho something else\n")
    ensure_pulumi(tmp_path, quiet, shop.sources)
    assert program.read_text() == PROGRAM


def test_what_a_killed_run_left_does_not_count(tmp_path: Path) -> None:
    partial = tmp_path / f"pulumi-{VERSION}.partial"
    partial.mkdir()
    (partial / "pulumi").write_text("half")
    assert ensure_pulumi(tmp_path, quiet, Shop().sources).read_text() == PROGRAM
    assert not partial.exists()


def test_a_program_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=r"says that it is v3\.1\.0"):
        ensure_pulumi(tmp_path, quiet, Shop(program="#!/bin/sh\necho v3.1.0\n").sources)
    assert not (tmp_path / f"pulumi-{VERSION}").exists()


def test_checksums_are_read_in_the_format_of_sha256sum() -> None:
    text = "# made by a release\nABC  one.tar.gz\ndef *two.tar.gz\n<html>\n"
    assert pulumi_release.parse_checksums(text) == {"one.tar.gz": "abc", "two.tar.gz": "def"}


@pytest.mark.parametrize("other", [{ARCHIVE: "def"}, {}])
def test_a_release_on_which_its_publishers_disagree_is_not_used(other: dict[str, str]) -> None:
    with pytest.raises(NotUsableError, match="don't agree"):
        pulumi_release.agreed([{ARCHIVE: "abc"}, other], ARCHIVE)


def test_a_processor_without_a_release_is_named() -> None:
    assert pulumi_release.archive_name(VERSION, "aarch64") == f"pulumi-v{VERSION}-linux-arm64.tar.gz"
    with pytest.raises(NotUsableError, match="riscv64"):
        pulumi_release.archive_name(VERSION, "riscv64")


def archive_bytes() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("pulumi/pulumi")
        member.size = len(PROGRAM)
        tar.addfile(member, io.BytesIO(PROGRAM.encode()))
    return buffer.getvalue()


def web(archive: bytes, checksum: str) -> pulumi_release.Open:
    """Both publishers, with one archive and one checksum."""

    def opener(address: str, _timeout: float) -> AbstractContextManager[IO[bytes]]:
        body = f"{checksum}  {ARCHIVE}\n".encode() if address.endswith("checksums.txt") else archive
        return closing(io.BytesIO(body))

    return opener


@pytest.fixture
def x64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def test_the_program_is_taken_out_of_a_release_whose_checksum_is_right(tmp_path: Path, x64: None) -> None:
    archive = archive_bytes()
    opener = web(archive, hashlib.sha256(archive).hexdigest())
    pulumi_release.fetch(VERSION, tmp_path / "pulumi", tmp_path / "log", quiet, opener)
    assert (tmp_path / "pulumi").read_text() == PROGRAM
    assert not (tmp_path / "release.tar.gz").exists()


def test_a_release_with_another_checksum_is_thrown_away(tmp_path: Path, x64: None) -> None:
    with pytest.raises(NotUsableError, match="thrown away"):
        pulumi_release.fetch(VERSION, tmp_path / "pulumi", tmp_path / "log", quiet, web(archive_bytes(), "0" * 64))
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]


def test_a_network_without_a_way_out_is_no_error_but_a_reason_to_build(tmp_path: Path, x64: None) -> None:
    def unreachable(_address: str, _timeout: float) -> AbstractContextManager[IO[bytes]]:
        raise OSError("Name or service not known")

    with pytest.raises(NotUsableError, match="can't be fetched from here"):
        pulumi_release.fetch(VERSION, tmp_path / "pulumi", tmp_path / "log", quiet, unreachable)
    assert "Name or service not known" in (tmp_path / "log").read_text()


def test_the_build_stamps_the_version_and_keeps_to_go_sum(tmp_path: Path) -> None:
    command = go_build.build_command(Path("/usr/bin/go"), VERSION, tmp_path / "pulumi")
    assert "-mod=readonly" in command
    assert any(f".Version=v{VERSION}" in word for word in command)


def test_go_versions_are_compared_as_numbers() -> None:
    assert parse_version("go1.26.8\n") == (1, 26, 8)
    assert parse_version("go1.9") < (1, 21, 0) < parse_version("go1.25rc1")
    assert parse_version("") == (0,)
