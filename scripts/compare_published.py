"""The planner's answers beside figures that others published: two tables in Markdown."""

from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files

import yaml

from lms_stack.course import Course
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.outlook import Outlook
from lms_stack.plan import Plan
from lms_stack.request_classes import RequestClass
from lms_stack.roles import STACK_ROLES
from lms_stack.sizing import plan, with_outlook
from lms_stack.sizing.curve import scaled
from lms_stack.units import Figure, show
from scripts.benchmark_runs import COURSE

LEARNERS = (500, 5_000, 50_000, 500_000)
GIB = 2**30

#: Takers of the published exam, requests/s of the published Open edX test, and users of the published conference.
EXAM_TAKERS, OPEN_EDX_RATE, CONFERENCE = 2_000, 110, 200


def published() -> Mapping[str, Mapping[str, str]]:
    """What was published: what, the figure, its source, why the planner's differs."""
    found: dict[str, dict[str, str]] = yaml.safe_load(
        files("lms_stack.facts").joinpath("published.yaml").read_text("utf-8")
    )
    return found


class Answers:
    """The plans of a course for several numbers of learners."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.plans = {number: self.plan(number) for number in LEARNERS}

    def plan(self, learners: int) -> Plan:
        """The plan of the course for so many learners."""
        course = scaled(self.course, learners)
        return with_outlook(course, plan(course, demand(course)))

    def document(self) -> str:
        """Both tables, and the sources."""
        return "\n".join((*self._own(), "", *self._beside(), "", *_sources()))

    def _own(self) -> Iterator[str]:
        yield "| learners | at once | requests/s | cores busy | cores planned | memory | line | slowest page, p95 |"
        yield "|---:|---:|---:|---:|---:|---:|---:|---:|"
        for number, found in self.plans.items():
            outlook = _outlook(found)
            cells = (
                f"{number:,}",
                show(found.demand.concurrent_learners.value, "learners"),
                _ends(outlook.requests),
                _ends(outlook.cores),
                f"{found.stack_cores.value:g}",
                show(_memory(found), "B"),
                str(found.bandwidth),
                _ends(outlook.page_p95),
            )
            yield f"| {' | '.join(cells)} |"

    def _beside(self) -> Iterator[str]:
        ours: dict[str, Callable[[], str]] = {
            "memory": self._users_of_memory,
            "exam": self._exam,
            "open_edx": self._open_edx,
            "conference": self._conference,
            "peak_share": self._peak_share,
        }
        yield "| what | published | the planner | why they differ |"
        yield "|---|---|---|---|"
        for key, row in published().items():
            yield f"| {row['what']} | {row['published']} [{key}] | {ours[key]()} | {row['differs'].strip()} |"

    def _users_of_memory(self) -> str:
        found = (
            f"{plan.demand.concurrent_learners.value / _memory(plan) * GIB:,.0f} (for {number:,})"
            for number, plan in self.plans.items()
        )
        return f"learners at once for each GiB of the stack: {', '.join(found)}"

    def _exam(self) -> str:
        attendance = facts().activity["exam_attendance"].interval.mid
        found = self.plan(round(EXAM_TAKERS / attendance))
        return (
            f"{_ends(_outlook(found).cores)} busy, {found.stack_cores.value:g} cores planned for "
            f"{EXAM_TAKERS:,} takers ({attendance:.0%} of the enrolled), the evening's learners on top"
        )

    def _open_edx(self) -> str:
        found = self.plans[5_000]
        cost = facts().service_demands.demands[RequestClass.LESSON_PAGE]
        busy = OPEN_EDX_RATE * sum(cost.of(role) for role in STACK_ROLES)
        page = next(each for each in _outlook(found).latencies if each.request_class is RequestClass.LESSON_PAGE)
        return f"{OPEN_EDX_RATE} lesson pages/s keep {busy:.2g} cores busy; their p50 {page.p50}, p95 {page.p95}"

    def _conference(self) -> str:
        found = self.plans[500]
        each = found.demand.egress.value / found.demand.concurrent_learners.value
        return f"no conference; a learner on the site takes {show(each, 'bit/s')} at the peak, videos and exam included"

    def _peak_share(self) -> str:
        found = self.plans[500]
        at_once = found.demand.concurrent_learners
        share = at_once.value / found.demand.learners
        likely = f" (likely {at_once.interval.mid / found.demand.learners:.0%})" if at_once.interval else ""
        return f"planned for {share:.0%}{likely} in the busiest evening, more where an exam brings them"


def _sources() -> Iterator[str]:
    for key, row in published().items():
        yield f"- [{key}] {row['source'].strip()}"


def _outlook(found: Plan) -> Outlook:
    if not found.outlook:
        raise AssertionError("a plan without an outlook")
    return found.outlook


def _ends(figure: Figure) -> str:
    return str(figure.interval or figure).partition(", likely")[0]


def _memory(found: Plan) -> float:
    return float(sum(host.memory.value for host in found.stack_hosts))


if __name__ == "__main__":
    print(Answers(read_course(COURSE)).document())
