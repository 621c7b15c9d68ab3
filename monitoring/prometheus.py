"""The only door to Prometheus' HTTP API: typed questions, typed answers, and errors that name the cause."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from lms_stack.errors import StepFailed
from lms_stack.units import Frozen

Row = TypeVar("Row", bound=BaseModel)

#: Seconds that Prometheus gets for one answer.
TIMEOUT = 15.0


class Reading(Frozen):
    """One series and its value at one moment."""

    labels: dict[str, str]
    value: float


class Series(Frozen):
    """One series and its points, as (seconds since 1970, value)."""

    labels: dict[str, str]
    points: tuple[tuple[float, float], ...]


class FiringAlert(Frozen):
    """An alert that stands now."""

    name: str
    severity: str
    host: str
    summary: str
    runbook: str


class _Vector(BaseModel):
    metric: dict[str, str]
    value: tuple[float, float]


class _Matrix(BaseModel):
    metric: dict[str, str]
    values: tuple[tuple[float, float], ...]


class _Alert(BaseModel):
    labels: dict[str, str]
    annotations: dict[str, str]
    state: Literal["pending", "firing", "inactive"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    status: str
    error: str = ""
    data: dict[str, Any] = {}


class Prometheus:
    """A client for one Prometheus, by its address, as in Topology.url("prometheus")."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # No proxy of the environment: Prometheus is reached directly, on the deployment's own network.
        self._client = httpx.Client(base_url=self.url, timeout=TIMEOUT, trust_env=False)

    def query(self, expression: str, at: datetime | None = None) -> tuple[Reading, ...]:
        """The value of an expression at a moment (now where it is None); empty where there is no data.

        NaN and infinite values are left out: they stand for a division by nothing, which is no data either.

        :raises StepFailed: Prometheus can't be reached, or refuses the expression.
        """
        answer = self._ask("query", {"query": expression, **({"time": f"{at.timestamp():.3f}"} if at else {})})
        rows = self._rows(answer, _Vector)
        return tuple(Reading(labels=row.metric, value=row.value[1]) for row in rows if isfinite(row.value[1]))

    def query_range(self, expression: str, start: datetime, end: datetime, step: float) -> tuple[Series, ...]:
        """The values of an expression from start to end, one each `step` seconds.

        :raises StepFailed: as for query.
        """
        span = {"start": f"{start.timestamp():.3f}", "end": f"{end.timestamp():.3f}", "step": f"{step:g}"}
        rows = self._rows(self._ask("query_range", {"query": expression, **span}), _Matrix)
        return tuple(
            Series(labels=row.metric, points=tuple(point for point in row.values if isfinite(point[1]))) for row in rows
        )

    def value(self, expression: str, at: datetime | None = None) -> float | None:
        """The value of an expression that has at most one series; None where there is no data.

        :raises StepFailed: as for query, or more than one series.
        """
        rows = self.query(expression, at)
        if len(rows) > 1:
            raise StepFailed(f"Prometheus gave {len(rows)} series where one was asked for: {expression}")
        return rows[0].value if rows else None

    def by_host(self, expression: str, at: datetime | None = None) -> dict[str, float]:
        """The values of an expression by the label `host`; series without it are left out."""
        return {row.labels["host"]: row.value for row in self.query(expression, at) if "host" in row.labels}

    def firing(self) -> tuple[FiringAlert, ...]:
        """The alerts that stand now, those that page a person first.

        :raises StepFailed: as for query.
        """
        rows = [_parsed(_Alert, row) for row in self._ask("alerts", {}).get("alerts", [])]
        alerts = (_firing(row) for row in rows if row.state == "firing")
        return tuple(sorted(alerts, key=lambda alert: (alert.severity != "page", alert.name, alert.host)))

    def _rows(self, data: Mapping[str, Any], kind: type[Row]) -> list[Row]:
        return [_parsed(kind, row) for row in data.get("result", [])]

    def _ask(self, what: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        try:
            response = self._client.get(f"/api/v1/{what}", params=dict(parameters))
            answer = _Answer.model_validate_json(response.content)
        except httpx.HTTPError as error:
            raise StepFailed(
                f"Prometheus at {self.url} does not answer: {str(error) or type(error).__name__}",
                hint="is the monitor host up? `taphuan up` brings it back",
            ) from error
        except ValidationError as error:
            raise StepFailed(f"{self.url} gave HTTP {response.status_code} and no answer of Prometheus") from error
        if answer.status != "success":
            raise StepFailed(f"Prometheus at {self.url} refused {parameters.get('query', what)}: {answer.error}")
        return answer.data


def _parsed(kind: type[Row], row: object) -> Row:
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        raise StepFailed(f"Prometheus gave an answer of an unknown form: {row!r:.200}") from error


def _firing(row: _Alert) -> FiringAlert:
    return FiringAlert(
        name=row.labels.get("alertname", ""),
        severity=row.labels.get("severity", ""),
        host=row.labels.get("host", ""),
        summary=row.annotations.get("summary", ""),
        runbook=row.annotations.get("runbook", ""),
    )
