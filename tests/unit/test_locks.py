"""Lock files: every package pinned by version and hash, from no index in particular."""

import re
import tomllib
from pathlib import Path

import pytest

from cli.setup.go_toolchain import locked_version
from cli.setup.pulumi_cli import VERSION

CHECKOUT = Path(__file__).parents[2]
LOCKS = sorted((CHECKOUT / "locks").glob("*.txt"))


def requirements(lock: Path) -> list[str]:
    """Each requirement with its hashes, on one line."""
    joined = lock.read_text().replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def pinned(lock: str) -> dict[str, str]:
    """The version of each package."""
    lines = [line.split()[0].split("==") for line in requirements(CHECKOUT / "locks" / f"{lock}.txt")]
    return {re.sub(r"\[.*\]", "", name): version for name, version in lines}


def test_there_is_a_lock_for_each_place_that_runs_python() -> None:
    assert {lock.stem for lock in LOCKS} == {"app", "controller", "dev", "go", "loadgen"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_requirement_is_pinned_by_version_and_hash(lock: Path) -> None:
    for line in requirements(lock):
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ ", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_no_lock_names_an_index_or_a_path_of_a_machine(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^(-i|--index|--extra-index|--find-links|-f)\b", text, re.MULTILINE)
    assert not re.search(r"(^|\s)(/|file:)", text)


def test_the_lock_fits_the_ranges_of_the_project() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=\[]", wanted)[0].lower() for wanted in project["dependencies"]}
    assert names <= pinned("controller").keys()
    developer = {re.split(r"[<>=\[]", wanted)[0].lower() for wanted in project["optional-dependencies"]["dev"]}
    assert developer <= pinned("dev").keys()


def test_developers_test_with_the_versions_that_users_run() -> None:
    development = pinned("dev")
    assert {name: development.get(name) for name in pinned("controller")} == pinned("controller")


def test_generator_hosts_run_the_controllers_locust() -> None:
    assert pinned("loadgen")["locust"] == pinned("controller")["locust"]


def test_pulumi_has_one_version_everywhere() -> None:
    module = (CHECKOUT / "cli" / "setup" / "pulumi-cli" / "go.mod").read_text()
    assert pinned("controller")["pulumi"] == VERSION
    for part in ("pkg", "sdk"):
        assert re.search(rf"pulumi/{part}/v3 v{re.escape(VERSION)}\b", module)


def test_the_fetched_go_is_new_enough_for_pulumi() -> None:
    module = (CHECKOUT / "cli" / "setup" / "pulumi-cli" / "go.mod").read_text()
    needed = re.search(r"^go (\S+)$", module, re.MULTILINE)
    assert needed is not None
    fetched = tuple(int(part) for part in locked_version(CHECKOUT / "locks" / "go.txt").split("."))
    assert fetched >= tuple(int(part) for part in needed[1].split("."))
