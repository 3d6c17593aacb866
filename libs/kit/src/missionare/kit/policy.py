"""Policies: who may call a route. Every route names one; a process with a route that has none does not start."""

from __future__ import annotations

from dataclasses import dataclass

from missionare.kit.callers import Caller, Kind
from missionare.kit.refusals import Forbidden, Unauthenticated


@dataclass(frozen=True, slots=True)
class Policy:
    """Who is let in. Which of their objects they then see is the scope's matter, not the policy's.

    Made by the named constructors and joined with `|`: whoever one side admits is admitted.
    """

    everyone: bool = False
    any_signed_in: bool = False
    any_service: bool = False
    links: bool = False
    named_roles: frozenset[str] = frozenset()
    named_services: frozenset[str] = frozenset()

    @classmethod
    def public(cls) -> Policy:
        """Anybody, signed in or not. A token that is shown must still be valid."""
        return cls(everyone=True)

    @classmethod
    def signed_in(cls) -> Policy:
        """Every person and every API key, whatever their roles."""
        return cls(any_signed_in=True)

    @classmethod
    def roles(cls, *roles: str) -> Policy:
        """Persons and API keys that hold at least one of these roles."""
        return cls(named_roles=frozenset(roles))

    @classmethod
    def services(cls, *services: str) -> Policy:
        """The named services of the platform; without names, any of them."""
        return cls(any_service=not services, named_services=frozenset(services))

    @classmethod
    def link(cls) -> Policy:
        """Whoever holds the mailed link in the address: the token in the path is the proof."""
        return cls(links=True)

    def __or__(self, other: Policy) -> Policy:
        return Policy(
            everyone=self.everyone or other.everyone,
            any_signed_in=self.any_signed_in or other.any_signed_in,
            any_service=self.any_service or other.any_service,
            links=self.links or other.links,
            named_roles=self.named_roles | other.named_roles,
            named_services=self.named_services | other.named_services,
        )

    def __str__(self) -> str:
        """Name the policy as the committed policy table does."""
        parts = [
            *(["public"] if self.everyone else []),
            *(["signed in"] if self.any_signed_in else []),
            *([f"roles: {', '.join(sorted(self.named_roles))}"] if self.named_roles else []),
            *(["services: any"] if self.any_service else []),
            *([f"services: {', '.join(sorted(self.named_services))}"] if self.named_services else []),
            *(["link"] if self.links else []),
        ]
        return "; ".join(parts)

    def admits(self, caller: Caller) -> bool:
        """Whether this caller may call the route."""
        # A mailed link is proved by its address, so its page opens for whoever brings it; links.py checks it.
        if self.everyone or self.links:
            return True
        if caller.kind is Kind.SERVICE:
            return self.any_service or caller.id in self.named_services
        return caller.signed_in and (self.any_signed_in or caller.has(*self.named_roles))

    def check(self, caller: Caller) -> None:
        """Let the caller pass or refuse.

        Raises:
            Unauthenticated: nobody is signed in, and somebody who is might be admitted.
            Forbidden: the caller is known and not admitted.
        """
        if self.admits(caller):
            return
        raise Unauthenticated if caller.kind is Kind.VISITOR else Forbidden
