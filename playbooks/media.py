"""Slides and lectures of a course: made from title cards where the course has no recording of its own."""

import re
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
RECIPE = "4"
#: Seconds of the clip that is repeated to the lecture's length, and its picture: 480 lines, 16:9.
CLIP_SECONDS = 10
FRAMES = 10
AUDIO = 64_000
#: The two files of a lecture: a list of segments, each a range of the one film, which by itself is a playable MP4.
PLAYLIST, FILM = "phim.m3u8", "phim.mp4"
#: A clip takes less than a second, copying it to three hours of lecture some ten.
FFMPEG_SECONDS = 300
#: A recording that must be encoded anew: some hours of it on a slow machine.
ENCODING_SECONDS = 4 * 3600


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
    return f"{stem}-{shown}/{PLAYLIST}" if video else "", f"{stem}-{text}.pdf" if lesson.slides else ""


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
        videos = [
            (f"{Path(each.video).parent}/{name}", path / name)
            for each, path in zip(filmed, made, strict=True)
            for name in (PLAYLIST, FILM)
        ]
    return [(f"media/{name}", path) for name, path in (*slides, *videos)]


def _slides(lecture: Lecture, course: Course, folder: Path, home: Path) -> Path:
    from playbooks.cards import write_slides  # noqa: PLC0415 - drawing takes a second to import

    text = (folder / lecture.lesson.text).read_text("utf-8")
    return ensure(home / lecture.slides, lambda part: write_slides(part, course, lecture.lesson, text))


def _card(lecture: Lecture, course: Course, home: Path) -> Path:
    from playbooks.cards import write_card  # noqa: PLC0415 - drawing takes a second to import

    return ensure(home / f"{Path(lecture.video).parent}.png", lambda part: write_card(part, course, lecture.lesson))


def _video(lecture: Lecture, folder: Path, home: Path, card: Path, log: Path) -> Path:
    """The folder of a lecture's two files."""
    video = lecture.lesson.video
    if video is None:
        raise ValueError(f"{lecture.lesson.title} has no video")
    target = (home / lecture.video).parent
    if video.file:
        recording = folder / video.file
        return ensure(target, lambda part: segment(recording, video.bit_rate, part, log))
    return ensure(target, lambda part: encode(card, video.duration, video.bit_rate, part, log))


def encode(card: Path, duration: float, bit_rate: float, target: Path, log: Path) -> None:
    """A lecture that shows one card: H.264 and AAC, 480 lines, in segments of ten seconds.

    Its size is what a recording of that bit rate has: the encoder fills up to a constant rate. A short clip is
    encoded, and again with the rate corrected by what sound and container took; then it is repeated to the length.

    :param target: the folder to make, with the playlist and the film.
    """
    clip = target.with_name(f"{target.name}.clip.mp4")
    rate = bit_rate - AUDIO / 4
    for _ in range(2):
        _clip(card, rate, clip, log)
        _repeat(clip, CLIP_SECONDS * 6, target, log)
        rate += bit_rate - (target / FILM).stat().st_size * 8 / (CLIP_SECONDS * 6)
    _repeat(clip, duration, target, log)
    clip.unlink()


def segment(recording: Path, bit_rate: float, target: Path, log: Path) -> None:
    """A recording in the same form: copied where it is H.264 with AAC or silent, encoded at the bit rate elsewhere."""
    codecs = set(re.findall(r"(?:Video|Audio): (\w+)", _told(recording)))
    kbit = f"{bit_rate - AUDIO:.0f}"
    anew = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", kbit, "-maxrate", kbit)
    keys = ("-bufsize", kbit, "-force_key_frames", f"expr:gte(t,n_forced*{CLIP_SECONDS})", "-c:a", "aac")
    how = ("-c", "copy") if "h264" in codecs <= {"h264", "aac"} else (*anew, *keys)
    _segments(["-i", str(recording), "-map", "0:v:0", "-map", "0:a:0?", *how], target, log, ENCODING_SECONDS)


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
    _segments(["-stream_loop", "-1", "-i", str(clip), "-t", f"{duration:g}", "-c", "copy"], target, log)


def _segments(source: list[str], target: Path, log: Path, limit: float = FFMPEG_SECONDS) -> None:
    target.mkdir(exist_ok=True)
    form = ["-f", "hls", "-hls_segment_type", "fmp4", "-hls_flags", "single_file", "-hls_playlist_type", "vod"]
    names = ["-hls_time", str(CLIP_SECONDS), "-hls_segment_filename", str(target / FILM), str(target / PLAYLIST)]
    _ffmpeg([*source, *form, *names], log, limit)


def _ffmpeg(arguments: list[str], log: Path, limit: float = FFMPEG_SECONDS) -> None:
    command = [_program(), "-hide_banner", "-loglevel", "warning", "-nostdin", "-xerror", "-y", *arguments]
    with log.open("a", encoding="utf-8") as handle:
        code = _code(command, handle, limit)
    if code:
        raise StepFailed("a lecture could not be made with ffmpeg", log=log)


def _program() -> str:
    import imageio_ffmpeg  # noqa: PLC0415 - only where a lecture has to be made

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def _told(recording: Path) -> str:
    """What ffmpeg says of a file."""
    command = [_program(), "-hide_banner", "-nostdin", "-i", str(recording)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False).stderr


def _code(command: list[str], log: TextIO, limit: float) -> int:
    """The exit code of ffmpeg; given a picture that it can't read, it would try again for ever."""
    try:
        return subprocess.run(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=limit,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        log.write(f"ffmpeg did not end within {limit:g} s\n")
        return -1
