"""From a Course to its Demand: arrivals of each journey at the peak, and what they ask of servers and link.

This first model knows two peaks, the busiest evening of study and the busiest minute of an exam. The planned peak is
their envelope: for each journey the larger of the two. Both at once is more than either, so the plan errs upward.
"""

from collections import defaultdict
from collections.abc import Mapping

from lms_stack.course import Course
from lms_stack.facts import Facts, facts
from lms_stack.request_classes import RequestClass
from lms_stack.units import Figure, Frozen, Interval, show

MINUTE = 60.0


class JourneyDemand(Frozen):
    """Arrivals of one journey at the planned peak, and the requests that one arrival makes."""

    journey: str
    arrivals: Figure
    requests: dict[RequestClass, float]


class Demand(Frozen):
    """What a course asks of the stack at its planned peak.

    Every figure stands at the high end of its interval, because that is what is planned and verified.
    """

    learners: int
    concurrent_learners: Figure
    journeys: tuple[JourneyDemand, ...]
    requests: dict[RequestClass, Figure]
    segment_bytes: Figure
    egress: Figure
    ingress: Figure
    storage: Figure

    @property
    def request_rate(self) -> float:
        """All requests per second at the planned peak."""
        return sum(figure.value for figure in self.requests.values())


def demand(course: Course, known: Facts | None = None) -> Demand:
    """The planned peak of a course.

    :param known: the facts to use; those shipped with this version where it is None.
    """
    known = known or facts()
    concurrent = _concurrent(course, known)
    journeys = _journeys(course, known, concurrent)
    requests = _requests(journeys, known)
    segment = _segment_bytes(course, known)
    return Demand(
        learners=course.learners,
        concurrent_learners=_planned(
            concurrent,
            f"{course.learners:,} learners × evening concurrency {known.activity['evening_concurrency'].interval}",
        ),
        journeys=tuple(
            JourneyDemand(journey=name, arrivals=arrivals, requests=known.journeys[name].requests)
            for name, arrivals in journeys.items()
        ),
        requests=requests,
        segment_bytes=segment,
        egress=_egress(requests, segment, known),
        ingress=_ingress(requests, known),
        storage=_storage(course, known),
    )


def _planned(interval: Interval, why: str) -> Figure:
    return Figure(value=interval.high, unit=interval.unit, reason=f"{why} = {interval}", interval=interval)


def _concurrent(course: Course, known: Facts) -> Interval:
    return known.activity["evening_concurrency"].interval.scaled(course.learners, "learners")


def _journeys(course: Course, known: Facts, concurrent: Interval) -> dict[str, Figure]:
    figures = {
        name: _planned(
            concurrent.times(_visit_rate(known, count), "1/s"), _visit_reason(concurrent, known, name, count)
        )
        for name, count in known.activity["visit_mix"].mix.items()
        if _offers(course, name)
    }
    if any(lesson.video for lesson in course.lessons):
        figures["watch"] = _watch(known, concurrent)
    if course.exams:
        figures["exam"] = _exam(course, known)
    figures["gradebook"] = _gradebook(course, known)
    return figures


def _offers(course: Course, journey: str) -> bool:
    """Whether the course has what a journey is about."""
    kinds = {unit.kind for unit in course.content}
    needed = {"quiz": "quiz" in kinds, "essay": "essay" in kinds}
    forum = course.forum is not None
    return needed.get(journey, forum if journey.startswith("forum") else True)


def _visit_rate(known: Facts, per_visit: float) -> Interval:
    """Journeys per second of one learner who is on the site: shorter visits mean more of them."""
    length = known.activity["visit_length"].interval
    return Interval(low=per_visit / length.high, mid=per_visit / length.mid, high=per_visit / length.low, unit="1/s")


def _visit_reason(concurrent: Interval, known: Facts, name: str, count: float) -> str:
    length = known.activity["visit_length"].interval
    return f"learners on the site ({concurrent}) × {count:g} {name} a visit / visit length ({length})"


def _watch(known: Facts, concurrent: Interval) -> Figure:
    share = known.activity["watching_share"].interval
    seconds = (
        known.activity["video_segment"].interval.mid * known.journeys["watch"].requests[RequestClass.VIDEO_SEGMENT]
    )
    watching = concurrent.times(share, "learners")
    return _planned(
        watching.scaled(1 / seconds, "1/s"),
        f"learners on the site ({concurrent}) × watching ({share}) / {seconds:g} s of video in one watch",
    )


