"""People, found by id or by their one address."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.names import BY_NAME, NamedStore
from missionare.kit.store import NOTHING, Index, Scope
from missionare.members.person.domain import Person, PersonUnknown, Role, email_key


class People(NamedStore[Person]):
    """Everybody in the register, with the only names and addresses that the platform keeps."""

    collection = "people"
    aggregate = "person"
    model = Person
    unknown = PersonUnknown
    name_fields = (("contact", "given_name"), ("contact", "family_name"))
    indexes = (
        Index("email", ["email_key"], unique=True),
        Index("role", ["roles", "_id"], where={"roles": {"$exists": True}}),
        BY_NAME,
    )

    def within(self, scope: Scope) -> Filter:
        """Show everybody to operators and coaches, and anybody else only themselves."""
        caller = scope.caller
        if caller is None or caller.has("operator", "coach"):
            return {}
        return {"_id": caller.person_id} if caller.person_id else NOTHING

    async def at(self, email: str, scope: Scope) -> Person | None:
        """Give the person with this address, however it is capitalised."""
        return await self.first({"email_key": email_key(email)}, scope)

    async def operators(self, scope: Scope) -> int:
        """Count those who can run the agency."""
        return await self.count({"roles": Role.OPERATOR.value}, scope)
