"""From a Demand to a Plan, and over 1,000 draws of what may come to its Outlook: what is likely, and what else fits."""

from lms_stack.sizing.outlook import with_outlook
from lms_stack.sizing.rules import cpu_need, plan
from lms_stack.sizing.small_machine import within

__all__ = ["cpu_need", "plan", "with_outlook", "within"]