def _exam(course: Course, known: Facts) -> Figure:
    attendance = known.activity["exam_attendance"].interval
    minute = known.activity["exam_busiest_minute"].interval
    starts = attendance.times(minute, "1/s").scaled(course.learners / MINUTE)
    return _planned(
        starts,
        f"{course.learners:,} learners × attendance ({attendance}) × starts in the busiest minute ({minute}) / 60 s",
    )


def _gradebook(course: Course, known: Facts) -> Figure:
    active = known.activity["instructors_marking"].interval
    every = known.activity["gradebook_interval"].interval
    rate = Interval(low=1 / every.high, mid=1 / every.mid, high=1 / every.low, unit="1/s")
    return _planned(
        active.times(rate, "1/s").scaled(course.instructors),
        f"{course.instructors:,} instructors × active ({active}) / one look every ({every})",
    )


def _requests(journeys: Mapping[str, Figure], known: Facts) -> dict[RequestClass, Figure]:
    totals: dict[RequestClass, Interval] = {}
    parts: dict[RequestClass, list[str]] = defaultdict(list)
    for name, arrivals in journeys.items():
        for request_class, count in known.journeys[name].requests.items():
            share = (arrivals.interval or Interval.exact(arrivals.value, "1/s")).scaled(count)
            totals[request_class] = totals[request_class].plus(share) if request_class in totals else share
            parts[request_class].append(f"{name} {arrivals} × {count:g}")
    return {name: _planned(total, " + ".join(parts[name])) for name, total in sorted(totals.items())}


def _segment_bytes(course: Course, known: Facts) -> Figure:
    """Bytes of one video segment, at the mean bit rate of the lectures."""
    videos = [lesson.video for lesson in course.lessons if lesson.video]
    seconds = known.activity["video_segment"].interval.mid
    rate = sum(video.bit_rate * video.duration for video in videos) / max(1.0, sum(video.duration for video in videos))
    return Figure(
        value=rate * seconds / 8,
        unit="B",
        reason=f"mean bit rate of {len(videos)} lectures {show(rate, 'bit/s')} × {seconds:g} s / 8",
    )


def _egress(requests: Mapping[RequestClass, Figure], segment: Figure, known: Facts) -> Figure:
    demands = known.service_demands.demands
    sizes = {name: demands[name].bytes for name in requests} | {RequestClass.VIDEO_SEGMENT: segment.value}
    overhead = known.sizing["protocol_overhead"].number
    total = Interval.exact(0, "bit/s")
    for name, rate in requests.items():
        total = total.plus(
            (rate.interval or Interval.exact(rate.value, "1/s")).scaled(sizes[name] * 8 * overhead, "bit/s")
        )
    return _planned(total, f"requests/s × bytes of each class × 8 × protocol overhead {overhead:g}")


#: Bytes that a request brings in: headers and cookies, and for an essay a typical document.
_REQUEST_BYTES = 1_200
_ESSAY_BYTES = 500_000


def _ingress(requests: Mapping[RequestClass, Figure], known: Facts) -> Figure:
    overhead = known.sizing["protocol_overhead"].number
    total = Interval.exact(0, "bit/s")
    for name, rate in requests.items():
        size = _ESSAY_BYTES if name == RequestClass.ESSAY_UPLOAD else _REQUEST_BYTES
        total = total.plus((rate.interval or Interval.exact(rate.value, "1/s")).scaled(size * 8 * overhead, "bit/s"))
    return _planned(
        total, f"requests/s × {_REQUEST_BYTES:,} B ({_ESSAY_BYTES:,} B an essay) × 8 × overhead {overhead:g}"
    )


def _storage(course: Course, known: Facts) -> Figure:
    lectures = sum(video.bit_rate * video.duration / 8 for lesson in course.lessons if (video := lesson.video))
    essays = course.learners * _ESSAY_BYTES * sum(unit.kind == "essay" for unit in course.content)
    factor = known.sizing["media_storage_factor"].number
    return Figure(
        value=(lectures + essays) * factor,
        unit="B",
        reason=f"lectures {show(lectures, 'B')} + essays {show(essays, 'B')}, × {factor:g} for growth and database",
    )
