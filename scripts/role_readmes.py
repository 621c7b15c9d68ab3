#!/usr/bin/env python3
"""Writes the README of every role from its argument_specs: `scripts/role_readmes.py`."""

import sys
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parent.parent / "playbooks" / "roles"
HEADER = "<!-- Made by scripts/role_readmes.py from meta/argument_specs.yml; changes here are lost. -->"


def page(role: Path) -> str:
    """A role's README."""
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text("utf-8"))["argument_specs"]
    parts = [HEADER, f"# {role.name}"]
    for name, spec in specs.items():
        heading = [] if name == "main" else [f"## tasks_from: {name}"]
        parts += [*heading, f"{spec['short_description']}.", *spec.get("description", []), _table(spec["options"])]
    return "\n\n".join(parts) + "\n"


def _table(options: dict[str, Any]) -> str:
    rows = [f"| `{name}` | {_type(option)} | {option['description']} |" for name, option in options.items()]
    return "\n".join(["| argument | type | what it is |", "|---|---|---|", *rows])


def _type(option: dict[str, Any]) -> str:
    kind = f"list of {option['elements']}" if option["type"] == "list" else option["type"]
    return f"{kind}, secret" if option.get("no_log") else str(kind)


def main() -> int:
    """Write them all."""
    for role in sorted(path for path in ROLES.iterdir() if path.is_dir()):
        (role / "README.md").write_text(page(role), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
