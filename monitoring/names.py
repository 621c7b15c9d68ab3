"""Every name that metrics, rules, alerts and labels go by, and the names of their files."""

from enum import StrEnum


class Metric(StrEnum):
    """Series that exporters give; the exporter of each stands before its names."""

    UP = "up"
    # taphuan-exporter (monitoring/exporter.py)
    HOST_CPU_SECONDS = "taphuan_host_cpu_seconds_total"
    HOST_CORES = "taphuan_host_cores"
    UNIT_CPU_SECONDS = "taphuan_unit_cpu_seconds_total"
    CORE_IDLE_SECONDS = "taphuan_core_idle_seconds_total"
    CORE_PIECES = "taphuan_core_pieces_total"
    CORE_PIECE_SECONDS = "taphuan_core_piece_seconds_total"
    CORE_PIECE_SQUARES = "taphuan_core_piece_squares_total"
    CORE_PIECE_NEIGHBOURS = "taphuan_core_piece_neighbours_total"
    HOST_MEMORY = "taphuan_host_memory_bytes"
    HOST_MEMORY_LIMIT = "taphuan_host_memory_limit_bytes"
    HOST_DISK = "taphuan_host_disk_bytes"
    HOST_DISK_FREE = "taphuan_host_disk_free_bytes"
    LINK_TRANSMIT = "taphuan_link_transmit_bytes_total"
    LINK_RECEIVE = "taphuan_link_receive_bytes_total"
    LINK_CAPACITY = "taphuan_link_capacity_bits"
    # lophoc
    REQUESTS = "lophoc_requests_total"
    REQUEST_SECONDS = "lophoc_request_seconds_bucket"
    WORKERS_BUSY = "lophoc_workers_busy"
    WORKERS = "lophoc_workers"
    # blackbox exporter
    PROBE_SUCCESS = "probe_success"
    PROBE_CERTIFICATE_EXPIRY = "probe_ssl_earliest_cert_expiry"
    # pgbouncer exporter
    POOL_ACTIVE = "pgbouncer_pools_server_active_connections"
    POOL_WAITING = "pgbouncer_pools_client_waiting_connections"
    POOL_SIZE = "pgbouncer_databases_pool_size"
    # postgres exporter
    DATABASE_CONNECTIONS = "pg_stat_activity_count"
    DATABASE_CONNECTIONS_LIMIT = "pg_settings_max_connections"
    # redis exporter, which knows valkey
    CACHE_KEYS = "redis_db_keys"
    # node exporter
    DISK_BUSY_SECONDS = "node_disk_io_time_seconds_total"
    FILE_SYSTEM = "node_filesystem_size_bytes"
    FILE_SYSTEM_FREE = "node_filesystem_avail_bytes"


class Record(StrEnum):
    """Series that the recording rules make: level, metric, operation."""

    SITE_UP = "site:up:min"
    SITE_REQUESTS = "site:requests:rate5m"
    SITE_ERRORS = "site:errors:share5m"
    SITE_PAGE_P95 = "site:page_seconds:p95_5m"
    CLASS_REQUESTS = "request_class:requests:rate5m"
    HOST_CPU = "host:cpu:share1m"
    HOST_MEMORY = "host:memory:share"
    HOST_DISK = "host:disk:share"
    LINK_TRANSMIT = "host:link_transmit:share1m"
    LINK_RECEIVE = "host:link_receive:share1m"
    POOL = "host:database_pool:share"


class Alert(StrEnum):
    """Every alert; its name is the file name of its page in runbooks/."""

    SITE_DOWN = "SiteDown"
    LEARNERS_SEE_ERRORS = "LearnersSeeErrors"
    PAGES_SLOW = "PagesSlow"
    HOST_CPU_EXHAUSTED = "HostCpuExhausted"
    EDGE_LINK_EXHAUSTED = "EdgeLinkExhausted"
    DATABASE_CONNECTIONS_EXHAUSTED = "DatabaseConnectionsExhausted"
    HOST_DOWN = "HostDown"
    MEMORY_SHORT = "MemoryShort"
    DISK_FILLING = "DiskFilling"
    CERTIFICATE_EXPIRING = "CertificateExpiring"


class Severity(StrEnum):
    """Whether an alert wakes a person (only what learners feel does) or waits for the morning."""

    PAGE = "page"
    TICKET = "ticket"


#: The scrape job of every blackbox probe; all other jobs carry the name of their service.
PROBE_JOB = "probe"
#: Labels that the scrape configuration puts on every series.
HOST_LABEL = "host"
ROLE_LABEL = "role"
SERVICE_LABEL = "service"


def runbook(alert: str) -> str:
    """Where the page of an alert is, from the top of the checkout."""
    return f"runbooks/{alert}.md"
