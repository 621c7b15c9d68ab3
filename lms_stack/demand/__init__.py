"""From a Course to its Demand: arrivals of each journey at the planned peak, and what they ask of servers and link.

The peak is a percentile of a random process: the course's days and hours, exams, deadlines and live sessions give mean
arrivals at each moment that can be the busiest; uncertain inputs are drawn; counts of one minute vary around their
mean. docs/demand.md has the formulas and their sources.
"""

from lms_stack.demand.draws import DemandDraws, demand_draws
from lms_stack.demand.live import LiveStart, live_starts, read_live_starts
from lms_stack.demand.model import Demand, DemandInput, JourneyDemand
from lms_stack.demand.planned import demand, demand_together
from lms_stack.demand.slots import ExamSlots, exam_slots

__all__ = [
    "Demand",
    "DemandDraws",
    "DemandInput",
    "ExamSlots",
    "JourneyDemand",
    "LiveStart",
    "demand",
    "demand_draws",
    "demand_together",
    "exam_slots",
    "live_starts",
    "read_live_starts",
]
