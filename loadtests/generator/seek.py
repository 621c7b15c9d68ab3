"""Where the ramp has come to the knee: objectives broken, or the generator at its own limit."""

from types import SimpleNamespace

from loadtests.generator.record import Record, p95

#: Fewest failures that count, as a share: one of a hundred may be luck, however strict the objective.
LUCK = 0.01


def broken(plan: SimpleNamespace, record: Record, at: float, lag: float) -> str | None:
    """What is broken in the last window of the run and was so a second before, so that a hiccup isn't the knee.

    :param at: seconds since the run began.
    :param lag: the p99 of the event loop's lag in the last seconds.
    """
    spans = [record.recent(moment, int(plan.window)) for moment in (at - 1, at)]
    slow = [p95(times) for _, _, times in spans]
    if all(value is not None and value > plan.allowed_p95 for value in slow):
        return f"p95 {slow[-1]:.2f} s"
    failed = [failures / max(1, requests) for requests, failures, _ in spans]
    if all(share > max(plan.allowed_failures, LUCK) for share in failed):
        return f"{failed[-1]:.1%} of the requests failed"
    return f"generator: its event loop lagged by {lag:.3f} s" if lag > plan.allowed_lag else None
