"""Imports, as they were answered."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.refusals import NotFound
from missionare.kit.store import NOTHING, Scope, Store
from missionare.members.intake.domain import Import


class ImportUnknown(NotFound):
    """There is no such import."""


class Imports(Store[Import]):
    """One row per import that was sent, so that sending it again is answered the same."""

    collection = "imports"
    aggregate = "import"
    model = Import
    unknown = ImportUnknown

    def within(self, scope: Scope) -> Filter:
        """Show them to operators."""
        return {} if scope.caller is None or scope.caller.has("operator") else NOTHING
