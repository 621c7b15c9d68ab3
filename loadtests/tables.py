"""The rows of the report's tables: each figure as a person reads it, with the address where it can be asked again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lms_stack.demand import Demand
from lms_stack.edge_times import Beside, Line, beside
from lms_stack.facts import facts
from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult, Measurement, ResourceUse
from lms_stack.plan import Plan
from lms_stack.units import Figure, show
from lms_stack.verdict import Verdict
from loadtests.aside import Aside
from loadtests.attribution import Breaking, breaking_order
from loadtests.comparison import KeyFigure, compared
from loadtests.wording import both, count, reason


@dataclass(frozen=True)
class Cell:
    """A figure, and where it can be looked at (empty where nowhere)."""

    text: str
    address: str = ""


def class_rows(measured: Measurement, played: Demand, plan: Plan, aside: Aside) -> list[dict[str, Any]]:
    """Each request class during the hold; its p95 leads to what the application's own histogram says.

    Beside it stands the p95 that the plan's outlook expected, where the planned number of learners was played.
    """
    outlook = plan.outlook if measured.what_if.learners is None else None
    expected = {each.request_class: _interval(each.p95) for each in outlook.latencies} if outlook else {}
    return [
        _class_row(each, played, aside) | {"expected": expected.get(each.request_class, "–")}
        for each in measured.load.classes
    ]


def _interval(figure: Figure) -> str:
    """From its low to its high end; a unit that both have is told once."""
    known = figure.interval
    if known is None:
        return str(figure)
    low, high = show(known.low, known.unit), show(known.high, known.unit)
    number, _, unit = low.partition(" ")
    return f"{number if high.endswith(f' {unit}') else low} – {high}"


def _class_row(result: ClassResult, played: Demand, aside: Aside) -> dict[str, Any]:
    planned = played.requests.get(result.request_class)
    shown = ["–" if time is None else show(time, "s") for time in (result.p50, result.p95, result.p99, result.longest)]
    address = aside.address_of(result.request_class)
    return {
        "result": result,
        "planned": str(planned) if planned else "–",
        "times": [
            Cell(text, address if place == 1 and result.p95 is not None else "") for place, text in enumerate(shown)
        ],
    }


def breaking_rows(rows: Sequence[Breaking], aside: Aside) -> list[dict[str, Any]]:
    """The resources in the order in which they break."""
    return [
        {
            "row": row,
            "name": both(row.name),
            "share": Cell(show(row.share, "share"), aside.address(row.query)),
            "full_at": "–" if row.full_at is None else show(row.full_at, "1/s"),
            "learners": "–" if row.learners is None else count(float(f"{row.learners:.2g}")),
        }
        for row in rows
    ]


def excuse_rows(judged: Verdict, measured: Measurement, aside: Aside) -> list[tuple[str, str, str, Cell]]:
    """What stands against `fits`: the reason in Vietnamese and in English, where, and its evidence.

    That of a full resource leads to its query.
    """
    full = {(f"{use.name} exhausted", use.host): use.query for use in measured.resources}
    return [
        (
            reason(excuse.reason),
            excuse.reason,
            excuse.resource,
            Cell(excuse.evidence, aside.address(full.get((excuse.reason, excuse.evidence.partition(":")[0]), ""))),
        )
        for excuse in judged.excuses
    ]


def bottleneck_cell(judged: Verdict, measured: Measurement, aside: Aside) -> Cell | None:
    """The bottleneck's evidence, which leads to the query of its use; None where there is no bottleneck."""
    if judged.bottleneck is None:
        return None
    host, evidence = judged.bottleneck.host, judged.bottleneck.evidence
    uses = [use.query for use in measured.resources if use.host == host and evidence.startswith(f"{use.name}:")]
    return Cell(evidence, aside.address(uses[0] if uses else ""))


def first_to_break(measured: Measurement, played: Demand) -> Breaking | None:
    """The resource that is full at the lowest load; None where nothing grows with the load."""
    rows = [row for row in breaking_order(measured, played) if row.full_at is not None]
    return rows[0] if rows else None


def unit_rows(measured: Measurement, aside: Aside) -> list[tuple[str, str, Cell, str]]:
    """What each service took of the CPU, and that divided by the requests of the hold."""
    load = measured.load
    seconds = (load.hold_ended - load.hold_started).total_seconds()
    served = sum(each.completed + each.failed for each in load.classes)
    return [
        (
            use.unit,
            use.host,
            Cell(show(use.cores, "core"), aside.address_of("units")),
            show(use.cores * seconds / served, "s") if served else "–",
        )
        for use in measured.units
    ]


def edge_rows(measured: Measurement, aside: Aside) -> tuple[Beside, ...]:
    """The edge's log beside the generator, for the classes that the log knows."""
    out = next((use for use in measured.resources if use.name == "edge link out"), None)
    return tuple(row for row in beside(aside.edge, measured.load.classes, _line(out)) if row.edge)


def _line(out: ResourceUse | None) -> Line | None:
    return Line(bits=out.size, share=out.share) if out and out.size else None


def compared_rows(measured: Measurement, aside: Aside) -> tuple[KeyFigure, ...]:
    """This run beside the last, what changed first."""
    if aside.last is None:
        return ()
    order = {"worse": 0, "better": 1, "same": 2}
    return tuple(sorted(compared(measured, aside.last.measured), key=lambda row: order[row.change]))


