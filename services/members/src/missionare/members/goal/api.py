"""Goals: the owner's steps, the coach's, and the nameless wording for the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Query

from missionare.kit.mongo import Filter
from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.affiliation.store import Affiliations
from missionare.members.api import COACHES, OPERATORS, SIGNED_IN, Prose, Topics, person_of
from missionare.members.events import Occasion, Pole, Result, Topic
from missionare.members.goal import domain
from missionare.members.goal.domain import Audience, Goal, GoalState, GoalText, GoalUnknown
from missionare.members.goal.store import Goals
from missionare.members.missionary import domain as missionary_domain
from missionare.members.missionary.store import Missionaries
from missionare.members.organisation.store import Organisations
from missionare.members.person.store import People

routes = Routes("members")
internal = Routes("members", internal=True)

WHOLE = Scope.system("where the owner of a goal belongs decides what follows from it")


class AssessmentView(Answer):
    """What the owner said became of a goal."""

    occasion: Occasion
    result: Result
    reason: str
    assessed_at: datetime


class GoalView(Answer):
    """One goal. Comment, wording and assessments are between owner and coach."""

    id: str
    version: int
    person_id: str
    statement: str
    topics: tuple[Topic, ...]
    pole: Pole
    sign_of_success: str
    target_on: date
    audience: Audience
    state: GoalState
    coach_id: str | None
    journey_id: str | None
    shared: bool
    shared_wording: str | None
    comment: str | None
    due: tuple[Occasion, ...]
    assessments: tuple[AssessmentView, ...]

    @classmethod
    def of(cls, goal: Goal, scope: Scope) -> Self:
        """Show as much as the caller may see."""
        caller = scope.caller
        inside = caller is None or caller.has("coach") or caller.person_id == goal.person_id
        given = [AssessmentView.model_validate(assessment.model_dump()) for assessment in goal.assessments]
        return cls(
            id=goal.id,
            version=goal.version,
            person_id=goal.person_id,
            **goal.text.model_dump(),
            state=goal.state,
            coach_id=goal.coach_id,
            journey_id=goal.journey_id,
            shared=goal.shared_wording is not None,
            shared_wording=goal.shared_wording if inside else None,
            comment=goal.comment if inside else None,
            due=goal.due if inside else (),
            assessments=tuple(given) if inside else (),
        )


class GoalDraft(Body):
    """What somebody wants to bring home."""

    statement: Prose
    topics: Topics
    pole: Pole
    sign_of_success: Prose
    target_on: date
    audience: Audience = Audience.PERSONAL

    def text(self) -> GoalText:
        """Give it as the domain knows it."""
        return GoalText.model_validate(self.model_dump())


class Comment(Body):
    """What the coach misses."""

    comment: Prose


class Wording(Body):
    """A text without names, approved by the owner for the catalog."""

    wording: Prose


class LookBack(Body):
    """What became of the goal."""

    occasion: Occasion
    result: Result
    reason: Prose


class SharedWording(Answer):
    """What the catalog may use."""

    wording: str
    topics: tuple[Topic, ...]
    pole: Pole


async def show_goal(goal_id: str, reader: Reader) -> GoalView:
    """Show a goal to whoever just changed it, also to the agency that did so for somebody else."""
    return GoalView.of(await reader.store(Goals).get(goal_id, WHOLE), reader.scope)


@routes.post("/goals", policy=SIGNED_IN, on_behalf=OPERATORS, shows=show_goal, status=201)
async def draft_goal(body: GoalDraft, command: Command) -> Done:
    """Draft a goal, for oneself or for somebody who asked the agency to."""
    owner = await _owner(command)
    goal, facts = domain.draft(goal_id=command.new_id(), person_id=owner, text=body.text(), now=command.now)
    command.save(command.store(Goals), goal, facts)
    return command.done(goal.id)


@routes.put("/goals/{goal_id}", policy=SIGNED_IN, on_behalf=OPERATORS, shows=show_goal, changes=True)
async def edit_goal(goal_id: str, body: GoalDraft, command: Command) -> Done:
    """Change the text of a draft or of a returned goal."""
    goal = await _own(goal_id, command)
    command.save(command.store(Goals), *domain.edit(goal, text=body.text(), now=command.now))
    return command.done(goal_id)


@routes.get("/goals", policy=SIGNED_IN, answers=Paged[GoalView])
async def list_goals(
    reader: Reader,
    state: Annotated[Sequence[GoalState], Query(max_length=len(GoalState))] = (),
    mine: Annotated[bool, Query(description="one's own alone")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[GoalView]:
    """List one's own goals; coaches see all that were handed in, others those whose owners let them."""
    where: Filter = {"state": {"$in": [wanted.value for wanted in state]}} if state else {}
    if mine:
        where = {**where, "person_id": person_of(reader.caller)}
    page = await reader.store(Goals).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[GoalView].of(page, GoalView, reader.scope)


@routes.get("/goals/{goal_id}", policy=SIGNED_IN, answers=GoalView)
async def read_goal(goal_id: str, reader: Reader) -> GoalView:
    """Read one goal."""
    return GoalView.of(await reader.store(Goals).get(goal_id, reader.scope), reader.scope)


