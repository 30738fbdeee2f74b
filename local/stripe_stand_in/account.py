"""One Stripe account in memory: its objects by kind and id, its clock, its ids, and the events it publishes. Does not
depend on endpoints or HTTP.
"""

import copy
import random
import string
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from local.stripe_stand_in.known_cards import KnownCard
from local.stripe_stand_in.refusals import Fields, no_such

API_VERSION: Final = "2026-10-28.endive"
DEFAULT_ACCOUNT_ID: Final = "acct_1LocalStandIn"
DEFAULT_WEBHOOK_URL: Final = "http://127.0.0.1:4566/stripe/webhook"

PREFIXES: Final = {
    "customer": "cus_",
    "payment_method": "pm_",
    "payment_intent": "pi_",
    "charge": "ch_",
    "refund": "re_",
    "setup_intent": "seti_",
    "checkout.session": "cs_test_",
    "dispute": "dp_",
    "radar.early_fraud_warning": "issfr_",
    "balance_transaction": "txn_",
    "event": "evt_",
    "webhook_endpoint": "we_",
    "payment_method_configuration": "pmc_",
}
"""Each kind of object and the prefix of its ids."""

LETTERS: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Cause:
    """The request that causes an event; both fields are None if no request did."""

    request_id: str | None = None
    idempotency_key: str | None = None


def deleted_customer(customer_id: str) -> Fields:
    """Return what Stripe still shows of a deleted customer."""
    return {"id": customer_id, "object": "customer", "deleted": True}


def wall_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass
class Account:
    """The state of the account. Change it only while holding the stand-in's lock."""

    now: Callable[[], datetime]
    base_url: str
    publish: Callable[[Fields], None]
    seed: int | str | None = None
    own_id: str = DEFAULT_ACCOUNT_ID
    """The id of the Stripe account itself."""
    webhook_url: str = DEFAULT_WEBHOOK_URL
    """The address of the endpoint to which this stand-in delivers. Other endpoints only exist."""
    webhook_secret: str = ""
    changed_fields: Fields = field(default_factory=dict)
    """Fields of the account itself that differ from the usual ones."""
    listed_from: dict[str, datetime] = field(default_factory=dict)
    """The time at which an event becomes visible in lists, if not at once."""
    objects: dict[str, dict[str, Fields]] = field(default_factory=lambda: defaultdict(dict))
    cards: dict[str, KnownCard] = field(default_factory=dict)
    """The card behind each payment method."""
    deleted: set[str] = field(default_factory=set)
    """Customers that were deleted; Stripe still remembers their ids."""
    checkout_data: dict[str, Fields] = field(default_factory=dict)
    """The `payment_intent_data` of each session in payment mode, which Stripe does not show."""
    spent: set[str] = field(default_factory=set)
    """Payment methods that cannot be used again: detached, or charged without a customer."""
    set_up: set[str] = field(default_factory=set)
    """Payment methods authenticated for off-session payments."""
    bank_seconds: int = 0
    """How far the banks are ahead of the clock."""
    cause: Cause = field(default_factory=Cause)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def timestamp(self) -> int:
        """Return the current Unix time."""
        return int(self.now().timestamp())

    def new_id(self, prefix: str, length: int = 24) -> str:
        """Return an id in Stripe's format."""
        return prefix + "".join(self._random.choices(LETTERS, k=length))

    def add(self, kind: str, fields: Fields) -> Fields:
        """Store and return a new object, with the fields common to all kinds first."""
        new = {"id": self.new_id(PREFIXES[kind]), "object": kind, "created": self.timestamp(), **fields}
        self.objects[kind][new["id"]] = new
        return new

    def get(self, kind: str, object_id: str, param: str = "id", status: int = 400) -> Fields:
        """Return the object itself, not a copy.

        Raises:
            Refusal: no object of this kind has the id.
        """
        existing = self.objects[kind].get(object_id)
        if existing is None:
            raise no_such(kind, object_id, param, status)
        return existing

    def find(self, object_id: str) -> Fields | None:
        """Return the object with an id of any kind; of a deleted customer, only that it is deleted."""
        if object_id in self.deleted:
            return deleted_customer(object_id)
        for kind, prefix in PREFIXES.items():
            if object_id.startswith(prefix):
                return self.objects[kind].get(object_id)
        return None

    def newest_first(self, kind: str, **having: Any) -> Iterator[Fields]:
        """Yield the objects of a kind with the given field values."""
        for item in reversed(list(self.objects[kind].values())):
            if all(item[name] == value for name, value in having.items()):
                yield item

    def emit(self, event_type: str, subject: Fields, previous: Fields | None = None) -> None:
        """Record an event with the object's current state, and publish it. No webhook is pending for an event that no
        endpoint wants.
        """
        data: Fields = {"object": copy.deepcopy(subject)}
        if previous is not None:
            data["previous_attributes"] = copy.deepcopy(previous)
        endpoint = self._endpoint_for(event_type)
        event = self.add(
            "event",
            {
                "api_version": API_VERSION if endpoint is None else endpoint["api_version"] or API_VERSION,
                "data": data,
                "livemode": False,
                "pending_webhooks": 0 if endpoint is None else 1,
                "request": {"id": self.cause.request_id, "idempotency_key": self.cause.idempotency_key},
                "type": event_type,
            },
        )
        self.publish(event)

    def _endpoint_for(self, event_type: str) -> Fields | None:
        """Return the enabled endpoint of this stand-in that wants events of a type."""
        for endpoint in self.newest_first("webhook_endpoint", status="enabled", url=self.webhook_url):
            if event_type in endpoint["enabled_events"] or "*" in endpoint["enabled_events"]:
                return endpoint
        return None

    def change(self, subject: Fields, event_type: str, changes: Fields) -> bool:
        """Change fields of an object and emit an event with their previous values; return whether any field changed."""
        previous = {name: subject[name] for name, value in changes.items() if subject[name] != value}
        if not previous:
            return False
        subject.update(changes)
        self.emit(event_type, subject, previous)
        return True
