"""The metrics of the application, by request class; metrics_server.py adds them up over its processes."""

import os

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("lophoc_requests", "Requests answered.", ["request_class", "method", "status"])
SECONDS = Histogram(
    "lophoc_request_seconds",
    "Time to answer, in seconds.",
    ["request_class"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
CPU_SECONDS = Counter(
    "lophoc_request_cpu_seconds", "CPU time of the application itself, in seconds.", ["request_class"]
)
QUERIES = Counter("lophoc_db_queries", "Queries to the database.", ["request_class"])
BUSY = Gauge("lophoc_workers_busy", "Requests at work now.", multiprocess_mode="livesum")
WORKERS = Gauge("lophoc_workers", "Requests that can be at work at once.", multiprocess_mode="livemax")
WORKERS.set(float(os.environ.get("LOPHOC_WORKERS", "1")))
