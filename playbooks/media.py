"""Slides and lectures of a course: made from title cards where the course has no recording of its own."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TextIO

from lms_stack.course import Course, Lesson
from lms_stack.errors import StepFailed
from playbooks.cached import archive, ensure, key
from playbooks.inputs import Parcel

#: Counts up when cards, slides or the encoding change, so that the cache isn't asked for what was made before.
RECIPE = "3"
#: Seconds of the clip that is repeated to the lecture's length, and its picture: 480 lines, 16:9.
CLIP_SECONDS = 10
FRAMES = 10
AUDIO = 64_000
#: A clip takes less than a second, copying it to three hours of lecture some ten.
FFMPEG_SECONDS = 300


class Lecture(NamedTuple):
    """What a lesson shows, by the paths below the media root; empty where it has none."""

    lesson: Lesson
    number: int
    video: str
    slides: str


def media_of(course: Course, folder: Path) -> dict[str, Lecture]:
    """The media of each lesson by its title; a name holds the hash of what the file is made from."""
    return {
        lesson.title: Lecture(lesson, number, *_names(course, lesson, number, folder))
        for number, lesson in enumerate(course.lessons, 1)
    }


def _names(course: Course, lesson: Lesson, number: int, folder: Path) -> tuple[str, str]:
    stem = f"{course.name}/bai-{number:02}"
    text = key(RECIPE, course.title, course.organiser, lesson.title, (folder / lesson.text).read_bytes())[:8]
    video = lesson.video
    recorded = _stat(folder / video.file) if video and video.file else ""
    shown = key(text, f"{video.duration} {video.bit_rate}", recorded)[:8] if video else ""
    return f"{stem}-{shown}.mp4" if video else "", f"{stem}-{text}.pdf" if lesson.slides else ""


def _stat(path: Path) -> str:
    """A recording may have gigabytes: its size and time stand for its content."""
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def media_parcel(course: Course, folder: Path, cache: Path, log: Path, tell: Callable[[str], None]) -> Parcel:
    """All media of a course in one archive, to be unpacked beside the media root's folder.

    :raises StepFailed: ffmpeg failed; the log says why.
    """
    lectures = media_of(course, folder)
    made_of = key(RECIPE, *(name for lecture in lectures.values() for name in (lecture.video, lecture.slides)))
    home = cache / f"media-{made_of}"

    def make(part: Path) -> None:
        tell(f"making slides and lectures for {len(lectures)} lessons")
        files = _files(course, folder, list(lectures.values()), home, log)
        archive(part, files, compress=True, done=f"media-{made_of}/complete")

    return Parcel(archive=ensure(home / "media.tar.gz", make), hash=made_of)


def _files(course: Course, folder: Path, lectures: list[Lecture], home: Path, log: Path) -> list[tuple[str, Path]]:
    """Every media file, made where it isn't in the cache; its name in the archive and its place here."""
    # One after another: matplotlib's figures belong to one thread. ffmpeg's runs are apart.
    slides = [(each.slides, _slides(each, course, folder, home)) for each in lectures if each.slides]
    filmed = [each for each in lectures if each.video]
    cards = [_card(each, course, home) for each in filmed]
    with ThreadPoolExecutor(max_workers=2) as pool:
        made = pool.map(lambda lecture, card: _video(lecture, folder, home, card, log), filmed, cards)
        videos = [(each.video, path) for each, path in zip(filmed, made, strict=True)]
    return [(f"media/{name}", path) for name, path in (*slides, *videos)]


def _slides(lecture: Lecture, course: Course, folder: Path, home: Path) -> Path:
    from playbooks.cards import write_slides  # noqa: PLC0415 - drawing takes a second to import

    text = (folder / lecture.lesson.text).read_text("utf-8")
    return ensure(home / lecture.slides, lambda part: write_slides(part, course, lecture.lesson, text))


def _card(lecture: Lecture, course: Course, home: Path) -> Path:
    from playbooks.cards import write_card  # noqa: PLC0415 - drawing takes a second to import

    return ensure(home / f"{lecture.video}.png", lambda part: write_card(part, course, lecture.lesson))


def _video(lecture: Lecture, folder: Path, home: Path, card: Path, log: Path) -> Path:
    video = lecture.lesson.video
    if video is None:
        raise ValueError(f"{lecture.lesson.title} has no video")
    if video.file:
        return folder / video.file
    return ensure(home / lecture.video, lambda part: encode(card, video.duration, video.bit_rate, part, log))


def encode(card: Path, duration: float, bit_rate: float, target: Path, log: Path) -> None:
    """A lecture that shows one card: H.264 and AAC, 480 lines, ready to be played from its first bytes.

    Its size is what a recording of that bit rate has: the encoder fills up to a constant rate. A short clip is
    encoded, and again with the rate corrected by what sound and container took; then it is repeated to the length.
    """
    clip = target.with_name(f"{target.name}.clip.mp4")
    rate = bit_rate - AUDIO / 4
    for _ in range(2):
        _clip(card, rate, clip, log)
        _repeat(clip, CLIP_SECONDS * 6, target, log)
        rate += bit_rate - target.stat().st_size * 8 / (CLIP_SECONDS * 6)
    _repeat(clip, duration, target, log)
    clip.unlink()


def _clip(card: Path, rate: float, clip: Path, log: Path) -> None:
    kbit = f"{max(rate, 20_000):.0f}"
    _ffmpeg(
        [
            *("-loop", "1", "-framerate", str(FRAMES), "-i", str(card)),
            *("-f", "lavfi", "-i", "anullsrc=r=44100:cl=mono", "-t", str(CLIP_SECONDS)),
            *("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", str(2 * FRAMES)),
            *("-b:v", kbit, "-minrate", kbit, "-maxrate", kbit, "-bufsize", kbit),
            *("-x264-params", "nal-hrd=cbr:force-cfr=1:qpmin=24", "-c:a", "aac", "-b:a", str(AUDIO)),
            *("-f", "mp4", str(clip)),
        ],
        log,
    )


def _repeat(clip: Path, duration: float, target: Path, log: Path) -> None:
    copied = ["-stream_loop", "-1", "-i", str(clip), "-t", f"{duration:g}", "-c", "copy"]
    _ffmpeg([*copied, "-movflags", "+faststart", "-f", "mp4", str(target)], log)


def _ffmpeg(arguments: list[str], log: Path) -> None:
    import imageio_ffmpeg  # noqa: PLC0415 - only where a lecture has to be made

    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-hide_banner",
        "-loglevel",
        "warning",
        "-nostdin",
        "-xerror",
        "-y",
        *arguments,
    ]
    with log.open("a", encoding="utf-8") as handle:
        code = _code(command, handle)
    if code:
        raise StepFailed("a lecture could not be made with ffmpeg", log=log)


def _code(command: list[str], log: TextIO) -> int:
    """The exit code of ffmpeg; given a picture that it can't read, it would try again for ever."""
    try:
        return subprocess.run(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=FFMPEG_SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        log.write(f"ffmpeg did not end within {FFMPEG_SECONDS} s\n")
        return -1
