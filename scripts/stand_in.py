"""nginx that answers as lophoc once did: so fast that whoever plays on it, and not the site, is what is measured."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.load_tools import Request
from tests.contracts.ports import free_port, wait_for

#: File names by which nginx finds the type of an answer again; pages are the rule.
ENDINGS = {
    "application/json": "json",
    "application/vnd.apple.mpegurl": "m3u8",
    "application/pdf": "pdf",
    "text/css": "css",
    "video/mp4": "mp4",
}


def configuration(answers: Iterable[dict[str, Any]], folder: Path, tls: Path, port: int) -> str:
    """nginx's configuration, by which it gives these answers on that port.

    :param answers: rows as recording_site.py writes them; their bodies lie below `folder` in `answers`.
    """
    maps: dict[str, list[str]] = {"goto": [], "file": [], "csrftoken": [], "sessionid": []}
    for row in answers:
        key = _quoted(f"{row['method']}{row['path']}")
        headers: dict[str, list[str]] = {}
        for field, value in row["headers"]:
            headers.setdefault(field.lower(), []).append(value)
        if row["status"] == 302:
            maps["goto"].append(f"{key} {_quoted(headers['location'][0])};")
        else:
            maps["file"].append(f"{key} {_quoted(f'/{named(row)}')};")
        for cookie in headers.get("set-cookie", []):
            if (name := cookie.strip().partition("=")[0]) in maps:
                maps[name].append(f"{key} {_quoted(cookie.strip())};")
    tables = "\n".join(_table(name, rows) for name, rows in maps.items())
    return f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log error; worker_rlimit_nofile 65536;
events {{ worker_connections 32768; }}
http {{
  access_log off; absolute_redirect off; sendfile on; tcp_nopush on; open_file_cache max=1000;
  keepalive_requests 100000000;
  client_max_body_size 50m; client_body_buffer_size 512k; map_hash_bucket_size 1024; map_hash_max_size 65536;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  default_type text/html;
  types {{ {" ".join(f"{kind} {ending};" for kind, ending in ENDINGS.items())} }}
{tables}
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096 reuseport;
    ssl_certificate {tls}/site.crt; ssl_certificate_key {tls}/site.key;
    root {folder}/answers;
    set $asked $request_method$uri;  # what is asked for, also when the file that answers it has taken its place
    error_page 405 =200 $file;
    add_header Set-Cookie $csrftoken; add_header Set-Cookie $sessionid;
    location / {{
      if ($goto) {{ return 302 $goto; }}
      rewrite ^ $file break;
    }}
  }}
}}
"""


def named(row: dict[str, Any]) -> str:
    """The name of an answer's file."""
    kind = next((value for name, value in row["headers"] if name.lower() == "content-type"), "").partition(";")[0]
    return f"{row['body']}.{ENDINGS.get(kind, 'html')}"


def start(recorded: Path, folder: Path, tls: Path, core: int) -> tuple[subprocess.Popen[bytes], int]:
    """Start nginx on one core of this machine; gives the process and its port of loopback.

    :param recorded: the folder of recording_site.py.
    """
    answers = _answers(recorded)
    (folder / "answers").mkdir()
    for row in answers:
        shutil.copy(recorded / row["body"], folder / "answers" / named(row))
    port = free_port()
    (folder / "nginx.conf").write_text(configuration(answers, folder, tls, port), "utf-8")
    command = ["taskset", "-c", str(core), "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen([*command, "-g", "user root;"], stdin=subprocess.DEVNULL)
    wait_for(port)
    return process, port


def spent(pid: int) -> float:
    """CPU seconds of nginx's worker so far."""
    worker = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
    fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def paths(recorded: Path, course: str) -> dict[str, list[Request]]:
    """What every tool plays, request by request as our generator does."""
    known = [row["path"] for row in _answers(recorded)]
    forum = f"/khoa-hoc/{course}/dien-dan/"
    topic = next(path for path in known if path.startswith(forum) and path.removeprefix(forum).count("/") == 1)
    files = [Request(path) for path in known if path.startswith("/static/")][:2]
    sign_in = Request("/dang-nhap/", "username=thu-tai-1&password=x&next=")
    return {
        "two forum pages": [Request(forum), Request(topic)],
        "sign-in": [Request("/dang-nhap/"), *files, sign_in, Request("/")],
    }


def _answers(recorded: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (recorded / "answers.jsonl").read_text("utf-8").splitlines()]


def _table(name: str, rows: list[str]) -> str:
    default = "$uri" if name == "file" else '""'
    return f"  map $asked ${name} {{\n    default {default};\n    " + "\n    ".join(rows) + "\n  }"


def _quoted(text: str) -> str:
    """A string of nginx's configuration; a map has no way to write a dollar, and no address here has one."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
