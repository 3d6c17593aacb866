"""Enquiries, for the agency alone."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Scope, Store
from missionare.members.enquiry.domain import Enquiry, EnquiryUnknown


class Enquiries(Store[Enquiry]):
    """Every message that came by a form."""

    collection = "enquiries"
    aggregate = "enquiry"
    model = Enquiry
    unknown = EnquiryUnknown
    indexes = (Index("state", ["state", "_id"]),)

    def within(self, scope: Scope) -> Filter:
        """Show them to the agency."""
        return {} if scope.caller is None or scope.caller.has("operator") else NOTHING
