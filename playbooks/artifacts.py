"""What is built on this machine and shipped: wheels, the course's content, its media, the load test's code."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lms_stack.course import Course
from playbooks.cached import archive, ensure, files_below, key
from playbooks.content import as_json
from playbooks.inputs import Artifacts, Parcel
from playbooks.media import media_parcel
from playbooks.packages import package_files
from playbooks.wheels import wheelhouse

__all__ = ["Artifacts", "Parcel", "ensure_artifacts"]

CHECKOUT = Path(__file__).resolve().parent.parent
#: What runs on the load generator's hosts beside its wheels.
LOAD_TEST_CODE = ("loadtests", "lms_stack")
#: The exporter, and what it times cores by, as it imports it.
EXPORTER = {
    "exporter.py": CHECKOUT / "monitoring" / "exporter.py",
    "lms_stack/cpu_speed.py": CHECKOUT / "lms_stack" / "cpu_speed.py",
}

Tell = Callable[[str], None]


def ensure_artifacts(course: Course, course_folder: Path, cache: Path, tell: Tell, log: Path) -> Artifacts:
    """Everything that is shipped to the hosts, made where the cache doesn't have it, side by side.

    :param course_folder: the folder of the course file.
    :param log: the full output of pip and ffmpeg.
    :raises StepFailed: pip or ffmpeg failed; the log says why.
    """
    cache.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    locks = CHECKOUT / "locks"
    with ThreadPoolExecutor() as pool:
        media = pool.submit(media_parcel, course, course_folder, cache, log, tell)
        loadgen = pool.submit(wheelhouse, "loadgen", locks / "loadgen.txt", cache, log)
        app = pool.submit(wheelhouse, "lophoc", locks / "app.txt", cache, log, source=CHECKOUT / "lms_stack" / "lophoc")
        return Artifacts(
            app=app.result(),
            loadgen=loadgen.result(),
            content=_content(course, course_folder, cache),
            media=media.result(),
            journeys=_journeys(cache),
            exporter=EXPORTER,
        )


def _content(course: Course, folder: Path, cache: Path) -> Parcel:
    text = as_json(course, folder)
    made_of = key(text)
    home = cache / f"content-{made_of}"

    def make(part: Path) -> None:
        document = ensure(home / "course.json", lambda path: _write(path, text))
        archive(part, [("course.json", document), *package_files(course, folder, home)], compress=True)

    return Parcel(archive=ensure(home / "content.tar.gz", make), hash=made_of)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _journeys(cache: Path) -> Parcel:
    """The load test's code and the domain it speaks in; lophoc is deployed by itself."""
    folders = [CHECKOUT / name for name in LOAD_TEST_CODE]
    files = [
        (str(path.relative_to(CHECKOUT)), path)
        for folder in folders
        for path in files_below(folder)
        if CHECKOUT / "lms_stack" / "lophoc" not in path.parents
    ]
    made_of = key(json.dumps([name for name, _ in files]), *(path.read_bytes() for _, path in files))

    def make(part: Path) -> None:
        archive(part, files, compress=True)

    return Parcel(archive=ensure(cache / f"journeys-{made_of}" / "journeys.tar.gz", make), hash=made_of)
