"""One page and one set of tasks for each alert, fault drills, and the only door to SSH."""
