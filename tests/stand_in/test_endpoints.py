"""Events that no endpoint wants are never delivered, but are listed by time; a visible list can lag behind."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from local.stripe_stand_in.account import DEFAULT_WEBHOOK_URL
from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.refusals import Refusal
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import Clock
from tests.stand_in.test_payments import refused

UNWANTED: dict[str, Callable[[Controls], Any]] = {
    "deleted": lambda controls: controls.delete_endpoint(),
    "disabled": lambda controls: controls.change_endpoint(disabled=True),
    "subscribed to too little": lambda controls: controls.change_endpoint(enabled_events=["charge.succeeded"]),
    "another address": lambda controls: controls.change_endpoint(url="https://example.com/hook"),
}


def listed(till: Till, **params: Any) -> list[stripe.Event]:
    """The events of a list."""
    query: Any = params
    return till.client.v1.events.list(query).data


@pytest.mark.parametrize("name", UNWANTED)
def test_an_event_that_no_endpoint_wants_is_only_listed(till: Till, controls: Controls, name: str) -> None:
    till.intent(None)
    UNWANTED[name](controls)
    till.stand_in.take_events()
    till.intent(None)
    assert till.stand_in.take_events() == []
    (event, *_) = listed(till, types=["payment_intent.created"])
    assert event.pending_webhooks == 0
    assert next(found.id for found in listed(till, delivery_success=True)) == event.id
    assert listed(till, delivery_success=False) == []


def test_a_wanted_event_waits_for_its_delivery(till: Till, controls: Controls) -> None:
    controls.change_endpoint(enabled_events=["payment_intent.created"])
    till.intent(None)
    assert [event.pending_webhooks for event in listed(till, delivery_success=False)] == [1]
    assert till.event_types() == ["payment_intent.created"]
    assert listed(till, delivery_success=False) == []


@pytest.mark.parametrize("name", ["deleted", "disabled"])
def test_a_lost_endpoint_gets_no_events_that_were_waiting(till: Till, controls: Controls, name: str) -> None:
    till.intent(None)
    UNWANTED[name](controls)
    assert till.event_types() == []
    assert listed(till, delivery_success=False) == []


def test_the_endpoint_is_shown_and_can_be_created_again(till: Till, controls: Controls) -> None:
    endpoints = till.client.v1.webhook_endpoints
    (endpoint,) = endpoints.list({}).data
    assert (endpoint.url, endpoint.status, endpoint.enabled_events, endpoint.api_version) == (
        DEFAULT_WEBHOOK_URL,
        "enabled",
        ["*"],
        "2026-10-28.endive",
    )
    assert endpoints.update(endpoint.id, {"disabled": True}).status == "disabled"
    assert endpoints.delete(endpoint.id).to_dict() == {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        endpoints.retrieve(endpoint.id)
    assert (refused(caught), caught.value.param) == ("resource_missing", "webhook_endpoint")
    with pytest.raises(Refusal, match="has no webhook endpoint"):
        controls.delete_endpoint()
    made = endpoints.create({"url": DEFAULT_WEBHOOK_URL, "enabled_events": ["payment_intent.created"]})
    assert made.secret == "whsec_local_stand_in"
    till.intent(None)
    assert till.event_types() == ["payment_intent.created"]


def test_events_have_the_version_of_their_endpoint(till: Till, controls: Controls) -> None:
    controls.change_endpoint(api_version="2020-08-27")
    till.intent(None)
    (event,) = till.stand_in.take_events()
    assert event["api_version"] == "2020-08-27"
    with pytest.raises(Refusal, match="no secret"):
        controls.change_endpoint(secret="x")


def test_events_are_listed_by_time_and_type_page_by_page(till: Till, clock: Clock) -> None:
    made = []
    for _ in range(4):
        clock.forward(minutes=1)
        intent = till.intent(None)
        made.append(next(event.id for event in listed(till, limit=1)))
        till.client.v1.payment_intents.cancel(intent.id)
    now = till.stand_in.account.timestamp()
    kind = {"types": ["payment_intent.created", "charge.refunded"]}
    assert [event.id for event in listed(till, **kind)] == made[::-1]
    assert [event.id for event in listed(till, **kind, created={"gte": now - 120, "lt": now})] == made[2:0:-1]
    assert [event.id for event in listed(till, **kind, created={"gt": now - 120, "lte": now})] == made[:1:-1]
    assert [event.id for event in listed(till, **kind, ending_before=made[1], limit=1)] == [made[2]]
    assert [event.id for event in listed(till, **kind, starting_after=made[1])] == [made[0]]
    assert len(listed(till, type="payment_intent.*")) == 8
    clock.forward(days=30)
    assert listed(till) == []


def test_a_list_of_events_has_at_most_twenty_types(till: Till) -> None:
    assert listed(till, types=["charge.refunded"] * 20) == []
    with pytest.raises(stripe.InvalidRequestError, match="maximum 20") as caught:
        listed(till, types=["charge.refunded"] * 21)
    assert caught.value.param == "types"
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        listed(till, types=["charge.refunded"], type="charge.refunded")


def test_an_event_can_be_delivered_before_it_is_listed(till: Till, controls: Controls, clock: Clock) -> None:
    controls.list_late("payment_intent.created", seconds=60)
    intent = till.intent(None)
    till.client.v1.payment_intents.cancel(intent.id)
    created, canceled = till.stand_in.take_events()
    assert [event.id for event in listed(till, limit=1)] == [canceled["id"]]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.events.retrieve(created["id"])
    assert refused(caught) == "resource_missing"
    clock.forward(seconds=60)
    assert [event.id for event in listed(till, limit=2)] == [canceled["id"], created["id"]]
    assert till.client.v1.events.retrieve(created["id"]).type == "payment_intent.created"
