"""Read models: documents kept from facts for reading, which can be built anew beside the ones that serve.

    threads = ReadModel("journeys.threads", views=(ThreadNodes, ThreadEdges))

    @threads.on(GoalAgreed)
    async def on_goal_agreed(fact: GoalAgreed, projection: Projection) -> None: ...

A handler gets a Projection, which can write the model's own documents and nothing else: no facts, no timers, no
requests. That is why a read model may be built again and a consumer with effects outside of it may not: by type.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from missionare.kit.handlers import Handle, Handler, Handlers, Received
from missionare.kit.projection import Projection
from missionare.kit.store import View
from missionare.kit.work import Work

R = TypeVar("R", bound=Received)
Project = Callable[[R, Projection], Awaitable[None]]

FIRST = 1


class ReadModel(Handlers):
    """The dispatch table of one generation of a read model, and the views it keeps.

    Its consumer's name is that of the model and the generation's number, such as `journeys.threads@2`.
    """

    def __init__(self, name: str, *, views: Sequence[type[View]], number: int = FIRST) -> None:
        """Begin an empty table. Name and views are those of every generation."""
        super().__init__(consumer=f"{name}@{number}")
        self.name = name
        self.views = tuple(views)
        self.number = number

    def on(self, model: type[R], *, together: bool = True, purging: bool = False) -> Callable[[Project[R]], Project[R]]:  # type: ignore[override]
        # The override is narrower on purpose: a function that wants a whole Work does not fit.
        """Register a function for a fact. Plain writes may share a transaction, and do unless told otherwise."""

        def register(project: Project[R]) -> Project[R]:
            if model.name in self.table:
                msg = f"{self.consumer} handles {model.name} twice"
                raise ValueError(msg)
            self.table[model.name] = Handler(model, cast("Handle[Any]", project), together, purging)
            return project

        return register

    def given(self, work: Work) -> Projection:
        """Give what a function of this table gets with its fact."""
        return Projection({view.collection: place for view, place in self.places.items()}, work)

    def generation(self, number: int) -> ReadModel:
        """Give this model as another of its generations."""
        other = ReadModel(self.name, views=self.views, number=number)
        other.table = self.table
        return other

    def place(self, collection: str) -> str:
        """Name the collection in which this generation keeps a view's documents."""
        return collection if self.number == FIRST else f"{collection}@{self.number}"

    @property
    def places(self) -> dict[type[View], str]:
        """Where each view's documents of this generation are."""
        return {view: self.place(view.collection) for view in self.views}
