"""The door to ffmpeg and to matplotlib's files: lectures of the declared size, slides with Vietnamese letters."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from lms_stack.course_file import read_course
from lms_stack.errors import StepFailed
from playbooks.cards import write_card, write_slides
from playbooks.media import encode

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
    encode(card, 120, bit_rate, tmp_path / "lecture.mp4", tmp_path / "log")
    assert (tmp_path / "lecture.mp4").stat().st_size * 8 / 120 == pytest.approx(bit_rate, rel=0.02)


def test_a_lecture_is_h264_with_sound_and_plays_from_its_first_bytes(card: Path, tmp_path: Path) -> None:
    encode(card, 65, 600e3, tmp_path / "lecture.mp4", tmp_path / "log")
    told = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(tmp_path / "lecture.mp4")],
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    assert "Duration: 00:01:05" in told
    assert "Video: h264" in told
    assert "854x480" in told
    assert "Audio: aac" in told
    start = (tmp_path / "lecture.mp4").read_bytes()[:200_000]
    assert start.index(b"moov") < start.index(b"mdat")


def test_a_card_that_is_no_picture_is_a_failed_step_with_a_log(tmp_path: Path) -> None:
    (tmp_path / "card.png").write_text("no picture")
    with pytest.raises(StepFailed) as caught:
        encode(tmp_path / "card.png", 60, 600e3, tmp_path / "lecture.mp4", tmp_path / "log")
    assert caught.value.log
    assert caught.value.log.read_text()


def test_slides_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    text = (ROOT / "courses" / LESSON.text).read_text("utf-8")
    for name in ("one.pdf", "two.pdf"):
        write_slides(tmp_path / name, COURSE, LESSON, text)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
