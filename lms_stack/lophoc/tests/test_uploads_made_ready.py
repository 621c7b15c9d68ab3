"""What builders upload is made ready in the background: packages unpacked, lectures cut into segments."""

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from test_packages import packed, scorm


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """A media root of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def ffmpeg() -> str:
    """The program."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def film_of(upload: str) -> Any:
    """What became of an uploaded lecture."""
    from lophoc.packages.models import Film
    from lophoc.packages.tasks import make_film

    make_film.enqueue(upload)
    return Film.objects.get(upload=upload)


def test_a_material_s_package_is_unpacked_when_it_is_saved(django_capture_on_commit_callbacks: Any) -> None:
    from lophoc.content.models import Material
    from lophoc.packages.models import Package

    upload = default_storage.save("hoc-lieu/goi/a.zip", packed(scorm()))
    with django_capture_on_commit_callbacks(execute=True):
        Material.objects.create(kind="package", title="Gói", package=upload)
    assert Package.objects.get().upload == upload


def test_a_package_that_can_t_be_taken_in_is_refused_at_its_field() -> None:
    from lophoc.content.models import Material

    material = Material(kind="package", title="Gói")
    material.package = ContentFile(packed({"index.html": "x"}).getvalue(), name="a.zip")  # type: ignore[assignment]
    with pytest.raises(ValidationError) as caught:
        material.clean()
    assert "imsmanifest.xml" in str(caught.value.message_dict["package"])


@pytest.mark.parametrize(("codec", "sound"), [("libx264", "aac"), ("mpeg4", "libmp3lame")])
def test_an_uploaded_lecture_becomes_segments_of_one_film(
    ffmpeg: str, media: Path, tmp_path: Path, codec: str, sound: str
) -> None:
    picture = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=10", "-f", "lavfi", "-i", "sine", "-t", "25"]
    how = ["-c:v", codec, "-g", "10", "-c:a", sound, str(tmp_path / "a.mp4")]
    subprocess.run([ffmpeg, "-loglevel", "error", *picture, *how], check=True)
    upload = default_storage.save("hoc-lieu/video/a.mp4", ContentFile((tmp_path / "a.mp4").read_bytes()))
    film = film_of(upload)
    assert film.fault == ""
    playlist = (media / film.playlist).read_text()
    assert playlist.count("#EXTINF") == 3
    assert {path.name for path in (media / film.playlist).parent.iterdir()} == {"phim.m3u8", "phim.mp4"}


def test_what_is_no_video_says_so_and_leaves_nothing(ffmpeg: str, media: Path) -> None:
    film = film_of(default_storage.save("hoc-lieu/video/a.mp4", ContentFile(b"no video")))
    assert "Không làm được video" in film.fault
    assert film.playlist == ""
    assert not list(media.glob("phim/*"))


def test_without_ffmpeg_the_upload_is_played_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise RuntimeError

    monkeypatch.setattr("lophoc.packages.tasks.imageio_ffmpeg.get_ffmpeg_exe", missing)
    film = film_of(default_storage.save("hoc-lieu/video/a.mp4", ContentFile(b"video")))
    assert "ffmpeg" in film.fault
