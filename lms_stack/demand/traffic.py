"""Bytes: what requests send and bring, what a video segment has, what is kept, and letters."""

from collections.abc import Mapping, Sequence

from lms_stack.course import Course, Video
from lms_stack.demand.inputs import Draws
from lms_stack.facts import Facts
from lms_stack.request_classes import RequestClass
from lms_stack.units import Figure, Interval, show

#: Bytes that a request brings in: headers and cookies, and for an essay a typical document.
REQUEST_BYTES = 1_200
ESSAY_BYTES = 500_000


def egress_bits(classes: Sequence[RequestClass], segment: float, known: Facts) -> list[float]:
    """Bits on the wire to the learner for one request of each class; `segment` is the bytes of a video segment."""
    demands, overhead = known.service_demands.demands, known.sizing["protocol_overhead"].number
    sizes = {name: demands[name].bytes for name in classes} | {RequestClass.VIDEO_SEGMENT: segment}
    return [sizes[name] * 8 * overhead for name in classes]


def ingress_bits(classes: Sequence[RequestClass], known: Facts) -> list[float]:
    """Bits on the wire to the stack for one request of each class."""
    overhead = known.sizing["protocol_overhead"].number
    sizes = (ESSAY_BYTES if name == RequestClass.ESSAY_UPLOAD else REQUEST_BYTES for name in classes)
    return [size * 8 * overhead for size in sizes]


def segment_bytes(courses: Sequence[Course], watching: Sequence[Draws], known: Facts) -> Figure:
    """Bytes of one video segment, at the mean bit rate of the lectures.

    :param watching: for each course, how many watch it: by these several courses are weighed.
    """
    seconds = known.activity["video_segment"].interval.mid
    videos = [_videos(course) for course in courses]
    weights = [float(each.mean()) for each in watching]
    rates = [_mean_rate(each) for each in videos]
    rate = sum(w * r for w, r in zip(weights, rates, strict=True)) / (sum(weights) or 1.0)
    count = sum(map(len, videos))
    return Figure(
        value=rate * seconds / 8,
        unit="B",
        reason=f"mean bit rate of {count} lectures {show(rate, 'bit/s')} × {seconds:g} s / 8",
    )


def _videos(course: Course) -> list[Video]:
    return [lesson.video for lesson in course.lessons if lesson.video]


def _mean_rate(videos: Sequence[Video]) -> float:
    """Bits per second, each lecture weighing as long as it plays."""
    return sum(video.bit_rate * video.duration for video in videos) / max(1.0, sum(video.duration for video in videos))


def storage(courses: Sequence[Course], known: Facts) -> Figure:
    """Disk for lectures, essays and what comes with them."""
    lectures = sum(video.bit_rate * video.duration / 8 for course in courses for video in _videos(course))
    essays = sum(
        course.learners * ESSAY_BYTES * sum(unit.kind == "essay" for unit in course.content) for course in courses
    )
    factor = known.sizing["media_storage_factor"].number
    return Figure(
        value=(lectures + essays) * factor,
        unit="B",
        reason=f"lectures {show(lectures, 'B')} + essays {show(essays, 'B')}, × {factor:g} for growth and database",
    )


def letters(learners: int, known: Facts) -> Figure:
    """Letters per second that the site sends on a busy day, while an announcement leaves."""
    a_day, within = known.activity["letters_a_day"], known.activity["letters_time"].number
    interval: Interval = a_day.interval.scaled(learners / within, "1/s")
    return Figure(
        value=interval.high,
        unit="1/s",
        reason=f"{learners:,} learners × {a_day.high:g} letters on a busy day / {show(within, 's')} for them to leave",
        interval=interval,
    )


def by_class(
    journeys: Mapping[str, Mapping[RequestClass, float]], classes: Sequence[RequestClass]
) -> list[list[float]]:
    """Requests of each class (columns) that one arrival of each journey (rows) makes."""
    return [[requests.get(name, 0.0) for name in classes] for requests in journeys.values()]
