#!/usr/bin/python3
"""An Ansible module: systemd units that run with the configuration that is on disk now."""

import hashlib
import os
import subprocess

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


class SystemctlFailed(Exception):
    """systemctl said no; the text is what a person needs."""


def main():
    """Read the arguments, bring the units there one by one, and answer."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    try:
        actions = applied(module.params["units"], module.params["stamps"], module.check_mode)
    except SystemctlFailed as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(actions), actions=actions)


def applied(units, stamps, check_mode):
    """Do what is needed for every unit; gives back what was done."""
    states = shown([unit["name"] for unit in units])
    if not check_mode and any(state.get("NeedDaemonReload") == "yes" for state in states):
        systemctl("daemon-reload")
    # Read before anything starts: what is written later than this is for the next run to see.
    checksums = {unit["name"]: checksum_of(unit["files"]) for unit in units}
    verbs = {
        unit["name"]: needed(unit, state, read(os.path.join(stamps, unit["name"])) == checksums[unit["name"]])
        for unit, state in zip(units, states)
    }
    if not check_mode:
        for verb in VERBS:
            perform(verb, [name for name, wanted in verbs.items() if verb in wanted])
        for name, checksum in checksums.items():
            write(os.path.join(stamps, name), checksum)
    return ["%s: %s" % (name, ", ".join(wanted)) for name, wanted in verbs.items() if wanted]


def needed(unit, state, same_files):
    """The systemctl verbs that bring one unit there."""
    verbs = []
    if state.get("UnitFileState") in ("disabled", ""):
        verbs.append("enable")
    if state.get("ActiveState") not in ("active", "reloading", "activating"):
        verbs.append("start")
    elif not same_files:
        verbs.append("reload" if unit["reload"] else "restart")
    return verbs


def perform(verb, names):
    """Run one verb for all units that need it; when one doesn't come up, say what its journal says."""
    if not names:
        return
    try:
        if verb != "enable":
            systemctl("reset-failed", *names, check=False)  # else a unit that failed often may not start again
        systemctl(verb, *names)
    except SystemctlFailed as error:
        down = [state["Id"] for state in shown(names) if state.get("ActiveState") != "active"]
        raise SystemctlFailed("\n".join([str(error)] + [journal(name) for name in down]))


def shown(names):
    """systemd's view of units; what doesn't exist has LoadState not-found."""
    text = systemctl("show", "--property=" + ",".join(PROPERTIES), "--", *names)
    blocks = text.strip().split("\n\n")
    states = [dict(line.split("=", 1) for line in block.splitlines()) for block in blocks]
    if len(states) != len(names):
        raise SystemctlFailed("systemctl show gave %d answers for %d units" % (len(states), len(names)))
    return states


def systemctl(*arguments, check=True):
    """Run systemctl and give back what it printed."""
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise SystemctlFailed("systemctl %s: %s" % (" ".join(arguments), done.stderr.strip()))
    return done.stdout


def journal(name):
    """The end of a unit's journal."""
    command = ["journalctl", "--no-pager", "--output=cat", "--lines=15", "--unit", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def checksum_of(files):
    """One checksum for all files; one that is missing counts as empty."""
    total = hashlib.sha256()
    for name in files:
        content = read(name, binary=True)
        total.update(hashlib.sha256(content or b"").digest())
    return total.hexdigest()


def read(path, binary=False):
    """A file's content, or None where there is none."""
    try:
        with open(path, "rb" if binary else "r") as handle:
            return handle.read()
    except FileNotFoundError:
        return None


def write(path, text):
    """Write a stamp whole or not at all, and only where it is another."""
    if read(path) == text:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "w") as handle:
        handle.write(text)
    os.replace(path + ".part", path)


if __name__ == "__main__":
    main()
