"""A small course and one person of each kind, on SQLite and a cache in memory."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

QUESTIONS = [
    {"kind": "single", "text": "Một?", "choices": ["a", "b"], "answer": 1},
    {"kind": "multiple", "text": "Hai?", "choices": ["a", "b", "c"], "answer": [0, 2]},
    {"kind": "short", "text": "Ba?", "answer": ["Diễn đàn"]},
    {"kind": "number", "text": "Bốn?", "answer": {"value": 6, "tolerance": 0.5}},
]


def bundle(learners: int = 3, **changes: Any) -> dict[str, Any]:
    """A course of one unit of each kind that is open today."""
    today = date.today()
    return {
        "slug": "mau",
        "title": "Khoá mẫu",
        "organiser": "Sở mẫu",
        "summary": "",
        "opens": str(today - timedelta(days=7)),
        "closes": str(today + timedelta(days=7)),
        "access_until": str(today + timedelta(days=200)),
        "units": [
            {
                "kind": "lesson",
                "title": "Bài 1",
                "markdown": "# Chào\n<script>x</script>",
                "video": "mau/1.mp4",
                "minutes": 5,
            },
            {"kind": "quiz", "title": "Kiểm tra", "time_limit": 15, "attempts": 3, "questions": QUESTIONS},
            {"kind": "essay", "title": "Bài luận", "markdown": "Viết.", "due": str(today + timedelta(days=3))},
        ],
        "forum": [{"title": "Làm quen", "body": "Xin chào."}],
        "classes": [{"name": "Lớp 1", "instructor": "gv-1"}, {"name": "Lớp 2", "instructor": "gv-2"}],
        "instructors": [{"username": "gv-1", "name": "Cô Một"}, {"username": "gv-2", "name": "Thầy Hai"}],
        "learners": [
            {"username": f"hv-{n}", "name": f"Học viên {n}", "class": f"Lớp {n % 2 + 1}"}
            for n in range(1, learners + 1)
        ],
        **changes,
    }


@pytest.fixture(autouse=True)
def _clean(db: None, settings: Any, tmp_path: Path) -> None:
    """Each test has a database and a media root of its own, and begins with an empty cache."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    cache.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The bundle in a folder."""
    (tmp_path / "course.json").write_text(json.dumps(bundle()), "utf-8")
    return tmp_path


@pytest.fixture
def course(folder: Path) -> Any:
    """The course, loaded."""
    from lophoc.catalogue.models import Course
    from lophoc.operations.bundle import first_accounts, load

    load(folder)
    found = Course.objects.get()
    first_accounts(found, {"quantri": "mat-khau-quan-tri", "giangvien": "mat-khau-gv", "hocvien": "mat-khau-hv"})
    return found


def signed_in(username: str) -> Client:
    """A browser in which somebody is signed in, over TLS."""
    from lophoc.accounts.models import User

    client = Client(headers={"X-Forwarded-Proto": "https"})
    client.force_login(User.objects.get(username=username))
    return client
