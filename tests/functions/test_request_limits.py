"""Each account, address, and link has limits of its own: a flood of one refuses no other."""

from typing import Any

import pytest

from calling_credit.api.request_limits import MONEY_REQUESTS
from tests.functions.freeze_bench import FROZEN, issued, press
from tests.functions.links_bench import heading, token_of, waiting
from tests.harness.http import Answer, http_event
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
ATTACKER, VICTIM = "198.51.100.1", "203.0.113.7"


def rates(world: World, address: str) -> Answer:
    """GET /rates from an address."""
    event = http_event("public_rates", "GET", "/rates")
    event["requestContext"]["http"]["sourceIp"] = address
    event["queryStringParameters"] = {"number": "+442071838750"}
    return world.invoke("public_rates", event)


def visit(till: Till, token: str, address: str, method: str = "GET") -> Answer:
    """Open a link from an address, or press its button."""
    event = http_event("follow_links", method, f"/links/{token}")
    event["requestContext"]["http"]["sourceIp"] = address
    return till.world.invoke("follow_links", event)


def refused(answer: Answer, code: str = "too_many_requests") -> bool:
    """Whether an answer is 429 with this code and says when to come back."""
    if answer.status != 429:
        return False
    assert answer.code == code
    assert int(answer.headers["retry-after"]) >= 1
    return True


def test_price_list_answers_each_address_so_often_a_minute(world: World) -> None:
    flood = [rates(world, ATTACKER) for _ in range(130)]
    assert [refused(answer) for answer in flood] == [False] * 120 + [True] * 10
    assert rates(world, VICTIM).status == 200
    world.clock.now = world.clock.now.replace(minute=world.clock.now.minute + 1)
    assert rates(world, ATTACKER).status == 200


def test_flood_of_invalid_links_is_refused_and_leaves_a_victims_link_alone(till: Till) -> None:
    token = issued(till)
    before = till.everything()
    flood = [visit(till, f"guess{number}", ATTACKER) for number in range(40)]
    assert [answer.status for answer in flood] == [404] * 30 + [429] * 10
    assert heading(flood[-1]) == "Too many requests"
    assert int(flood[-1].headers["retry-after"]) >= 1
    assert till.everything() == before
    assert visit(till, token, VICTIM).status == 200
    answer = visit(till, token, ATTACKER, "POST")
    assert (answer.status, heading(answer)) == FROZEN, "even from the address of the flood, such as an office's"


def test_flood_of_many_links_from_many_addresses_locks_no_link_out(till: Till) -> None:
    token = issued(till)
    for number in range(300):
        visit(till, f"guess{number}", f"198.51.{number // 250}.{number % 250}", "POST")
    assert press(till, token) == FROZEN


def test_one_link_is_followed_so_often_a_minute_and_others_still_act(till: Till) -> None:
    flooded, other = issued(till, "evt_1"), issued(till, "evt_2")
    statuses = [visit(till, flooded, f"198.51.100.{number}").status for number in range(40)]
    assert statuses == [200] * 30 + [429] * 10
    assert press(till, other) == FROZEN
    till.later(minutes=1)
    assert visit(till, flooded, VICTIM).status == 200


def test_payment_link_is_limited_without_touching_the_payment(till: Till) -> None:
    token = token_of(waiting(till))
    for _ in range(30):
        visit(till, token, ATTACKER)
    before, asked = till.everything(), len(till.wire.sent)
    assert visit(till, token, VICTIM, "POST").status == 429
    assert (till.everything(), len(till.wire.sent)) == (before, asked)
    till.later(seconds=2)
    assert visit(till, token, VICTIM, "POST").status == 303


def pages(till: Till, account: str = "acct_1") -> Answer:
    """POST /payment-methods."""
    return till.world.ask("add_funds", "POST", "/payment-methods", **{"custom:account_id": account})


def test_account_asks_for_money_so_often_a_minute(till: Till) -> None:
    till.world.create_account("acct_2")
    mine, theirs = till.card(), till.card(account="acct_2")
    till.world.stack.forget()
    flood = [till.pay("25.00", "pm_unknown") for _ in range(MONEY_REQUESTS + 10)]
    assert [refused(answer) for answer in flood] == [False] * MONEY_REQUESTS + [True] * 10
    asked = len(till.wire.sent)
    assert refused(till.pay("25.00", mine))
    assert refused(pages(till))
    assert len(till.wire.sent) == asked, "Stripe is not asked"
    assert till.pay("25.00", theirs, account="acct_2").status == 201
    assert pages(till, "acct_2").status == 201
    till.later(seconds=2)
    assert till.pay("25.00", mine).status == 201
    till.check()


def test_replay_of_a_stored_payment_is_never_limited(till: Till) -> None:
    card = till.card()
    first = till.pay("25.00", card, key="the key")
    for _ in range(MONEY_REQUESTS):
        till.pay("25.00", "pm_unknown")
    assert refused(till.pay("25.00", card, key="another key"))
    replay = till.pay("25.00", card, key="the key")
    assert (replay.status, replay.body) == (201, first.body)
    assert till.charged() == [2500]


def settings(card: str, number: int = 0) -> dict[str, Any]:
    """A rule that differs with the number."""
    return {"enabled": True, "threshold": f"{10 + number}.00", "amount": "50.00", "payment_method_id": card}


def test_rule_is_changed_so_often_a_minute_and_switched_off_always(till: Till) -> None:
    till.world.create_account("acct_2")
    card, theirs = till.card(), till.card(account="acct_2")
    till.world.stack.forget()
    flood = [till.rule(**settings(card, number)) for number in range(MONEY_REQUESTS + 5)]
    assert [refused(answer) for answer in flood] == [False] * MONEY_REQUESTS + [True] * 5
    assert till.rule("acct_2", **settings(theirs)).status == 200
    stored = till.state()
    assert stored["threshold_micros"] == (10 + MONEY_REQUESTS - 1) * 1_000_000
    assert till.rule(**settings(card) | {"enabled": False}).status == 200
    assert not till.state()["enabled"]
