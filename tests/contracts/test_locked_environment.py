"""pip installed all of the lock file, and nothing in it lacks or contradicts anything else."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.contract


def test_every_locked_package_has_what_it_depends_on() -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "No broken requirements found."
