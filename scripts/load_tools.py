"""Load generators side by side: what each makes of one core, and what a request costs it."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Connections that wrk and Artillery keep busy.
CONNECTIONS = 32
#: Rounds that each of Artillery's users makes for each second that is asked for: it ends by count, not by time.
ROUNDS = 10
#: How Artillery reads the token of a page's form.
FORM_TOKEN = {"regexp": 'name="csrfmiddlewaretoken" value="([^"]+)"', "group": 1, "as": "token"}


@dataclass(frozen=True)
class Request:
    """One request of what is played; a form is sent where it has fields."""

    path: str
    fields: str = ""


@dataclass(frozen=True)
class Played:
    """What one tool did with its core: requests that came back right, wrong ones, seconds, and its own CPU time."""

    tool: str
    right: int
    wrong: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Requests a second that came back right."""
        return self.right / self.seconds

    @property
    def cost(self) -> float:
        """CPU milliseconds for each request that came back."""
        return 1e3 * self.cpu / max(1, self.right + self.wrong)


def wrk(url: str, requests: Sequence[Request], seconds: int, folder: Path, core: int, *, close: bool) -> Played:
    """Play these again and again with wrk, as fast as it goes; it looks at nothing but the status.

    :param close: the last of them closes its connection, so that each round opens one.
    """
    script = folder / "wrk.lua"
    script.write_text(_lua(requests, close=close), "utf-8")
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "5s", "-s", str(script)]
    text, cpu = _run(["wrk", *options, url], core)
    found = re.search(r"(\d+) requests in ([\d.]+)(s|m)", text)
    if found is None:
        raise RuntimeError(f"wrk said what was not expected:\n{text}")
    bad = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
    lasted = float(found[2]) * (60 if found[3] == "m" else 1)
    return Played("wrk", int(found[1]) - bad, bad, lasted, cpu)


def artillery(url: str, requests: Sequence[Request], seconds: int, folder: Path, core: int, *, close: bool) -> Played:
    """Play these with Artillery: each of its users logs in with cookies and the form's token, and checks the status.

    :param close: users come and go, with a connection each; else the same few go round.
    """
    plan, report = folder / "artillery.json", folder / "artillery-report.json"
    plan.write_text(json.dumps(_scenario(url, requests, seconds, close=close)), "utf-8")
    said, cpu = _run(["artillery", "run", "--quiet", "--output", str(report), str(plan)], core)
    if not report.exists():
        raise RuntimeError(f"artillery left no report:\n{said}")
    counted = json.loads(report.read_text("utf-8"))["aggregate"]
    counters = counted["counters"]
    right = sum(counters.get(f"http.codes.{code}", 0) for code in (200, 302))
    lasted = (counted["lastMetricAt"] - counted["firstMetricAt"]) / 1e3
    return Played("Artillery", right, counters.get("http.requests", 0) - right, lasted, cpu)


def _run(command: Sequence[str], core: int) -> tuple[str, float]:
    """What a command wrote, and the CPU time of it and its children in seconds; it has one core."""
    before = os.times()
    done = subprocess.run(
        ["taskset", "-c", str(core), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        env={**os.environ, "NODE_TLS_REJECT_UNAUTHORIZED": "0", "ARTILLERY_DISABLE_TELEMETRY": "true", "WORKERS": "1"},
    )
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return done.stdout, spent


def _lua(requests: Sequence[Request], *, close: bool) -> str:
    rows = []
    for number, each in enumerate(requests):
        headers = ['["Content-Type"] = "application/x-www-form-urlencoded"'] if each.fields else []
        headers += ['["Connection"] = "close"'] if close and number == len(requests) - 1 else []
        method, body = ("POST", json.dumps(f"csrfmiddlewaretoken=x&{each.fields}")) if each.fields else ("GET", "nil")
        rows.append(f'  wrk.format("{method}", "{each.path}", {{{", ".join(headers)}}}, {body}),')
    made = "\n".join(rows)
    return (
        f"local made, at = nil, 0\nfunction init() made = {{\n{made}\n}} end\n"
        "function request() at = at % #made + 1 return made[at] end\n"
    )


def _scenario(url: str, requests: Sequence[Request], seconds: int, *, close: bool) -> dict[str, Any]:
    flow: list[dict[str, Any]] = []
    for each in requests:
        if each.fields:
            form = {"csrfmiddlewaretoken": "{{ token }}", **dict(pair.split("=") for pair in each.fields.split("&"))}
            flow.append({"post": {"url": each.path, "form": form, "followRedirect": False}})
        else:
            flow.append({"get": {"url": each.path, **({"capture": FORM_TOKEN} if close and not flow else {})}})
    rounds = flow if close else [{"loop": flow, "count": ROUNDS * seconds}]
    users = {"arrivalRate": 1000, "maxVusers": CONNECTIONS} if close else {"arrivalCount": CONNECTIONS}
    phase = {"duration": seconds if close else 1, **users}
    config = {"target": url, "phases": [phase], "http": {"timeout": 5, "maxSockets": 1}}
    return {"config": config, "scenarios": [{"flow": rounds}]}
