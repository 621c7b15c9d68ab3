#!/usr/bin/python3
"""An Ansible module: systemd units that run with the configuration that is on disk now."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: taphuan_units
short_description: Units enabled and running with the configuration that is on disk
description:
  - Enables and starts units, and restarts (or reloads) those whose files are not what they were when the unit was last
    started by this module.
  - A handler would lose its restart when a run is killed between the file's change and the end of the play. This module
    keeps the checksum that a unit was started with, so the next run sees what is still to do.
options:
  units:
    description: The units; systemd knows the order in which they start.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: The unit., type: str, required: true}
      files: {description: Files that it reads when it starts., type: list, elements: path, default: []}
      reload: {description: Whether a reload takes the new files in., type: bool, default: false}
  stamps:
    description: Folder for the checksums.
    type: path
    default: /var/lib/taphuan/units
attributes:
  check_mode: {support: full, description: Says what would be started or restarted.}
author: [taphuan]
"""

EXAMPLES = r"""
- name: Run nginx with its configuration
  taphuan_units:
    units:
      - name: nginx.service
        files: [/etc/nginx/nginx.conf]
        reload: true
"""

RETURN = r"""
actions:
  description: What was done, a line for each unit that was touched.
  type: list
  returned: always
"""

SPEC = {
    "units": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "files": {"type": "list", "elements": "path", "default": []},
            "reload": {"type": "bool", "default": False},
        },
    },
    "stamps": {"type": "path", "default": "/var/lib/taphuan/units"},
}
#: In this order, each once for all units: systemd itself knows what must come after what.
VERBS = ("enable", "start", "restart", "reload")
PROPERTIES = ("Id", "LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload")

Unit = dict[str, Any]
State = dict[str, str]


class SystemctlFailed(Exception):
    """systemctl said no; the text is what a person needs."""


def main() -> None:
    """Read the arguments, bring the units there, and answer."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    try:
        actions = applied(module.params["units"], Path(module.params["stamps"]), check_mode=module.check_mode)
    except SystemctlFailed as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(actions), actions=actions)


def applied(units: list[Unit], stamps: Path, *, check_mode: bool) -> list[str]:
    """Do what is needed for every unit; gives back what was done, or would be."""
    states = shown([unit["name"] for unit in units])
    if not check_mode and any(state.get("NeedDaemonReload") == "yes" for state in states):
        systemctl("daemon-reload")
    # Read before anything starts: what is written later than this is for the next run to see.
    checksums = {unit["name"]: checksum_of(unit["files"]) for unit in units}
    verbs = {
        unit["name"]: needed(unit, state, same_files=read(stamps / unit["name"]) == checksums[unit["name"]].encode())
        for unit, state in zip(units, states, strict=True)
    }
    if not check_mode:
        for verb in VERBS:
            perform(verb, [name for name, wanted in verbs.items() if verb in wanted])
        for name, checksum in checksums.items():
            write(stamps / name, checksum.encode())
    return [f"{name}: {', '.join(wanted)}" for name, wanted in verbs.items() if wanted]


def needed(unit: Unit, state: State, *, same_files: bool) -> list[str]:
    """The systemctl verbs that bring one unit there."""
    verbs = []
    if state.get("UnitFileState") in ("disabled", ""):
        verbs.append("enable")
    if state.get("ActiveState") not in ("active", "reloading", "activating"):
        verbs.append("start")
    elif not same_files:
        verbs.append("reload" if unit["reload"] else "restart")
    return verbs


def perform(verb: str, names: list[str]) -> None:
    """Run one verb for all units that need it; when one doesn't come up, say what its journal says."""
    if not names:
        return
    try:
        if verb != "enable":
            systemctl("reset-failed", *names, check=False)  # else a unit that failed often may not start again
        systemctl(verb, *names)
    except SystemctlFailed as error:
        down = [state["Id"] for state in shown(names) if state.get("ActiveState") != "active"]
        raise SystemctlFailed("\n".join([str(error), *map(journal, down)])) from error


def shown(names: list[str]) -> list[State]:
    """systemd's view of units; what doesn't exist has LoadState not-found."""
    text = systemctl("show", f"--property={','.join(PROPERTIES)}", "--", *names)
    states = [dict(line.split("=", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    if len(states) != len(names):
        raise SystemctlFailed(f"systemctl show gave {len(states)} answers for {len(names)} units")
    return states


def systemctl(*arguments: str, check: bool = True) -> str:
    """Run systemctl and give back what it printed."""
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise SystemctlFailed(f"systemctl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def journal(name: str) -> str:
    """The end of a unit's journal."""
    command = ["journalctl", "--no-pager", "--output=cat", "--lines=15", "--unit", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def checksum_of(files: list[str]) -> str:
    """One checksum for all files; one that is missing counts as empty."""
    parts = [hashlib.sha256(read(Path(name)) or b"").digest() for name in files]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def read(path: Path) -> bytes | None:
    """A file's content, or None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write(path: Path, content: bytes) -> None:
    """Write a stamp whole or not at all, and only where it is another."""
    if read(path) == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


if __name__ == "__main__":
    main()
