"""Lists what happened at Stripe, whether or not Stripe tried to deliver it: events by their creation, and after a long
gap refunds, disputes, and warnings.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import stripe

from calling_credit.payments.card_changes import CARD_RENEWED
from calling_credit.payments.stripe_client import is_missing, public_error
from calling_credit.payments.webhook_events import PAYMENT_EVENTS, SWEPT_EVENTS
from calling_credit.payments.webhook_signature import UNREADABLE, StripeEvent, parse_event

PAGE_SIZE: Final = 100
"""Stripe's maximum."""


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event with its creation (Unix time) and, for our intents, the top-up that its metadata names."""

    event: StripeEvent
    created: int
    account_id: str = ""
    topup_id: str = ""

    @property
    def is_payment(self) -> bool:
        """Whether the event is about an intent."""
        return self.event.kind in PAYMENT_EVENTS

    @property
    def group(self) -> str:
        """Events of one group are about one object and are handled together, because its current state decides. All
        refunds of a payment are one group, and each number that a card had is its own. An unreadable event is alone.
        """
        family, about = self.event.kind, self.event.object_id or self.event.event_id
        if self.is_payment:
            family = "payment_intent"
        elif family.startswith("charge.dispute."):
            family = "charge.dispute"
        elif family.startswith("radar.early_fraud_warning."):
            family = "radar.early_fraud_warning"
        elif family.startswith(("charge.refund", "refund.")):
            family, about = "refund", self.event.intent_id or about
        elif family in CARD_RENEWED and self.event.previous_fingerprint:
            about = f"{about}#{self.event.previous_fingerprint}"
        return f"{family}#{about}"


@dataclass(frozen=True, slots=True)
class EventPage:
    """The newest events of a period, newest first, and all of it on request."""

    events: list[ListedEvent]
    has_more: bool
    read_all: Callable[[], Iterator[ListedEvent]]


def list_events(client: stripe.StripeClient, since: int, until: int | None) -> EventPage:
    """List the events of our types that were created from `since` (inclusive) to `until` (exclusive), in one request.

    Raises:
        Unavailable: payments_unavailable, stripe_refuses_us.
    """
    created = {"gte": since} | ({} if until is None else {"lt": until})
    params: Any = {"created": created, "types": sorted(SWEPT_EVENTS), "limit": PAGE_SIZE}
    try:
        page = client.v1.events.list(params)
    except stripe.StripeError as error:
        raise public_error(error) from error

    def read_all() -> Iterator[ListedEvent]:
        try:
            for event in page.auto_paging_iter():
                yield _listed(event.to_dict())
        except stripe.StripeError as error:
            raise public_error(error) from error

    return EventPage([_listed(event.to_dict()) for event in page.data], page.has_more, read_all)


def _listed(event: dict[str, Any]) -> ListedEvent:
    parsed = _parse(event)
    metadata = (event["data"]["object"].get("metadata") or {}) if parsed.object_id else {}
    names = str(metadata.get("account_id") or ""), str(metadata.get("topup_id") or "")
    return ListedEvent(parsed, int(event["created"]), *names)


def _parse(event: dict[str, Any]) -> StripeEvent:
    """The event; one that cannot be read names no object, so that it stops only itself."""
    try:
        return parse_event(event)
    except UNREADABLE:
        return StripeEvent(str(event["id"]), str(event["type"]), "", "")


COMPARED: Final = (
    ("disputes", "charge.dispute.created"),
    ("early_fraud_warnings", "radar.early_fraud_warning.created"),
    ("refunds", "refund.updated"),
)
"""The lists that replace events that are gone, and the event that each object stands for."""


def list_objects(
    client: stripe.StripeClient, list_number: int, since: int, after: str
) -> tuple[list[StripeEvent], bool]:
    """List a page of one of the compared lists, as events named like their objects, and return whether there are more.
    If Stripe no longer knows the object after which the page begins, the list begins again.

    Raises:
        Unavailable: payments_unavailable, stripe_refuses_us.
    """
    name, kind = COMPARED[list_number]
    params: Any = {"created": {"gte": since}, "limit": PAGE_SIZE} | ({"starting_after": after} if after else {})
    service: Any = client.v1.radar.early_fraud_warnings if "fraud" in name else getattr(client.v1, name)
    try:
        page = service.list(params)
    except stripe.StripeError as error:
        if after and is_missing(error):
            return list_objects(client, list_number, since, "")
        raise public_error(error) from error
    objects = [found.to_dict() for found in page.data]
    events = [_parse({"id": found["id"], "type": kind, "data": {"object": found}}) for found in objects]
    return events, bool(page.has_more)
