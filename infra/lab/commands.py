"""Running the host's own tools: ip, tc, nft, mount. A failing one tells its command and what it said."""

import json
import subprocess
from collections.abc import Sequence
from typing import Any


class CommandFailed(RuntimeError):
    """A tool of the host failed."""

    def __init__(self, command: Sequence[str], said: str) -> None:
        first, *more = said.strip().splitlines() or ["failed without a word"]
        super().__init__(f"{' '.join(command)}: {first}{f' (and {len(more)} lines more)' if more else ''}")


def run(*command: str, stdin: str = "") -> str:
    """Run a tool to its end and give back its stdout.

    :raises CommandFailed: it ended with another status than 0.
    """
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandFailed(command, done.stderr)
    return done.stdout


def succeeds(*command: str) -> bool:
    """Whether a tool ends with status 0."""
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL).returncode == 0


def links() -> list[dict[str, Any]]:
    """The host's network interfaces as `ip` tells them."""
    return list(json.loads(run("ip", "-json", "address", "show")))
