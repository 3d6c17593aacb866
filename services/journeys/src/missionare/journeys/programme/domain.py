"""Where a reader is in the programme, as a cursor that can be read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from missionare.kit.refusals import Invalid

_BETWEEN = "~"


@dataclass(frozen=True)
class Position:
    """The journey after which the next page begins."""

    ends_at: datetime
    journey_id: str

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Read a cursor that `text` gave.

        Raises:
            Invalid: it is another list's, or none.
        """
        moment, _, journey_id = cursor.partition(_BETWEEN)
        try:
            ends_at = datetime.fromisoformat(moment)
        except ValueError:
            raise _foreign() from None
        if ends_at.tzinfo is None or not journey_id:
            raise _foreign()
        return cls(ends_at, journey_id)

    @property
    def text(self) -> str:
        """Give the cursor."""
        return f"{self.ends_at.isoformat()}{_BETWEEN}{self.journey_id}"


def _foreign() -> Invalid:
    return Invalid(
        field="cursor",
        reason_de="Der Zeiger gehört zu einer anderen Liste. Beginnen Sie ohne ihn.",
        reason_en="The cursor belongs to another list. Begin without it.",
    )
