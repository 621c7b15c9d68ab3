"""Locust plays the Demand against the stack: the plan of a run, the run, the measurement, the report."""
