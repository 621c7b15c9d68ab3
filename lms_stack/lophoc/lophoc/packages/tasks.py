"""Uploads made ready in the background: packages are unpacked, lectures cut into segments."""

import hashlib
import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django_tasks import task

from lophoc.content.storage import media_store
from lophoc.packages.intake import take
from lophoc.packages.lectures import FILM, PLAYLIST
from lophoc.packages.models import Film

FOLDER = "phim"
#: A lecture of some hours, encoded anew on one slow core.
SECONDS = 4 * 3600
SEGMENT = 10
_COPY = ("-c", "copy")
_ENCODE = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "27", "-maxrate", "1M", "-bufsize", "2M")
_FORM = ("-pix_fmt", "yuv420p", "-vf", "scale=-2:'min(720,ih)'", "-c:a", "aac", "-b:a", "64k")
_KEYS = ("-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT})")


@task()
def unpack(upload: str) -> None:
    """Take in a package that a builder uploaded; it was looked through when it was."""
    take(upload)
    cache.delete(f"package:{upload}")


@task()
def make_film(upload: str) -> None:
    """Make a lecture of an upload. What went wrong is kept for its builder to read."""
    if Film.objects.filter(upload=upload).exclude(playlist="").exists():
        return
    try:
        with media_store().local(upload) as source:
            told = {"playlist": _film(source), "fault": ""}
    except ValidationError as error:
        told = {"playlist": "", "fault": " ".join(error.messages)}
    Film.objects.update_or_create(upload=upload, defaults=told)
    cache.delete(f"film:{upload}")


def _film(source: Path) -> str:
    """The playlist in the store; H.264 with AAC is copied, all else is encoded.

    :raises ValidationError: no film can be made of it; says why.
    """
    with source.open("rb") as file:
        folder = f"{FOLDER}/{hashlib.file_digest(file, 'sha256').hexdigest()[:32]}"
    if not media_store().holds_folder(folder):
        with tempfile.TemporaryDirectory() as near:
            made = Path(near, "phim")
            made.mkdir()
            _cut(source, made)
            media_store().put_folder(made, folder)
    return f"{folder}/{PLAYLIST}"


def _cut(source: Path, target: Path) -> None:
    copied = "Video: h264" in (told := _ffmpeg("-i", str(source))) and "Audio: aac" in told
    form = _COPY if copied else (*_ENCODE, *_FORM, *_KEYS)
    said = _ffmpeg(
        *("-i", str(source), "-map", "0:v:0", "-map", "0:a:0?", *form, "-f", "hls", "-hls_segment_type", "fmp4"),
        *("-hls_flags", "single_file", "-hls_playlist_type", "vod", "-hls_time", str(SEGMENT)),
        *("-hls_segment_filename", str(target / FILM), str(target / PLAYLIST)),
    )
    if not (target / PLAYLIST).exists() or "#EXT-X-ENDLIST" not in (target / PLAYLIST).read_text():
        raise ValidationError(_("Không làm được video từ tệp này: %s") % " ".join(said.strip().splitlines()[-2:])[:500])


def _ffmpeg(*arguments: str) -> str:
    """What ffmpeg says.

    :raises ValidationError: there is none for this processor, or it took too long.
    """
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise ValidationError(_("Máy chủ không có ffmpeg nên video được phát nguyên tệp.")) from error
    command = [program, "-hide_banner", "-nostdin", "-y", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ValidationError(_("Làm video quá lâu nên đã dừng; hãy tải lên tệp ngắn hơn.")) from error
    return done.stderr.decode("utf-8", "replace")