def phase_rows(load: LoadResult) -> list[tuple[str, str, str, str, str]]:
    """Each phase: its name, how long it took, requests/s, the pages' p95, and the share that failed."""
    return [
        (
            both(each.name),
            show((each.ended - each.started).total_seconds(), "s"),
            show(each.requests_per_second, "1/s"),
            "–" if each.p95 is None else show(each.p95, "s"),
            show(each.failed_share, "share"),
        )
        for each in load.phases
    ]


def health_rows(load: LoadResult) -> list[tuple[str, str, str, str]]:
    """The signs of every generator host: host, sign, what was measured, what is allowed."""
    hosts = load.generators or (load.generator,)
    return [(host.host or "–", *sign) for host in hosts for sign in _signs(host)]


def _signs(generator: GeneratorHealth) -> Iterator[tuple[str, str, str]]:
    limits = {name: fact.number for name, fact in facts().thresholds.items()}
    started = f"{generator.started_arrivals:,} / {generator.intended_arrivals:,}"
    queue = show(generator.run_queue_share, "share")
    yield (
        "vòng lặp sự kiện trễ / event-loop lag, p99",
        show(generator.loop_lag_p99, "s"),
        f"≤ {show(limits['loop_lag_p99'], 's')}",
    )
    yield "phải chờ CPU / waiting for its CPU", queue, f"≤ {show(limits['run_queue_share'], 'share')}"
    yield "lượt đã bắt đầu / arrivals started", started, f"≥ {show(limits['achieved_share'], 'share')}"
    yield "CPU của nó / its CPU", show(generator.cpu_share, "share"), "–"
    warned = "có / yes" if generator.cpu_warning else "không / no"
    yield "Locust cảnh báo CPU / Locust's CPU warning", warned, "không / no"
    if generator.link_bits is not None:
        allowed = limits["generator_link"] * generator.link_speed if generator.link_speed else None
        speed = f"≤ {show(allowed, 'bit/s')}" if allowed else "–"
        yield "đường truyền của nó, chiều bận hơn / its line, busier way", show(generator.link_bits, "bit/s"), speed


def surroundings(measured: Measurement, plan: Plan) -> list[tuple[str, str, str]]:
    """What else could have spoiled the measurement, measured and allowed: clocks, other work, the cores' speed."""
    limits = {name: show(fact.number, fact.unit) for name, fact in facts().thresholds.items()}
    told = [
        (
            f"đồng hồ lệch / clock ahead, {each.host}",
            f"{show(each.ahead, 's')} ± {show(each.uncertainty, 's')}",
            f"≤ {limits['clock_difference']}",
        )
        for each in measured.clocks
    ]
    if machine := measured.machine:
        if machine.busy:  # of servers of one's own only the steal is known
            others = f"{show(machine.others, 'core')} / {show(machine.cores, 'core')}"
            told.append(("việc khác trên máy / other work on the machine", others, f"≤ {limits['other_load']}"))
        told.append(("bị máy ảo hóa lấy / steal", show(machine.steal, "share"), f"≤ {limits['steal']}"))
    planned = f"kế hoạch / planned {plan.core_speed}" if plan.core_speed else "–"
    told += [
        (f"tốc độ lõi CPU / speed of the cores, {each.host}", show(each.pieces, "1/s"), planned)
        for each in measured.core_speeds
    ]
    told += [
        (
            f"một phần ba đầu → cuối / first third → last third, {each.host}",
            f"{show(each.first, '1/s')} → {show(each.last, '1/s')}",
            f"≥ {limits['cores_kept']}",
        )
        for each in measured.core_speeds
        if each.first and each.last
    ]
    return told


def steadiness(load: LoadResult) -> list[tuple[str, str, str]]:
    """Whether the site stood still or got slower during the hold: sign, what was measured, what is allowed."""
    limits = {name: fact.number for name, fact in facts().thresholds.items()}
    told = []
    if still := load.stand_still:
        name = "đứng im lâu nhất / longest time without an answered page"
        told.append((name, show(still.seconds, "s"), f"< {show(limits['stand_still'], 's')}"))
    if trend := load.trend:
        name = "p95 một phần ba đầu → cuối / first third → last third"
        seen = f"{show(trend.first, 's')} → {show(trend.last, 's')} (× {trend.growth:.2g})"
        told.append((name, seen, f"< × {limits['slowing']:g}"))
    return told


def mobile_rows(measured: Measurement) -> list[tuple[str, str]]:
    """What a learner on a slow line saw, and what the edge's line carried."""
    rows: list[tuple[str, str]] = []
    if seen := measured.mobile:
        start = "–" if seen.start_p95 is None else show(seen.start_p95, "s")
        still = show(seen.stalled / seen.watched, "share") if seen.watched else "–"
        rows += [
            (f"{show(seen.bit_rate, 'bit/s')}: video bắt đầu sau, p95 / video start, p95", start),
            ("bị dừng, lần / stalls", f"{seen.stalls:,} ({still})"),
            ("bắt đầu được, không được / began, never began", f"{seen.starts:,}, {seen.failed:,}"),
        ]
    if line := measured.link_capacity:
        for name, bits in (("ra / out", line.egress), ("vào / in", line.ingress)):
            least = "≥ " if line.at_least and bits else ""
            rows.append((f"đường truyền thật / real line, {name}", f"{least}{show(bits, 'bit/s')}" if bits else "–"))
    return rows
