"""The door to ffmpeg and to matplotlib's files: lectures of the declared size, slides with Vietnamese letters."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from lms_stack.course_file import read_course
from lms_stack.errors import StepFailed
from playbooks.cards import write_card, write_slides
from playbooks.media import FILM, PLAYLIST, encode, segment

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parent.parent.parent
COURSE = read_course(ROOT / "courses" / "demo.yaml")
LESSON = COURSE.lessons[0]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A title card."""
    write_card(tmp_path / "card.png", COURSE, LESSON)
    return tmp_path / "card.png"


@pytest.mark.parametrize("bit_rate", [300e3, 600e3, 1.5e6])
def test_a_lecture_is_as_large_as_a_recording_of_its_bit_rate(card: Path, tmp_path: Path, bit_rate: float) -> None:
    encode(card, 120, bit_rate, tmp_path / "lecture", tmp_path / "log")
    assert (tmp_path / "lecture" / FILM).stat().st_size * 8 / 120 == pytest.approx(bit_rate, rel=0.02)


def _told(path: Path) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("name", [PLAYLIST, FILM])
def test_a_lecture_is_h264_with_sound_as_a_playlist_and_as_one_film(card: Path, tmp_path: Path, name: str) -> None:
    encode(card, 65, 600e3, tmp_path / "lecture", tmp_path / "log")
    told = _told(tmp_path / "lecture" / name)
    assert "Duration: 00:01:05" in told
    assert "Video: h264" in told
    assert "854x480" in told
    assert "Audio: aac" in told
    start = (tmp_path / "lecture" / FILM).read_bytes()[:200_000]
    assert start.index(b"moov") < start.index(b"mdat")


def test_the_segments_of_a_lecture_are_all_ranges_of_its_film_ten_seconds_each(card: Path, tmp_path: Path) -> None:
    encode(card, 65, 600e3, tmp_path / "lecture", tmp_path / "log")
    text = (tmp_path / "lecture" / PLAYLIST).read_text()
    seconds = [float(each) for each in re.findall(r"#EXTINF:([\d.]+)", text)]
    ranges = [(int(at), int(size)) for size, at in re.findall(r"BYTERANGE[:=\"]+(\d+)@(\d+)", text)]
    assert seconds[:-1] == pytest.approx([10] * 6, abs=0.1)
    ends = [at + size for at, size in ranges]
    assert [at for at, _ in ranges] == [0, *ends[:-1]]
    assert ends[-1] == (tmp_path / "lecture" / FILM).stat().st_size


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_a_recording_comes_out_in_the_same_form_whatever_it_was_encoded_with(tmp_path: Path, codec: str) -> None:
    picture = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=10", "-t", "25", "-c:v", codec, "-g", "10"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *picture, str(tmp_path / "recording.mp4")]
    subprocess.run(command, check=True)
    segment(tmp_path / "recording.mp4", 300e3, tmp_path / "lecture", tmp_path / "log")
    assert "Video: h264" in _told(tmp_path / "lecture" / PLAYLIST)
    assert (tmp_path / "lecture" / PLAYLIST).read_text().count("#EXTINF") == 3


def test_a_card_that_is_no_picture_is_a_failed_step_with_a_log(tmp_path: Path) -> None:
    (tmp_path / "card.png").write_text("no picture")
    with pytest.raises(StepFailed) as caught:
        encode(tmp_path / "card.png", 60, 600e3, tmp_path / "lecture", tmp_path / "log")
    assert caught.value.log
    assert caught.value.log.read_text()


def test_slides_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    text = (ROOT / "courses" / LESSON.text).read_text("utf-8")
    for name in ("one.pdf", "two.pdf"):
        write_slides(tmp_path / name, COURSE, LESSON, text)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
