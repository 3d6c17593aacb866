"""Imports, as they were answered."""

from __future__ import annotations

from missionare.catalog.intake.domain import Import
from missionare.catalog.store import workshop
from missionare.kit.mongo import Filter
from missionare.kit.store import Scope, Store


class Imports(Store[Import]):
    """One row per import that was sent, so that sending it again is answered the same."""

    collection = "imports"
    aggregate = "import"
    model = Import

    def within(self, scope: Scope) -> Filter:
        """Show imports to the workshop."""
        return workshop(scope)
