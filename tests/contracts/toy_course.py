"""lophoc with a small course on loopback: what the load generator is tried on, and its benchmark recorded from."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra import certificates

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "mat-khau-thu-tai"


def certified(folder: Path) -> None:
    """Write a CA, and a certificate of 127.0.0.1 with its key."""
    ca_key, key = certificates.new_key(), certificates.new_key()
    ca = certificates.authority("toy", ca_key)
    (folder / "ca.crt").write_text(ca)
    (folder / "site.crt").write_text(certificates.site("localhost", ["127.0.0.1"], key, ca, ca_key))
    (folder / "site.key").write_text(key)


def environment(folder: Path, more: dict[str, str]) -> dict[str, str]:
    """What the site is told by its environment, and more of it."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "lms_stack" / "lophoc", Path(__file__).parent))),
        "DJANGO_SETTINGS_MODULE": "lophoc.settings_test",
        "LOPHOC_DATABASE_URL": f"sqlite:///{folder / 'toy.sqlite'}",
        "LOPHOC_MEDIA_ROOT": str(folder),
        "TOY_DATABASE": str(folder / "toy.sqlite"),
        "TOY_MEDIA": str(folder),
        **more,
    }


def fill(folder: Path, told: dict[str, str]) -> dict[str, Any]:
    """Fill a site with a course and the load test's accounts; gives what there is to play."""
    (folder / "course.json").write_text(json.dumps(bundle()), "utf-8")
    for source in ("goi-mat-khau", "goi-dung-sai"):
        shutil.make_archive(str(folder / source), "zip", ROOT / "courses" / "demo" / source)
    (folder / "goi-dung-sai.zip").rename(folder / "goi-dung-sai.h5p")
    (folder / "password").write_text(PASSWORD)
    made = ""
    for command in (
        ["migrate", "--verbosity", "0"],
        ["load_course", str(folder)],
        [
            *["prepare_load_test", "--course", "mau", "--learners", "80", "--instructors", "2"],
            f"--password-file={folder / 'password'}",
        ],
    ):
        made = subprocess.run(
            [sys.executable, "-m", "lophoc.manage", *command],
            env=told,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    return dict(json.loads(made.splitlines()[-1]))


def bundle() -> dict[str, Any]:
    """A course with a unit of every kind."""
    questions = [
        {"kind": "single", "text": "Một?", "choices": ["a", "b"], "answer": 1},
        {"kind": "multiple", "text": "Hai?", "choices": ["a", "b", "c"], "answer": [0, 2]},
        {"kind": "matching", "text": "Ba?", "choices": ["a", "b"], "answer": ["x", "y", "z"]},
        {"kind": "short", "text": "Bốn?", "answer": ["có"]},
        {"kind": "number", "text": "Năm?", "answer": {"value": 6}},
    ]
    rubric = [{"title": "Nội dung", "points": 6}, {"title": "Trình bày", "points": 4}]
    return {
        "slug": "mau",
        "title": "Khoá mẫu",
        "organiser": "Sở mẫu",
        "summary": "",
        "opens": "2027-03-01",
        "closes": "2027-04-11",
        "access_until": "2099-10-31",
        "units": [
            {"kind": "lesson", "title": "Bài 1", "markdown": "Chào.", "video": "mau/1/phim.m3u8"},
            {"kind": "quiz", "title": "Kiểm tra", "time_limit": 15, "attempts": 3, "questions": questions},
            {"kind": "essay", "title": "Bài luận", "markdown": "Viết.", "rubric": rubric},
            {"kind": "package", "title": "Gói SCORM", "file": "goi-mat-khau.zip"},
            {"kind": "package", "title": "Gói H5P", "file": "goi-dung-sai.h5p"},
        ],
        "forum": [],
        "classes": [],
        "instructors": [],
        "learners": [],
    }


def granian(
    port: int, tls: Path, told: dict[str, str], log: Path, *, application: str = "toy_site:application"
) -> subprocess.Popen[bytes]:
    """Start the site on that port of loopback, with the certificate of `certified`."""
    options = f"--interface wsgi --host 127.0.0.1 --port {port} --workers 1 --blocking-threads 4".split()
    certificate = ["--ssl-certificate", str(tls / "site.crt"), "--ssl-keyfile", str(tls / "site.key")]
    command = [sys.executable, "-m", "granian", *options, *certificate, application]
    return subprocess.Popen(
        command, env=told, stdin=subprocess.DEVNULL, stdout=log.open("wb"), stderr=subprocess.STDOUT
    )
