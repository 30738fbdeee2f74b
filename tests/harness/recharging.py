"""Steps for tests of automatic recharge: spending by calls, and the payments of the rule."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from calling_credit.instants import format_instant
from calling_credit.ledger.entries import UNARMED_MICROS
from calling_credit.money import format_money, parse_money
from local.stripe_stand_in.known_cards import card_with_id
from tests.harness.cards import DECLINED, VISA
from tests.harness.http import Answer
from tests.harness.queue import failures
from tests.harness.stream import stream_record
from tests.harness.till import ACCOUNT, CONFIRM, RETRIEVE, Till
from tests.harness.world import PREMIUM

LIFTED: dict[str, Any] = {"hourly_count": 20, "daily_limit": "10000.00", "monthly_limit": "10000.00"}
"""Caps that no test reaches."""
GOES_ON = ("active", None, None)
"""The result of `shown` in the normal state."""
FAILED, CANCELED = ("failed", "50.00"), ("canceled", "50.00")
"""An item of `recharges` for a payment without money."""
NUMBERS = count(1)

# --- Money ------------------------------------------------------------------------------------------------------------


def usd(text: str) -> int:
    """Dollars in micro-dollars."""
    return parse_money(text)


CALL_PRICE = parse_money("2.50")
"""The price of a premium call of one minute."""


def leave(till: Till, amount: str, account: str = ACCOUNT) -> None:
    """Let the balance come to this amount: by a grant of the operator, or by a call if it falls."""
    change = usd(amount) - till.world.balance(account)
    if change < 0:
        grant(till, change + CALL_PRICE, account)
        talk(till, 1, account=account)
    else:
        grant(till, change, account)
    assert till.world.balance(account) == usd(amount)


def grant(till: Till, micros: int, account: str = ACCOUNT) -> None:
    """Have the operator adjust the balance by this amount of micro-dollars, if it is not 0."""
    if micros:
        till.world.adjust(format_money(micros), f"adjustment {next(NUMBERS)}", account)


def spend(till: Till, amount: str, account: str = ACCOUNT) -> None:
    """Let a call cost this amount."""
    grant(till, CALL_PRICE - usd(amount), account)
    talk(till, 1, account=account)


def a_call(till: Till, minutes: int = 2, to: str = PREMIUM, account: str = ACCOUNT) -> dict[str, Any]:
    """An event of a call of this duration that ends now; a premium call costs 0.50 and 2.00 a minute."""
    now, seconds = till.world.clock.now, 60 * minutes
    started_at = format_instant(now - timedelta(seconds=seconds))
    return {
        "call_id": f"c_{next(NUMBERS)}",
        "account_id": account,
        "to": to,
        "started_at": started_at,
        "answered_at": started_at,
        "ended_at": format_instant(now),
        "duration_seconds": seconds,
    }


def talk(till: Till, minutes: int = 2, to: str = PREMIUM, account: str = ACCOUNT) -> None:
    """Charge one such call."""
    assert till.world.deliver(a_call(till, minutes, to, account)) == []


# --- Results ----------------------------------------------------------------------------------------------------------


def automatic(till: Till, account: str = ACCOUNT) -> list[dict[str, Any]]:
    """The stored payments of the rule, by attempt."""
    payments = [item for item in till.top_ups(account) if item["kind"] == "automatic"]
    return sorted(payments, key=lambda item: int(item["attempt"]))


def recharges(till: Till, account: str = ACCOUNT) -> list[tuple[str, str]]:
    """Status and amount of the rule's payments by attempt."""
    return [(item["status"], format_money(item["amount_micros"])) for item in automatic(till, account)]


def image(till: Till, account: str = ACCOUNT) -> dict[str, Any]:
    """The stored balance."""
    [item] = till.world.of_kind("BALANCE", account)
    return item


def threshold_watched(till: Till, account: str = ACCOUNT) -> str | None:
    """The armed threshold; None while the rule is not armed."""
    balance = image(till, account)
    below = balance["posted_micros"] - balance["headroom_micros"]
    return None if below == -UNARMED_MICROS else format_money(below)


def shown(till: Till, account: str = ACCOUNT) -> tuple[str, str | None, str | None]:
    """Status, reason, and next attempt as shown to the customer, after checking that the balance view agrees and that a
    reason has a message.
    """
    rule = till.shown_rule(account)
    answer = till.world.get("/balance", account=account)
    assert answer.status == 200, answer.text
    view = answer.body["auto_recharge"]
    assert view == {name: rule[name] for name in view}
    assert set(view) == {"enabled", "threshold", "amount", "status", "reason", "next_attempt_at"}
    assert (rule["reason"] is None) == (rule["message"] is None)
    return rule["status"], rule["reason"], rule["next_attempt_at"]