@routes.post("/goals/{goal_id}/submission", policy=SIGNED_IN, on_behalf=OPERATORS, shows=show_goal, changes=True)
async def submit_goal(goal_id: str, command: Command) -> Done:
    """Hand a goal in for the coach to agree."""
    command.save(command.store(Goals), *domain.submit(await _own(goal_id, command)))
    return command.done(goal_id)


@routes.post("/goals/{goal_id}/agreement", policy=COACHES, shows=(Goals, GoalView), changes=True)
async def agree_goal(goal_id: str, command: Command) -> Done:
    """Agree to a goal as the coach. Who belongs to an organisation is thereby on the way to be a missionary."""
    goals = command.store(Goals)
    goal = await goals.get(goal_id, command.scope)
    command.match(goal)
    place = await command.store(Affiliations).primary_of(goal.person_id, WHOLE)
    organisation_id = place.organisation_id if place else None
    command.save(goals, *domain.agree(goal, coach_id=person_of(command.caller), organisation_id=organisation_id))
    if organisation_id is not None:
        await _prepare(goal, command)
    return command.done(goal_id)


@routes.post("/goals/{goal_id}/return", policy=COACHES, shows=(Goals, GoalView), changes=True)
async def return_goal(goal_id: str, body: Comment, command: Command) -> Done:
    """Give a goal back to its owner with a comment."""
    goals = command.store(Goals)
    goal = await goals.get(goal_id, command.scope)
    command.match(goal)
    command.save(goals, *domain.give_back(goal, coach_id=person_of(command.caller), comment=body.comment))
    return command.done(goal_id)


@routes.post("/goals/{goal_id}/sharing", policy=SIGNED_IN, shows=show_goal, changes=True)
async def share_goal(goal_id: str, body: Wording, command: Command) -> Done:
    """Let the catalog use a goal in words that name nobody."""
    goal = await _own(goal_id, command)
    names = await _names_around(goal.person_id, command)
    command.save(command.store(Goals), *domain.share(goal, wording=body.wording, names=names))
    return command.done(goal_id)


@routes.post("/goals/{goal_id}/unsharing", policy=SIGNED_IN, shows=show_goal, changes=True)
async def unshare_goal(goal_id: str, command: Command) -> Done:
    """Take a goal back from the catalog."""
    command.save(command.store(Goals), *domain.unshare(await _own(goal_id, command)))
    return command.done(goal_id)


@routes.post("/goals/{goal_id}/assessments", policy=SIGNED_IN, on_behalf=OPERATORS, shows=show_goal, changes=True)
async def assess_goal(goal_id: str, body: LookBack, command: Command) -> Done:
    """Say what became of a goal."""
    goal = await _own(goal_id, command)
    assessed = domain.assess(goal, occasion=body.occasion, result=body.result, reason=body.reason, now=command.now)
    command.save(command.store(Goals), *assessed)
    return command.done(goal_id)


@internal.get("/goals/{goal_id}/wording", policy=Policy.services("catalog"), answers=SharedWording)
async def tell_wording(goal_id: str, reader: Reader) -> SharedWording:
    """Give the nameless wording of a goal, as long as its owner shares it."""
    goal = await reader.store(Goals).get(goal_id, WHOLE)
    if goal.shared_wording is None:
        raise GoalUnknown
    return SharedWording(wording=goal.shared_wording, topics=goal.text.topics, pole=goal.text.pole)


async def _owner(command: Command) -> str:
    """Give the person whose goal it is: the caller, or the one for whom the agency acts."""
    if command.on_behalf is None:
        return person_of(command.caller)
    return (await command.store(People).get(command.on_behalf.subject_id, command.scope)).id


async def _own(goal_id: str, command: Command) -> Goal:
    """Load a goal for a step that is its owner's, at the version they decided on.

    The agency, acting for the owner, reaches exactly that owner's goals, drafts included.
    """
    goals, owner = command.store(Goals), await _owner(command)
    if command.on_behalf is None:
        goal = await goals.get(goal_id, command.scope)
    else:
        found = await goals.first({"_id": goal_id, "person_id": owner}, WHOLE)
        if found is None:
            raise GoalUnknown
        goal = found
    command.match(goal)
    domain.check_owner(goal, owner)
    return goal


async def _prepare(goal: Goal, command: Command) -> None:
    missionaries = command.store(Missionaries)
    known = await missionaries.of(goal.person_id, WHOLE)
    if known is not None:
        decided = missionary_domain.prepare(known, goal_id=goal.id)
    else:
        decided = missionary_domain.nominate(missionary_id=command.new_id(), person_id=goal.person_id, goal_id=goal.id)
    command.save(missionaries, *decided)


async def _names_around(person_id: str, command: Command) -> frozenset[str]:
    """Give the names that would tell whose goal it is: the owner's, and those of their organisations."""
    person = await command.store(People).get(person_id, WHOLE)
    places = await command.store(Affiliations).open_of(person_id, WHOLE)
    found = [await command.store(Organisations).find(place.organisation_id, WHOLE) for place in places]
    houses = {organisation.contact.name for organisation in found if organisation is not None}
    return frozenset({person.contact.given_name, person.contact.family_name} | houses)
