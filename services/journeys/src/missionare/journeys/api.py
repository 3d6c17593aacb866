"""What the routes of all subjects share: who is let in, and for whom somebody acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, StringConstraints, ValidationError

from missionare.kit.callers import Caller
from missionare.kit.facts import Id
from missionare.kit.problems import InvalidInput
from missionare.kit.refusals import Forbidden
from missionare.kit.routes import Command, Policy
from missionare.kit.store import MAX_PAGE

OPERATORS: Final = Policy.roles("operator")
OVERSIGHT: Final = Policy.roles("operator", "auditor")
SIGNED_IN: Final = Policy.signed_in()
PUBLIC: Final = Policy.public()

Reference = Annotated[Id, Path()]
"""The id of something in an address."""
Named = Annotated[list[Id] | None, Query(max_length=MAX_PAGE, description="only those with these ids")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
"""A sentence for whoever asks later."""


F = TypeVar("F", bound=BaseModel)


def filled_in(model: type[F], form: Mapping[str, str]) -> F:
    """Read a form that somebody filled in on the page of a mailed link.

    Raises:
        InvalidInput: with the fields that do not fit.
    """
    try:
        return model.model_validate(form)
    except ValidationError as error:
        raise InvalidInput.of(error.errors(include_url=False, include_input=False)) from None


def person_of(caller: Caller) -> str:
    """Give the person who asks.

    Raises:
        Forbidden: it is a key that stands for an organisation.
    """
    if caller.person_id is None:
        raise Forbidden
    return caller.person_id


def acting_for(command: Command) -> str:
    """Give the person whose matter this is: the caller, or whom a member of staff acts for."""
    return command.on_behalf.subject_id if command.on_behalf else person_of(command.caller)
