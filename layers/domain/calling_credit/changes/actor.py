"""Who changes an account: a user, a staff member, a client, the holder of a link, Stripe, or a sweep."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ActorKind(StrEnum):
    """The kinds of actors, as items and `GET /activity` name them."""

    USER = "user"
    STAFF = "staff"
    CLIENT = "client"
    LINK = "link"
    STRIPE = "stripe"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor: the subject of a user's or staff member's token, a client's id, the hash of a link, the id of an object
    at Stripe, or the name of a sweep. `address` is the IP address of the request, empty without one. `name` is how
    people know the actor (the e-mail address of a sign-in), empty if unknown.
    """

    kind: ActorKind
    id: str
    address: str = ""
    name: str = ""

    @property
    def by(self) -> str:
        """The actor in one text, as items store it: `user:1f0c…`, `client:4kq…`, `sweep:reconcile_payments`."""
        return f"{self.kind}:{self.id}"


COMMAND: Final = "command:"
"""The beginning of the client id of an operator's command; the name of the operating system's user follows."""


def command_actor(user: str, host: str) -> Actor:
    """The actor of a command that an operator runs on a machine, such as `client:command:ada`."""
    return Actor(ActorKind.CLIENT, f"{COMMAND}{user}", host)


def stripe_actor(object_id: str) -> Actor:
    """The actor of a change that follows an object at Stripe: a refund, a dispute, a payment, a card."""
    return Actor(ActorKind.STRIPE, object_id)


def sweep_actor(name: str) -> Actor:
    """The actor of a change that a function makes by itself."""
    return Actor(ActorKind.SWEEP, name)


def shown_by(by: str) -> str:
    """The stored actor as events show it: without the hash of a link."""
    kind = by.partition(":")[0]
    return kind if kind == ActorKind.LINK else by
