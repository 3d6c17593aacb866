"""The policy table: every endpoint of every service with whom it admits, from the very objects that enforce it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from missionare.kit.admission import ON_BEHALF_OF
from missionare.kit.idempotency import HEADER as IDEMPOTENCY_KEY
from missionare.kit.preconditions import HEADER as IF_MATCH
from missionare.kit.routes import Route
from missionare.kit.service import Service

COLUMNS = ("Service", "Method", "Path", "Operation", "Who", "On behalf", "Headers needed")


@dataclass(frozen=True, order=True)
class Row:
    """One endpoint."""

    service: str
    path: str
    method: str
    operation: str
    policy: str
    on_behalf: str
    headers: tuple[str, ...]

    @classmethod
    def of(cls, route: Route) -> Row:
        """Read a declared route."""
        return cls(
            service=route.service,
            path=route.path,
            method=route.method,
            operation=route.operation,
            policy=str(route.policy),
            on_behalf="" if route.on_behalf is None else str(route.on_behalf),
            headers=_headers(route),
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as it stands in the document."""
        headers = ", ".join(self.headers)
        return (self.service, self.method, f"`{self.path}`", self.operation, self.policy, self.on_behalf, headers)


def policy_table(services: Iterable[Service]) -> list[Row]:
    """Give one row per endpoint, in the order of service, path and method."""
    return sorted(Row.of(route) for service in services for route in service.declared_routes())


def markdown(rows: Iterable[Row]) -> str:
    """Write the table as Markdown."""
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *(row.cells for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _headers(route: Route) -> tuple[str, ...]:
    wanted = {IDEMPOTENCY_KEY: route.needs_key, IF_MATCH: route.changes, f"({ON_BEHALF_OF})": bool(route.on_behalf)}
    return tuple(name for name, needed in wanted.items() if needed)
