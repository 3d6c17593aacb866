"""Reading the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from missionare.kit.routes import Answer, Cursor, Limit, Paged, Reader, Routes
from missionare.members.api import AUDITORS
from missionare.members.audit.views import AuditTrail

routes = Routes("members")

Name = Annotated[str | None, Query(max_length=128, pattern=r"^[A-Za-z0-9_:.-]+$")]


class AuditRow(Answer):
    """One thing that somebody did. It names fields and ids, never values."""

    id: str
    at: datetime
    actor: str
    what: str
    why: str
    objects: list[str]
    on_behalf_of: str | None
    channel: str | None
    correlation_id: str

    @classmethod
    def of(cls, row: dict[str, Any]) -> AuditRow:
        """Show a stored row."""
        return cls(
            id=row["_id"],
            at=row["at"],
            actor=row["actor"],
            what=row["what"],
            why=row.get("why", ""),
            objects=row.get("objects", []),
            on_behalf_of=row.get("on_behalf_of"),
            channel=row.get("channel"),
            correlation_id=row["correlation_id"],
        )


@routes.get("/audit", policy=AUDITORS, answers=Paged[AuditRow])
async def read_audit(
    reader: Reader, actor: Name = None, subject: Name = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[AuditRow]:
    """Read what was done in members, the newest first: by one actor (`person:<id>`), to one object (`goal:<id>`)."""
    page = await reader.store(AuditTrail).page(reader.scope, actor=actor, subject=subject, cursor=cursor, limit=limit)
    return Paged[AuditRow](items=[AuditRow.of(row) for row in page.items], next_cursor=page.next_cursor)
