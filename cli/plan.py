"""plan: the whole plan, one number's chain of reasons, or a curve over numbers of learners. Touches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType

from cli.curve_view import CHART_FILES, curve_document, curve_page, save_chart, terminal_chart
from cli.known import known
from cli.plan_view import plan_document, plan_page
from cli.settings import Settings
from cli.why_view import why_page
from infra.lab.limits import stack_cores
from lms_stack.course import Course
from lms_stack.demand import LiveStart, demand_together, read_live_starts
from lms_stack.errors import ExitCode, UsageError
from lms_stack.facts import Facts
from lms_stack.plan import Plan
from lms_stack.prices import Prices, read_prices
from lms_stack.sizing import plan as sized
from lms_stack.sizing import with_outlook, within
from lms_stack.sizing.curve import CurvePoint, curve
from lms_stack.together import read_together
from lms_stack.why import Reasons

#: What `--chart` means without a file's name.
TERMINAL = "-"

#: Numbers of learners of a chart that was asked for without any: this many times the course's.
_AROUND = (0.25, 0.5, 1, 2, 4, 8)


@dataclass(frozen=True)
class Answer:
    """What is shown, as a document and for a person."""

    document: dict[str, Any]
    page: RenderableType
    exit_code: ExitCode = ExitCode.DONE


@dataclass(frozen=True)
class Asked:
    """What was asked for."""

    learners: tuple[int, ...] = ()
    chart: str | None = None
    why: str | None = None
    beside: tuple[Path, ...] = ()
    """Files of other courses on the same stack."""


@dataclass(frozen=True)
class Read:
    """What was read for a plan: the courses of one stack, their live sessions by name, the price list, the facts."""

    courses: tuple[Course, ...]
    live: dict[str, tuple[LiveStart, ...]]
    prices: Prices | None
    facts: Facts

    def planned(self) -> Plan:
        """The plan with its outlook."""
        first, *beside = self.courses
        asked = demand_together(self.courses, self.facts, live=self.live)
        return with_outlook(first, sized(first, asked, self.facts), self.facts, self.prices, beside=beside)


def planned(settings: Settings) -> tuple[Course, Plan]:
    """The course and its plan as it is built: on the lab with no more cores than this machine has.

    :raises CourseFileError: one of them has faults.
    """
    found = read(settings)
    plan = found.planned()
    return found.courses[0], within(plan, stack_cores(), found.facts) if plan.target == "lab" else plan


def read(settings: Settings, beside: Sequence[Path] = ()) -> Read:
    """The course under the deployment's name with the price list that it names, and the others on the same stack.

    :raises CourseFileError: a file has faults, or a course can't be on the stack of the first.
    :raises UsageError: another course has the deployment's name.
    """
    files = (settings.course_file, *beside)
    first, *others = read_together(files)
    courses = (first.model_copy(update={"name": settings.paths.name}), *others)
    for file, other in zip(beside, others, strict=True):
        if other.name == settings.paths.name:
            raise UsageError(f"{file} has the name of the deployment, {other.name}", hint="choose another --deployment")
    folder = settings.course_file.parent
    return Read(
        courses=courses,
        live={each.name: read_live_starts(each, file.parent) for each, file in zip(courses, files, strict=True)},
        prices=read_prices(folder / first.prices) if first.prices else None,
        facts=known(settings.paths, settings.calibration),
    )


def answer(settings: Settings, asked: Asked) -> Answer:
    """The plan, a chain of reasons, or a curve.

    :raises CourseFileError: the course file or its price list has faults.
    :raises UsageError: there is no such number, or no such kind of chart.
    """
    if asked.learners or asked.chart:
        return _curve(settings, asked)
    found = read(settings, asked.beside)
    plan = found.planned()
    if asked.why:
        return _why(Reasons(found.courses, plan, found.facts), asked.why)
    fits = not (plan.outlook and plan.outlook.excuses)
    return Answer(plan_document(plan), plan_page(plan), ExitCode.DONE if fits else ExitCode.DOES_NOT_FIT)


def _why(reasons: Reasons, key: str) -> Answer:
    chain = reasons.why(key)
    if not chain:
        near = reasons.nearest(key)
        listed = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(reasons.keys)}"
        raise UsageError(f"no number of the plan is called {key}", hint=listed)
    return Answer(chain.document(), why_page(chain))


def _curve(settings: Settings, asked: Asked) -> Answer:
    if asked.why:
        raise UsageError("--why explains one plan", hint="leave out --learners and --chart, or leave out --why")
    file = _chart_file(asked.chart)
    found = read(settings, asked.beside)
    total = sum(each.learners for each in found.courses)
    numbers = asked.learners or tuple(max(1, round(total * factor)) for factor in _AROUND)
    points = curve(found.courses, sorted(set(numbers)), found.facts, prices=found.prices, live=found.live)
    shown = [curve_page([each.name for each in found.courses], points), *_charts(points, asked.chart, file)]
    return Answer(curve_document(points), Group(*shown))


def _chart_file(chart: str | None) -> Path | None:
    if chart in {None, TERMINAL}:
        return None
    file = Path(str(chart))
    if file.suffix not in CHART_FILES:
        raise UsageError(
            f"expected a file that ends in {' or '.join(CHART_FILES)} after --chart, not {chart}",
            hint="write --chart last, or --chart=FILE.svg; --chart by itself draws in the terminal",
        )
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent} is no folder", hint="make it, or choose another place for the chart")
    return file


def _charts(points: Sequence[CurvePoint], chart: str | None, file: Path | None) -> list[RenderableType]:
    if file:
        save_chart(points, file)
        return ["", f"drawn in {file}"]
    return ["", terminal_chart(points)] if chart else []
