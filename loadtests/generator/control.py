"""How whoever started the generator talks to it while it runs: files beside its load plan, and a line each second.

In the generator gevent has taken the place of time.sleep, so that others go on meanwhile.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

#: The moment to begin at, in seconds since 1970 by this host's clock: all generators of one test begin together.
GO = "go"
#: The ramp has come to the knee on one of the generators, which says why.
END_RAMP = "end-ramp"
#: A person ends the load.
STOP = "stop"
#: Seconds between two looks at these files.
LOOK = 0.2
#: Seconds that a generator waits for GO before it gives up.
PATIENCE = 300.0


class Control:
    """What this generator is told, by files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def told(self, word: str) -> bool:
        """Whether a word has been said."""
        return (self.folder / word).exists()

    def wait_for_go(self) -> None:
        """Say that this generator is ready, and wait until the moment that it is told to begin at, or to stop."""
        say(ready=True)
        until = time.monotonic() + PATIENCE
        while not self.told(GO) and not self.told(STOP):
            if time.monotonic() > until:
                raise TimeoutError("nobody said when to begin")
            time.sleep(LOOK)
        if self.told(GO):
            time.sleep(max(0.0, float((self.folder / GO).read_text()) - time.time()))


def say(**words: Any) -> None:
    """One line for whoever watches."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()
