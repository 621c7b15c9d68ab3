"""The contract tests' toy site with its answers kept: what a stand-in needs, to answer as lophoc does."""

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.contracts import toy_site

_FOLDER = Path(os.environ["TOY_RECORD"])
_kept: set[str] = set()
_lock = threading.Lock()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as the toy site does; the first good answer of each method and path is kept."""
    told: dict[str, Any] = {}

    def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> None:
        told.update(status=int(status[:3]), headers=headers)
        start_response(status, headers, *more)

    body = b"".join(toy_site.application(environ, begin))
    _keep({"method": environ["REQUEST_METHOD"], "path": environ["PATH_INFO"], **told}, body)
    return [body]


def _keep(answer: dict[str, Any], body: bytes) -> None:
    key = f"{answer['method']}{answer['path']}"
    with _lock:
        if answer["status"] not in (200, 206, 302) or key in _kept:
            return
        _kept.add(key)
        name = str(len(_kept))
        (_FOLDER / name).write_bytes(toy_site._VIDEO if answer["status"] == 206 else body)
        with (_FOLDER / "answers.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({**answer, "body": name}) + "\n")
