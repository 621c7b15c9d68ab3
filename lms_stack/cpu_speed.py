#!/usr/bin/python3
"""How fast one core runs what an LMS does: a fixed piece of work, timed by the CPU time that it takes.

One file on the standard library, so that it runs over SSH on any host: it prints one JSON line. CPU time, not the
clock: a guest's quota and its neighbours slow the clock. The best of several rounds: whatever disturbs, slows. And that
in several spells, of which the slowest counts, for the peak may come in one: where other tenants share the silicon, a
core went from 73 to 31 pieces a second and back within half a minute.
"""

import hashlib
import json
import re
import sys
import time

SPELLS = 8
ROUNDS = 8
#: Seconds between two spells.
APART = 1.0
#: Rows of a whole piece of work.
ROWS = 4000
#: While a host serves, its exporter does two such parts of a piece by and by: two thousandths of a core, twelve of a
#: slow one.
PART = 0.1
#: Seconds between two parts at most. Each gap up to it is as likely, so the mean product of a part's time and the next
#: one's tells the autocovariance over all of them.
LONGEST_GAP = 1.0
_LINE = "<p>Bồi dưỡng thường xuyên cho giáo viên &amp; cán bộ quản lý {}</p>\n"
_TAG = re.compile(r"<(/?)(\w+)>|&(\w+);")


def work(size: int = ROWS) -> str:
    """About a hundredth of a second of what serving a page is made of: objects, text, patterns, JSON, hashes.

    :param size: rows, of which a whole piece has `ROWS`; a part of them takes about that part of its time.
    """
    rows = [{"id": number, "name": f"học viên {number}", "marks": [number % 10, number % 7]} for number in range(size)]
    rows.sort(key=lambda row: (row["marks"], row["name"]))
    text = _TAG.sub(lambda found: f"[{found.group(2) or found.group(3)}]", _LINE * (size // 20))
    told = json.dumps(rows, ensure_ascii=False) + json.dumps(json.loads(json.dumps(rows[: size // 4])))
    return hashlib.sha256((told + text).encode() * 4).hexdigest()


def seconds(rounds: int = ROUNDS) -> float:
    """CPU seconds that a piece of work takes, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def speed(spells: int = SPELLS, apart: float = APART) -> float:
    """Pieces of work for each second of CPU time, in the slowest of some spells, so many seconds apart."""
    slowest = 0.0
    for spell in range(spells):
        time.sleep(apart if spell else 0)
        slowest = max(slowest, seconds())
    return 1 / slowest


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"pieces_per_second": speed()}) + "\n")
