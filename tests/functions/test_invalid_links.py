"""Edited, expired, and withdrawn links are not valid, and the table stores only hashes of links."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from calling_credit.api.cursors import write_cursor
from calling_credit.links.link import Link, LinkPurpose, hash_of
from calling_credit.links.store import withdraw_links
from calling_credit.links.tokens import token_of as sign
from tests.functions.links_bench import heading, token_of, waiting
from tests.harness.actors import OPERATOR
from tests.harness.cards import CHALLENGED, DECLINED
from tests.harness.http import change_claims, http_event
from tests.harness.stripe import response
from tests.harness.till import ALWAYS, ANYTHING, CONFIRM, Till
from tests.harness.wire import Killed, Sent, Wire, refusal
from tests.harness.wire import Pass as WirePass

pytestmark = pytest.mark.dynamodb


# --- Invalid links ----------------------------------------------------------------------------------------------------


def not_valid(till: Till, token: str) -> None:
    """Check that neither opening nor following the link does anything."""
    before, asked = till.everything(), len(till.wire.sent)
    for method in ("GET", "POST"):
        answer = till.visit(token, method)
        assert (answer.status, heading(answer)) == (404, "Link not valid"), token
        assert "<form" not in answer.text
    assert till.everything() == before
    assert len(till.wire.sent) == asked


def test_an_edited_link_is_not_valid(till: Till) -> None:
    token = token_of(waiting(till))
    for edited in (token[:-1], token + "A", token.swapcase(), "A" + token[1:], "x", "A" * 3000, "%C3%A9"):
        not_valid(till, edited)


def test_a_link_is_not_valid_after_its_day(till: Till) -> None:
    shown = waiting(till)
    token = token_of(shown)
    till.later(hours=24, seconds=-1)
    assert heading(till.visit(token)) == "Confirm payment"
    till.later(seconds=1)
    not_valid(till, token)
    till.sweep(seconds=1)
    assert till.top_up(shown["id"])["status"] == "canceled"


def test_a_token_signed_for_another_purpose_is_not_a_link(till: Till) -> None:
    shown = waiting(till)
    till.later(minutes=1)
    till.paid("25.00", till.card(DECLINED))
    event = http_event("add_funds", "GET", "/top-ups", claims={"custom:account_id": "acct_1"})
    event["queryStringParameters"] = {"limit": "1"}
    not_valid(till, till.world.invoke("add_funds", event).body["next_cursor"])
    position = ["acct_1", shown["id"], "2026-11-24T12:00:00.000Z"]
    for purpose in (["link"], ["confirm_payment"], ["link", "accept_invitation"], ["acct_1", "top-ups"]):
        not_valid(till, write_cursor("test-secret", purpose, position))
    not_valid(till, write_cursor("another secret", ["link", "confirm_payment"], position))


def test_a_link_is_not_a_cursor(till: Till) -> None:
    token = token_of(waiting(till))
    event = http_event("add_funds", "GET", "/top-ups", claims={"custom:account_id": "acct_1"})
    event["queryStringParameters"] = {"cursor": token}
    answer = till.world.invoke("add_funds", event)
    assert (answer.status, answer.code) == (422, "invalid_cursor")


@pytest.mark.parametrize("position", [["acct_1", "tu_none", "2026-12-01"], ["acct_1"], [], {}, None, "x"])
def test_a_link_to_no_payment_is_not_valid(till: Till, position: Any) -> None:
    not_valid(till, write_cursor("test-secret", ["link", "confirm_payment"], position))


# --- Stripe is unavailable --------------------------------------------------------------------------------------------


def test_a_link_followed_with_a_rejected_key_says_try_later(till: Till) -> None:
    shown = waiting(till)
    token = token_of(shown)
    refusal = b'{"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}'
    till.wire.through = lambda _sent, _passed: response(401, refusal, {"Content-Type": "application/json"})
    answer = till.visit(token, "POST")
    assert (answer.status, heading(answer)) == (503, "Try again later")
    till.wire.through = None
    till.later(minutes=1)
    assert till.visit(token, "POST").status == 303


@pytest.mark.parametrize(("kind", "match"), [("dropped", ANYTHING), ("dropped", CONFIRM), ("rate_limited", CONFIRM)])
def test_a_link_followed_in_a_stripe_outage_can_be_followed_again(till: Till, kind: str, match: str) -> None:
    shown = waiting(till)
    token = token_of(shown)
    till.fault(kind, match, count=ALWAYS)
    answer = till.visit(token, "POST")
    assert (answer.status, heading(answer)) == (200, "Confirm payment")
    till.all_well()
    till.later(minutes=1)
    assert till.visit(token, "POST").status == 303
    till.challenge(shown["id"])
    till.call_all_back()
    assert till.charged() == [5000]
    till.check()


@pytest.mark.parametrize("kind", ["answer_lost", "error_500_after", "error_500", "dropped"])
def test_a_confirmation_whose_answer_was_lost_still_leads_to_the_bank(till: Till, kind: str) -> None:
    shown = waiting(till)
    token = token_of(shown)
    till.fault(kind, CONFIRM)
    till.visit(token, "POST")
    till.later(minutes=1)
    assert till.visit(token, "POST").status == 303
    till.challenge(shown["id"])
    till.call_all_back()
    assert till.charged() == [5000]
    assert len(till.objects("payment_intent")) == 1
    till.check()


# --- The stored link --------------------------------------------------------------------------------------------------


def test_the_table_stores_only_the_hash_of_a_link(till: Till) -> None:
    token = token_of(waiting(till))
    [kept] = till.world.of_kind("LINK")
    assert kept["SK"] == f"LINK#{hash_of(token)}"
    assert kept["expires_at"] == int(datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp())
    assert token not in json.dumps(till.everything(), default=str)


def test_a_correctly_signed_link_that_was_never_issued_is_not_valid(till: Till) -> None:
    till.set_rule(till.card(CHALLENGED))
    till.stream()
    [item] = till.top_ups()
    never_seen = Link(LinkPurpose.CONFIRM_PAYMENT, "acct_1", item["topup_id"], "2026-11-24T12:00:00.000Z")
    not_valid(till, sign("test-secret", never_seen))
    assert token_of(till.top_up(item["topup_id"])) == sign("test-secret", never_seen)
    assert heading(till.visit(sign("test-secret", never_seen))) == "Confirm payment"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fails", [Killed, ReadTimeoutError(endpoint_url="https://dynamodb.test/")], ids=str)
def test_a_link_with_an_unstored_hash_is_hidden_and_later_the_same(
    till: Till, wire: Wire, moment: str, fails: Any
) -> None:
    till.set_rule(till.card(CHALLENGED))
    till.stream()
    [item] = till.top_ups()
    hit: list[str] = []

    def fail(sent: Sent, passed: WirePass) -> Any:
        if "LINK#" not in str(sent.body.get("Item")):
            return passed()
        hit.append(sent.operation)
        if moment == "after":
            passed()
        raise fails

    event = http_event("add_funds", "GET", f"/top-ups/{item['topup_id']}", claims={"custom:account_id": "acct_1"})
    with wire.interfering(fail):
        try:
            assert till.world.invoke("add_funds", event).status == 503
        except Killed:
            wire.dead = False
    assert hit
    token = token_of(till.top_up(item["topup_id"]))
    assert len(till.world.of_kind("LINK")) == 1
    assert heading(till.visit(token)) == "Confirm payment"


def test_showing_a_withdrawn_link_again_does_not_reactivate_it(till: Till) -> None:
    shown = waiting(till)
    client, name, now = till.world.stack.dynamodb, till.world.stack.table_name, till.world.clock.now
    assert withdraw_links(client, name, "acct_1", OPERATOR, now) == 1
    assert withdraw_links(client, name, "acct_1", OPERATOR, now) == 0
    assert withdraw_links(client, name, "acct_2", OPERATOR, now) == 0
    not_valid(till, token_of(till.top_up(shown["id"])))


def test_members_receive_no_link_and_none_is_stored_for_them(till: Till) -> None:
    till.set_rule(till.card(CHALLENGED))
    till.stream()
    [item] = till.top_ups()
    event = http_event("add_funds", "GET", f"/top-ups/{item['topup_id']}")
    change_claims(event, {"cognito:groups": ["member"], "custom:account_id": "acct_1"})
    answer = till.world.invoke("add_funds", event)
    assert (answer.status, "next_action_url" in answer.body) == (200, False)
    assert till.world.of_kind("LINK") == []


def test_a_link_followed_without_the_table_says_try_later(till: Till, wire: Wire) -> None:
    token = token_of(waiting(till))

    def throttled(sent: Sent, passed: WirePass) -> Any:
        return refusal(400, "ThrottlingException")

    with wire.interfering(throttled):
        for method in ("GET", "POST"):
            answer = till.visit(token, method)
            assert (answer.status, heading(answer)) == (503, "Try again later")
    assert heading(till.visit(token)) == "Confirm payment"
