"""What every request passes: its class, its cost, and the content security policy."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from lophoc.operations import metrics
from lophoc.operations.request_class import ATTRIBUTE, HEADER

GetResponse = Callable[[HttpRequest], HttpResponse]


class _QueryCount:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


class RequestClassMiddleware:
    """Measure each request and tell its class to metrics and to the edge."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; counted also where it fails."""
        began, cpu, queries = time.perf_counter(), time.thread_time(), _QueryCount()
        metrics.BUSY.inc()
        try:
            with connection.execute_wrapper(queries):
                response = self.get_response(request)
        finally:
            metrics.BUSY.dec()
        name = getattr(request, ATTRIBUTE, "other")
        response.headers[HEADER] = name
        metrics.REQUESTS.labels(name, request.method, response.status_code).inc()
        metrics.SECONDS.labels(name).observe(time.perf_counter() - began)
        metrics.CPU_SECONDS.labels(name).inc(time.thread_time() - cpu)
        metrics.QUERIES.labels(name).inc(queries.count)
        return response


def content_security_policy(get_response: GetResponse) -> GetResponse:
    """Allow nothing that is not the site's own; no inline script or style."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        return response

    return middleware
