"""Lectures as browsers play them: playlists, ladders of rates, when a picture stands still, and a slow line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.generator.mobile import Bucket
from loadtests.generator.video import Segment, beginning, played, segments, suiting

PLAYLIST = """#EXTM3U
#EXT-X-TARGETDURATION:10
#EXT-X-MAP:URI="phim.mp4",BYTERANGE="1012@0"
#EXTINF:10.000000,
#EXT-X-BYTERANGE:750000@1012
phim.mp4
#EXTINF:4.5,
#EXT-X-BYTERANGE:300000@751012
phim.mp4
"""
LADDER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1200000,RESOLUTION=1280x720
cao/phim.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=640x360
thap/phim.m3u8
#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=1,BANDWIDTH=600000
vua/phim.m3u8
"""


def test_a_playlist_names_ranges_of_one_film_and_what_comes_before_them() -> None:
    assert segments(PLAYLIST, "/thu-muc/a/bai/phim.m3u8") == [
        Segment("/thu-muc/a/bai/phim.mp4", 1012, 750_000, 10.0),
        Segment("/thu-muc/a/bai/phim.mp4", 751_012, 300_000, 4.5),
    ]
    assert beginning(PLAYLIST, "/a/phim.m3u8") == Segment("/a/phim.mp4", 0, 1012, 0.0)
    assert segments("<html>" + PLAYLIST, "/") == []


@pytest.mark.parametrize(
    ("rate", "place"),
    [(0.0, "thap"), (400_000, "thap"), (749_999, "thap"), (750_000, "vua"), (1_499_999, "vua"), (2e6, "cao")],
)
def test_of_a_ladder_the_highest_rate_is_taken_that_the_line_carries_with_some_to_spare(
    rate: float, place: str
) -> None:
    assert suiting(LADDER, "/x/tong.m3u8", rate) == f"/x/{place}/phim.m3u8"


def test_a_lecture_of_one_rate_has_no_ladder() -> None:
    assert suiting(PLAYLIST, "/x/phim.m3u8", 1e6) is None


def test_a_picture_stands_still_from_the_end_of_what_came_to_the_next_segment() -> None:
    found = played(100.0, [(103.0, 10.0), (110.0, 10.0), (125.0, 10.0)], 140.0)
    assert found is not None
    assert found.start == 3.0
    # 103 to 123 plays, still to 125, plays to 135, still until the learner leaves.
    assert (found.stalls, found.stalled, found.watched) == (2, 7.0, 30.0)


def test_who_leaves_before_the_first_segment_has_seen_nothing() -> None:
    assert played(0.0, [(5.0, 10.0)], 4.0) is None
    assert played(0.0, [], 4.0) is None


@given(
    st.lists(st.tuples(st.floats(0.01, 30), st.floats(0.1, 20)), min_size=1, max_size=12),
    st.floats(0, 60),
)
def test_all_time_after_the_start_is_watched_or_stalled(gaps: list[tuple[float, float]], more: float) -> None:
    came, at = [], 10.0
    for gap, seconds in gaps:
        at += gap
        came.append((at, seconds))
    left = came[0][0] + more
    found = played(10.0, came, left)
    assert found is not None
    assert found.start + found.watched + found.stalled == pytest.approx(left - 10.0)
    assert found.watched <= sum(seconds for _, seconds in came) + 1e-9
    assert (found.stalled > 0) == (found.stalls > 0)


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 100_000)), min_size=1, max_size=30), st.floats(1e4, 1e7))
def test_a_slow_line_never_gives_more_than_its_rate_and_never_less_while_it_is_asked(
    reads: list[tuple[float, int]], rate: float
) -> None:
    bucket, now, came = Bucket(rate), 0.0, 0
    for idle, size in reads:
        now += idle
        now += bucket.wait(size, now)
        came += size
    assert came * 8 <= rate * now * (1 + 1e-9)
    assert now <= sum(idle for idle, _ in reads) + came * 8 / rate * (1 + 1e-9)
