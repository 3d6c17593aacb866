"""Who may do what in the catalog's workshop, and what its requests have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from missionare.catalog.events import Topic
from missionare.kit.callers import Caller
from missionare.kit.refusals import Forbidden
from missionare.kit.routes import Policy

EDITORS = Policy.roles("editor")
REVIEWERS = Policy.roles("reviewer")
WORKSHOP = EDITORS | REVIEWERS | Policy.roles("operator")
"""Who may look at what is not public; deciding is for editors and reviewers."""

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200, pattern=r"^[^\r\n]*$")]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8_000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1_000)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Topics = Annotated[tuple[Topic, ...], Field(min_length=1, max_length=len(Topic))]


def person_of(caller: Caller) -> str:
    """Give the person who acts. Four eyes need two people, so a key without a person decides nothing here.

    Raises:
        Forbidden: the caller is no person and stands for none.
    """
    if caller.person_id is None:
        raise Forbidden
    return caller.person_id
