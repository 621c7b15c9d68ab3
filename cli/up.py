"""up: plan, prepare, provision, configure; the same again changes nothing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from cli import deployments
from cli.deployments import Standing
from cli.progress import stdout_is_terminal
from lms_stack.course import Course
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.engines import ENGINES
from lms_stack.paths import cache_root
from lms_stack.plan import Plan
from lms_stack.sizing import plan as sized
from lms_stack.topology import Topology, topology

if TYPE_CHECKING:
    from cli.app import Settings


def planned(settings: "Settings") -> tuple[Course, Plan]:
    """The course and its plan; pure but for reading the course file.

    :raises CourseFileError: the course file has faults.
    """
    course = read_course(settings.course_file).model_copy(update={"name": settings.paths.name})
    return course, sized(course, demand(course))
