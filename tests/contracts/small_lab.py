"""Guests small enough for contract tests: one host's plan, and what a deployment leaves on this machine."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from infra.lab import naming
from infra.lab.image import ensure_image
from infra.targets import Lab
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.facts import packages
from lms_stack.folders import cache_root
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import HostPlan, Plan
from lms_stack.sizing import plan as sized

ROOT = Path(__file__).parent.parent.parent
MIB = 2**20
LINK = 20e6
HOST = "lms-1"


def image(log: Path) -> Path:
    """The golden image in the cache; a minute where it isn't there."""
    return ensure_image(cache_root(), packages(), print, log)


def one_host_plan(deployment: str, cores: float = 0.5, link: float = LINK) -> Plan:
    """The demo course on one small host."""
    course = read_course(ROOT / "courses" / "demo.yaml").model_copy(update={"name": deployment})
    plan = sized(course, demand(course))
    host = next(host for host in plan.hosts if host.name == HOST)
    return plan.model_copy(update={"hosts": (_small(host, cores, link),)})


def _small(host: HostPlan, cores: float, link: float) -> HostPlan:
    assert host.link
    return host.model_copy(
        update={
            "cores": host.cores.model_copy(update={"value": cores}),
            "memory": host.memory.model_copy(update={"value": 512 * MIB}),
            "link": host.link.model_copy(update={"value": link}),
        }
    )


def new_deployment(root: Path) -> DeploymentPaths:
    """A deployment's folder with an SSH key in it."""
    paths = DeploymentPaths(root=root)
    for folder in (paths.root, paths.logs, paths.identity.parent):
        folder.mkdir(parents=True, mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(paths.identity)], check=True)
    return paths


def lab(paths: DeploymentPaths, plan: Plan, golden: Path) -> Lab:
    """The lab target of a deployment."""
    return Lab(plan, paths, golden, paths.identity.with_suffix(".pub").read_text().strip())


def left_by(root: Path) -> list[str]:
    """Everything on this machine that carries a deployment's mark or lives in its folder, outside that folder."""
    mark = naming.mark(str(root))
    seen = [
        *(f"interface {line}" for line in _told("ip", "-oneline", "link", "show")),
        *(f"table {line}" for line in _told("nft", "list", "tables")),
        *(f"mount {line}" for line in Path("/proc/mounts").read_text().splitlines()),
        *(f"cgroup {folder}" for folder in Path("/sys/fs/cgroup").glob("**/taphuan-*")),
        *(f"process {' '.join(words)}" for words in command_lines().values()),
        *(f"process of a run {pid}" for pid, words in environments().items() if f"TAPHUAN_RUN_OF={root}" in words),
    ]
    return [each for each in seen if mark in each or f"{root}/guests" in each or "process of a run" in each]


def _told(*command: str) -> list[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def command_lines() -> Mapping[int, list[str]]:
    """The command line of every process but this one."""
    return {pid: words for pid, words in _words("cmdline") if pid != os.getpid()}


def environments() -> Mapping[int, list[str]]:
    """The environment of every process."""
    return dict(_words("environ"))


def _words(file: str) -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield int(folder.name), (folder / file).read_bytes().decode(errors="replace").split("\0")


def plain_secrets(secrets: Mapping[str, str]) -> set[str]:
    """Every value that must not be seen: passwords singly, and a line of each private key."""
    values = {*secrets.values(), *json.loads(secrets["account_passwords"]).values()}
    public = {secrets["ca_certificate"], secrets["site_certificate"], secrets["account_passwords"]}
    return {_telling(value) for value in values - public}


def _telling(value: str) -> str:
    """The value itself, or the middle line of a PEM text."""
    lines = value.strip().splitlines()
    return lines[len(lines) // 2] if len(lines) > 1 else value