def confirmations(till: Till) -> int:
    """The number of confirmations sent to Stripe."""
    return len(till.world.stack.stripe.posts("/confirm"))


def fails_once(till: Till, kind: str) -> str:
    """Leave 5.00 under a threshold of 10.00 and let one recharge of 50.00 fail; return the card."""
    leave(till, "5.00")
    card = till.card(kind)
    till.set_rule(card)
    till.stream()
    return card


def declined_three_times(till: Till) -> str:
    """Suspend the rule by a decline now, an hour later, and a day after that; return the card."""
    card = fails_once(till, DECLINED)
    for span in ({"hours": 1}, {"hours": 24}):
        till.sweep(**span)
        till.stream()
    assert shown(till) == ("suspended", "declined_repeatedly", None)
    return card


def becomes(till: Till, card: str, kind: str) -> None:
    """Give a saved card the behavior of another kind of card."""
    behavior = card_with_id(kind)
    assert behavior is not None
    till.stand_in.account.cards[card] = behavior


def remove(till: Till, card: str) -> None:
    """DELETE /payment-methods/{id}."""
    assert till.world.ask("add_funds", "DELETE", f"/payment-methods/{card}").status == 204


def follow(till: Till, link: str) -> Answer:
    """The answer to a press of the button behind a confirmation link, without a sign-in."""
    return till.visit(link.rsplit("/", 1)[1], "POST")


def patch_rule(till: Till, **body: Any) -> Answer:
    """PATCH /auto-recharge."""
    return till.world.ask("change_settings", "PATCH", "/auto-recharge", body)


def charges_now(till: Till, **body: Any) -> Any:
    """The charge that saving these settings would cause now."""
    answer = till.world.ask("change_settings", "POST", "/auto-recharge/simulate", body)
    assert answer.status == 200, answer.text
    return answer.body["charges_now"]


def put_rule(till: Till, body: Any, **claims: Any) -> Answer:
    """PUT /auto-recharge with this body (JSON or text) and these claims."""
    return till.world.ask("change_settings", "PUT", "/auto-recharge", body, **claims)


# --- One payment ------------------------------------------------------------------------------------------------------


def below(till: Till, kind: str = VISA) -> None:
    """Leave 5.00 under a threshold of 10.00 and switch the rule on."""
    leave(till, "5.00")
    till.set_rule(till.card(kind))


def left_halfway(till: Till) -> None:
    """The same, with a payment whose successful confirmation got no answer."""
    below(till)
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE)
    till.stream()
    assert recharges(till) == [("confirming", "50.00")]


def keys(till: Till, ending: str) -> list[str]:
    """The last parts of the idempotency keys of automatic payments, in order."""
    return [str(sent.key).split(":", 1)[1] for sent in till.world.stack.stripe.posts(ending) if "tu_" in str(sent.key)]


def paid_once(till: Till) -> None:
    """Assert one intent from one request under one key, one charge, and one credit."""
    assert recharges(till) == [("succeeded", "50.00")]
    assert (till.charged(), len(till.objects("payment_intent"))) == ([5000], 1)
    assert shown(till) == ("active", None, None)
    sent = till.world.stack.stripe.posts("/v1/payment_intents")
    assert len({(request.key, tuple(request.form)) for request in sent}) == 1


# --- The stream -------------------------------------------------------------------------------------------------------


def record(till: Till, account: str = ACCOUNT) -> dict[str, Any]:
    """The stream record of a balance below its threshold."""
    result = stream_record(image(till, account))
    assert result is not None, "the filter drops this balance"
    return result


def bring(till: Till, *records: dict[str, Any], seconds: float = 60.0) -> list[str]:
    """Pass records to auto_recharge as one batch; return the sequence numbers of the failed ones."""
    return failures(till.world.stack.invoke("auto_recharge", {"Records": list(records)}, seconds))


def minutes_pass(till: Till, minutes: int, each: Callable[[], None] | None = None, *, step: int = 1) -> None:
    """Advance time as in production: call `each`, deliver the stream, and run the sweeper."""
    for _ in range(0, minutes, step):
        till.later(minutes=step)
        if each is not None:
            each()
        till.stream()
        till.sweep()
        till.stream()
