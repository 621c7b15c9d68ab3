"""The exporter reads what the kernel shows a guest, a machine, and a machine with cgroup v1."""

import ast
import sys
from itertools import islice
from pathlib import Path

import pytest

from lms_stack.cpu_speed import LONGEST_GAP, PART
from monitoring import exporter
from monitoring.exporter import (
    CoreTimer,
    HostCollector,
    Planned,
    cpu_seconds,
    default_interface,
    gaps,
    idle_seconds,
    link_bytes,
    memory_bytes,
    unit_cpu_seconds,
)
from monitoring.names import Metric
from playbooks.artifacts import EXPORTER

PLANNED = Planned(cores=1.5, memory=2 << 30, link=20e6, interface="")


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MACHINE = {
    "proc/stat": "cpu  100 20 30 5000 60 7 8 9 0 0\n",
    "proc/meminfo": "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  400 kB\n",
    "proc/net/route": "Iface\tDestination\tGateway\nhost0\t0A0A0A0A\t0\nhost0\t00000000\t01FC13C6\n",
    "sys/class/net/host0/statistics/tx_bytes": "2000\n",
    "sys/class/net/host0/statistics/rx_bytes": "1000\n",
}


@pytest.mark.parametrize("tree", ["sys/fs/cgroup", "sys/fs/cgroup/unified"])
def test_cpu_time_is_that_of_the_hosts_own_cgroup(tree: str, tmp_path: Path) -> None:
    root = _tree(tmp_path, MACHINE | {f"{tree}/cpu.stat": "usage_usec 2500000\nuser_usec 1\n"})
    assert cpu_seconds(root) == 2.5


def test_cpu_time_of_a_machine_without_cgroup_v2_leaves_idle_and_stolen_time_out(tmp_path: Path) -> None:
    root = _tree(tmp_path, MACHINE | {"sys/fs/cgroup/cpu.stat": "nr_periods 7\n"})
    assert cpu_seconds(root) == pytest.approx(1.65)


def test_cores_without_work_are_counted_only_where_a_host_may_use_them(tmp_path: Path) -> None:
    rows = "cpu0 1 1 1 500 60 1 1 1 0 0\ncpu1 1 1 1 9000 60 1 1 1 0 0\n"
    root = _tree(tmp_path, MACHINE | {"proc/stat": MACHINE["proc/stat"] + rows})
    assert idle_seconds([0], root) == pytest.approx(5.6)
    assert idle_seconds([0, 1], root) == pytest.approx(96.2)
    assert idle_seconds([0, 7], root) is None


@pytest.mark.parametrize("tree", ["sys/fs/cgroup", "sys/fs/cgroup/unified"])
@pytest.mark.parametrize(
    ("unit", "folder"),
    [
        ("nginx.service", "nginx.service"),
        ("postgresql@17-main.service", "system-postgresql.slice/postgresql@17-main.service"),
    ],
)
def test_cpu_time_of_a_service_is_that_of_its_own_group(tree: str, unit: str, folder: str, tmp_path: Path) -> None:
    _tree(tmp_path, {f"{tree}/system.slice/{folder}/cpu.stat": "usage_usec 1500000\nuser_usec 1\n"})
    assert unit_cpu_seconds(unit, tmp_path) == 1.5


def test_a_service_that_does_not_run_has_no_count_rather_than_nought(tmp_path: Path) -> None:
    files = MACHINE | {"sys/fs/cgroup/system.slice/nginx.service/cpu.stat": "usage_usec 1\n"}
    planned = Planned(1, 0, 0, "", units=("nginx.service", "gone.service"))
    samples = HostCollector(planned, CoreTimer(), _tree(tmp_path, files)).collect()
    told = [sample.labels for metric in samples for sample in metric.samples if "unit" in sample.labels]
    assert told == [{"unit": "nginx.service"}]


@pytest.mark.parametrize(
    ("current", "limit", "cache", "folder"),
    [
        ("memory.current", "memory.max", "inactive_file", "sys/fs/cgroup"),
        ("memory.usage_in_bytes", "memory.limit_in_bytes", "total_inactive_file", "sys/fs/cgroup/memory"),
    ],
)
def test_memory_of_a_guest_is_its_own_without_droppable_cache(
    current: str, limit: str, cache: str, folder: str, tmp_path: Path
) -> None:
    files = {f"{folder}/{current}": "900\n", f"{folder}/{limit}": "1500\n", f"{folder}/memory.stat": f"{cache} 300\n"}
    assert memory_bytes(_tree(tmp_path, MACHINE | files)) == (600, 1500)


