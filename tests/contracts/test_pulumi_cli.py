"""The Pulumi CLI in the cache is the one that the code was written for."""

from pathlib import Path

import pytest

from cli.setup.pulumi_cli import VERSION, ensure_pulumi, is_intact, version_of
from lms_stack.folders import cache_root

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def program() -> Path:
    return ensure_pulumi(cache_root(), print)


def test_the_program_says_the_pinned_version(program: Path) -> None:
    assert version_of(program) == f"v{VERSION}"


def test_its_bytes_are_those_that_were_installed(program: Path) -> None:
    assert is_intact(program.parent)
