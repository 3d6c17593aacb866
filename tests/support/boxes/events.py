"""Facts of an imaginary service, for testing the mechanism without any vocabulary of the network."""

from missionare.kit.facts import Fact, Id


class BoxOpened(Fact, aggregate="box"):
    box_id: Id
    by: Id


class BoxFilled(Fact, aggregate="box"):
    box_id: Id
    items: int


class BoxShredded(Fact, aggregate="box"):
    box_id: Id