def test_a_group_without_a_limit_may_use_the_whole_machine(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/memory.current": "900\n", "sys/fs/cgroup/memory.max": "max\n"}
    assert memory_bytes(_tree(tmp_path, MACHINE | files)) == (900, 1000 * 1024)


def test_memory_of_a_machine_is_what_is_not_available(tmp_path: Path) -> None:
    assert memory_bytes(_tree(tmp_path, MACHINE)) == (600 * 1024, 1000 * 1024)


def test_the_interface_is_that_of_the_default_route(tmp_path: Path) -> None:
    assert default_interface(_tree(tmp_path, MACHINE)) == "host0"


def test_a_link_that_is_not_there_has_no_count_rather_than_nought(tmp_path: Path) -> None:
    assert link_bytes("gone0", _tree(tmp_path, MACHINE)) is None
    names = {metric.name for metric in HostCollector(Planned(1, 0, 0, "gone0"), CoreTimer(), tmp_path).collect()}
    assert not {name for name in names if "link" in name}


def test_a_scrape_has_what_was_planned_beside_what_is_used(tmp_path: Path) -> None:
    samples = HostCollector(PLANNED, CoreTimer(), _tree(tmp_path, MACHINE)).collect()
    values = {sample.name: sample.value for metric in samples for sample in metric.samples}
    assert values["taphuan_host_cores"] == 1.5
    assert values["taphuan_host_memory_limit_bytes"] == 2 << 30
    assert values["taphuan_link_capacity_bits"] == 20e6
    assert values["taphuan_link_transmit_bytes_total"] == 2000


def test_the_speed_of_the_cores_is_the_growth_of_two_counters(tmp_path: Path) -> None:
    speed = CoreTimer()
    for _ in range(3):
        speed.time_a_part()
    samples = HostCollector(PLANNED, speed, _tree(tmp_path, MACHINE)).collect()
    values = {sample.name: sample.value for metric in samples for sample in metric.samples}
    assert values[Metric.CORE_PIECES] == pytest.approx(2 * PART)
    assert values[Metric.CORE_PIECE_SECONDS] == speed.seconds > 0
    assert values[Metric.CORE_PIECE_SQUARES] == speed.squares > 0
    assert values[Metric.CORE_PIECE_NEIGHBOURS] == speed.neighbours > 0


def test_squares_and_neighbours_tell_how_far_a_core_fluctuates_and_whether_that_lasts() -> None:
    slow_for_long, slow_by_turns = CoreTimer(), CoreTimer()
    for number in range(400):
        slow_for_long.count(0.04 if number // 100 % 2 else 0.02)
        slow_by_turns.count(0.04 if number % 2 else 0.02)
    for timer, kept in ((slow_for_long, 1), (slow_by_turns, -1)):
        mean = timer.seconds / timer.pieces
        assert timer.squares / timer.pieces - mean**2 == pytest.approx(0.01**2, rel=0.05)
        assert timer.neighbours / timer.pieces - mean**2 == pytest.approx(kept * 0.01**2, rel=0.05)


def test_gaps_between_timed_parts_are_of_every_length() -> None:
    found = sorted(islice(gaps(), 100))
    assert found == pytest.approx([(number + 0.5) / 100 * LONGEST_GAP for number in range(100)], abs=0.02)


def test_the_core_is_timed_by_and_by_while_the_exporter_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = iter([False, False, True])
    timed: list[CoreTimer] = []

    def time_a_part(speed: CoreTimer) -> None:
        timed.append(speed)

    monkeypatch.setattr(CoreTimer, "time_a_part", time_a_part)
    exporter.main(["--port=0", "--address=127.0.0.1", "--cores=1", "--time-cores"], wait=lambda _seconds: next(waits))
    assert len(timed) == 2


def test_the_exporter_needs_only_what_is_shipped_with_it_and_prometheus_client() -> None:
    tree = ast.parse(Path(exporter.__file__).read_text())
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    assert foreign == {"prometheus_client", "lms_stack"}
    ours = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "lms_stack"]
    assert {f"lms_stack/{alias.name}.py" for node in ours for alias in node.names} <= set(EXPORTER)


def test_where_nobody_asked_for_it_no_core_is_timed(tmp_path: Path) -> None:
    names = {metric.name for metric in HostCollector(PLANNED, root=_tree(tmp_path, MACHINE)).collect()}
    assert not {name for name in names if "core_piece" in name}
