"""What all roles keep to: specified arguments, no port or address of their own, checked configuration files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lms_stack.services import SERVICES
from playbooks.secret_variables import secret_variables
from playbooks.variables import inventory
from scripts.role_readmes import page
from tests.unit.playbook_inputs import inputs
from tests.unit.stacks import small_stack

PLAYBOOKS = Path(__file__).parent.parent.parent / "playbooks"
ROLES = sorted(path for path in (PLAYBOOKS / "roles").iterdir() if path.is_dir())
FILES = sorted(path for path in PLAYBOOKS.joinpath("roles").rglob("*") if path.is_file() and path.name != "README.md")
#: Set by the roles' own tasks and vars, or by Ansible.
OWN = {"base_units", "base_is_container", "base_sysctls", "base_wheels_archive", "base_wheels_release"}


def _specs(role: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((role / "meta" / "argument_specs.yml").read_text("utf-8"))["argument_specs"])


def _tasks() -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for path in FILES:
        if path.parent.name == "tasks":
            found += [(path, task) for task in yaml.safe_load(path.read_text("utf-8"))]
    return found


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_role_says_what_it_is_for_and_specifies_its_arguments(role: Path) -> None:
    main = _specs(role)["main"]
    assert main["short_description"]
    assert all(option["description"] and option["required"] for option in main["options"].values())


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_what_a_role_specifies_is_what_the_variables_document_gives_it(role: Path) -> None:
    given = inputs(small_stack())
    hosts = inventory(given)["all"]["hosts"].values()
    names = {name for variables in hosts for name in variables} | set(secret_variables(given))
    specified = set(_specs(role)["main"]["options"])
    assert specified <= names
    assert {name for name in names if name.startswith(f"{role.name}_")} <= specified


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_variable_that_a_role_uses_is_specified(role: Path) -> None:
    texts = [path.read_text("utf-8") for path in FILES if role in path.parents and "meta" not in path.parts]
    used = {name for text in texts for name in re.findall(rf"\b{role.name}_[a-z_]+\b", text)}
    registered = {str(task["register"]) for path, task in _tasks() if role in path.parents and "register" in task}
    declared = {name for path in role.glob("vars/*.yml") for name in yaml.safe_load(path.read_text("utf-8"))}
    assert used - registered - declared - OWN <= set(_specs(role)["main"]["options"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLAYBOOKS)))
def test_no_port_and_no_address_is_written_in_a_role(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", text)
    ports = {str(row.port) for row in SERVICES if row.port > 443}
    assert not [port for port in ports if re.search(rf"\b{port}\b", text)]


def test_a_task_that_handles_a_secret_shows_nothing_of_it() -> None:
    secret = {
        name for role in ROLES for name, option in _specs(role)["main"]["options"].items() if option.get("no_log")
    }
    for path, task in _tasks():
        role = path.parents[1]
        templates = re.findall(r"(?:src: |')([\w.-]+\.j2)", yaml.safe_dump(task))
        text = yaml.safe_dump(task) + "".join((role / "templates" / name).read_text("utf-8") for name in templates)
        if any(re.search(rf"\b{name}\b", text) for name in secret):
            assert task.get("no_log") is True, f"{path}: {task['name']}"


@pytest.mark.parametrize(
    "destination",
    [
        "/etc/nftables.conf",
        "/etc/ssh/sshd_config.d/10-taphuan.conf",
        "/etc/apt/apt.conf.d/52taphuan",
        "/etc/nginx/nginx.conf",
        "/etc/prometheus/prometheus.yml",
        "/etc/prometheus/alertmanager.yml",
        "/etc/prometheus/blackbox.yml",
        "/etc/prometheus/{{ item.key }}",
        "/etc/postgresql/{{ database_version }}/main/conf.d/taphuan.conf",
    ],
)
def test_a_file_that_its_program_can_check_is_checked_before_it_takes_its_place(destination: str) -> None:
    modules = [part for _, task in _tasks() for part in task.values() if isinstance(part, dict)]
    (module,) = [part for part in modules if part.get("dest") == destination]
    assert "%s" in module["validate"]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_role_has_a_page_that_is_made_from_its_specification(role: Path) -> None:
    assert (role / "README.md").read_text("utf-8") == page(role), "run scripts/role_readmes.py"
