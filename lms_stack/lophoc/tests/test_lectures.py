"""Lectures as HLS: signed addresses, and the place where a learner left."""

import base64
import hashlib
from typing import Any

import pytest
from conftest import signed_in
from django.test import Client

PLACE = "/khoa-hoc/mau/bai-hoc/1/cho-xem/"
LESSON = "/khoa-hoc/mau/bai-hoc/1/"


def _left_at(username: str) -> list[int]:
    from lophoc.packages.models import Place

    return list(Place.objects.filter(learner__username=username).values_list("seconds", flat=True))


def test_one_signature_is_good_for_a_folder_and_for_no_other() -> None:
    from lophoc.catalogue.media import signed_folder

    _, root, signature, expires, *path = signed_folder("phim/ab12/phim.m3u8", now=1_000_000.0).split("/")
    digest = hashlib.md5(f"{expires}/thu-muc/phim/ab12 only-for-tests".encode()).digest()
    assert (root, path) == ("thu-muc", ["phim", "ab12", "phim.m3u8"])
    assert signature == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert signature not in signed_folder("phim/ab13/phim.m3u8", now=1_000_000.0)
    assert signature in signed_folder("phim/ab12/phim.mp4", now=1_000_000.0)


def test_a_lecture_in_segments_has_a_playlist_and_for_others_its_film(course: Any) -> None:
    from lophoc.content.models import Material

    Material.objects.filter(units__number=1).update(video="mau/bai-01/phim.m3u8")
    page = signed_in("hv-1").get(LESSON).content.decode()
    assert 'data-playlist="/thu-muc/' in page
    assert "/mau/bai-01/phim.m3u8" in page
    assert "/mau/bai-01/phim.mp4" in page


def test_an_upload_plays_as_it_is_until_it_is_made_ready(course: Any) -> None:
    from django.core.cache import cache

    from lophoc.packages.models import Film

    assert 'data-playlist=""' in signed_in("hv-1").get(LESSON).content.decode()
    Film.objects.create(upload="mau/1.mp4", playlist="phim/ab/phim.m3u8")
    cache.clear()
    assert "/phim/ab/phim.mp4" in signed_in("hv-1").get(LESSON).content.decode()


def test_a_lecture_goes_on_where_it_was_left(course: Any) -> None:
    client = signed_in("hv-1")
    assert 'data-place=""' in client.get(LESSON).content.decode()
    assert client.post(PLACE, {"place": "75"}).status_code == 204
    assert 'data-place="75"' in client.get(LESSON).content.decode()
    assert 'data-place=""' in signed_in("hv-2").get(LESSON).content.decode()


def test_places_that_come_too_often_are_dropped_and_later_ones_overwrite(course: Any) -> None:
    from django.core.cache import cache

    client = signed_in("hv-1")
    for place in ("10", "11"):
        client.post(PLACE, {"place": place})
    assert _left_at("hv-1") == [10]
    cache.clear()
    client = signed_in("hv-1")
    client.post(PLACE, {"place": "12"})
    assert _left_at("hv-1") == [12]


@pytest.mark.parametrize("told", ["", "-1", "1.5", "x", "86400", "9" * 30, "٣"])
def test_what_is_no_place_is_refused(course: Any, told: str) -> None:
    assert signed_in("hv-1").post(PLACE, {"place": told}).status_code == 400
    assert _left_at("hv-1") == []


def test_only_learners_of_the_course_leave_a_place(course: Any) -> None:
    from lophoc.accounts.models import User

    User.objects.create(username="ngoai")
    assert signed_in("ngoai").post(PLACE, {"place": "5"}).status_code == 403
    assert signed_in("gv-1").post(PLACE, {"place": "5"}).status_code == 403
    strangers = Client(headers={"X-Forwarded-Proto": "https"})
    assert strangers.post(PLACE, {"place": "5"}).status_code == 302
