"""What tests of automatic recharge have in common: money that is spent, by hand or by calls, what became of the rule's
payments, and law 6 looked at whenever something is asked of Stripe.
"""

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
"""Caps so high that they limit nothing here."""
GOES_ON = ("active", None, None)
"""What `shown` says while nothing is amiss."""
FAILED, CANCELED = ("failed", "50.00"), ("canceled", "50.00")
"""What `recharges` says of a payment that brought nothing."""
NUMBERS = count(1)

# --- Money ------------------------------------------------------------------------------------------------------------


def usd(text: str) -> int:
    """Dollars in micro-dollars."""
    return parse_money(text)


def leave(till: Till, amount: str, account: str = ACCOUNT) -> None:
    """Have the operator bring the balance to this amount."""
    change = usd(amount) - till.world.balance(account)
    if change:
        till.world.adjust(format_money(change), f"adjustment {next(NUMBERS)}", account)


def spend(till: Till, amount: str, account: str = ACCOUNT) -> None:
    """Have the operator take so much."""
    till.world.adjust(f"-{amount}", f"adjustment {next(NUMBERS)}", account)


def a_call(till: Till, minutes: int = 2, to: str = PREMIUM, account: str = ACCOUNT) -> dict[str, Any]:
    """A call of so many minutes that ends just now; a premium one costs 0.50 and 2.00 a minute."""
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
    """One such call is charged."""
    assert till.world.deliver(a_call(till, minutes, to, account)) == []


# --- What became of it ------------------------------------------------------------------------------------------------


def automatic(till: Till, account: str = ACCOUNT) -> list[dict[str, Any]]:
    """The rule's payments, as they are stored, by attempt."""
    made = [item for item in till.top_ups(account) if item["kind"] == "automatic"]
    return sorted(made, key=lambda item: int(item["attempt"]))


def recharges(till: Till, account: str = ACCOUNT) -> list[tuple[str, str]]:
    """Status and amount of the rule's payments, by attempt."""
    return [(item["status"], format_money(item["amount_micros"])) for item in automatic(till, account)]


def image(till: Till, account: str = ACCOUNT) -> dict[str, Any]:
    """The balance as it is stored."""
    [item] = till.world.of_kind("BALANCE", account)
    return item


def threshold_watched(till: Till, account: str = ACCOUNT) -> str | None:
    """The threshold that headroom is measured from; None while no fall of the balance wakes anybody."""
    balance = image(till, account)
    below = balance["posted_micros"] - balance["headroom_micros"]
    return None if below == -UNARMED_MICROS else format_money(below)


def shown(till: Till, account: str = ACCOUNT) -> tuple[str, str | None, str | None]:
    """Status, reason and next attempt as the customer sees them, after checking that the balance says the same and
    that a reason has words.
    """
    rule = till.shown_rule(account)
    answer = till.world.get("/balance", account=account)
    assert answer.status == 200, answer.text
    told = answer.body["auto_recharge"]
    assert told == {name: rule[name] for name in told}
    assert set(told) == {"enabled", "threshold", "amount", "status", "reason", "next_attempt_at"}
    assert (rule["reason"] is None) == (rule["message"] is None)
    return rule["status"], rule["reason"], rule["next_attempt_at"]


def confirmations(till: Till) -> int:
    """How often Stripe was asked for money."""
    return len(till.world.stack.stripe.posts("/confirm"))


def fails_once(till: Till, kind: str) -> str:
    """5.00 are left of a threshold of 10.00, and the rule's card has been asked for 50.00 in vain; the card."""
    leave(till, "5.00")
    card = till.card(kind)
    till.set_rule(card)
    till.stream()
    return card


def declined_three_times(till: Till) -> str:
    """Suspended after a decline now, one an hour later and one a day after that; the card."""
    card = fails_once(till, DECLINED)
    for span in ({"hours": 1}, {"hours": 24}):
        till.sweep(**span)
        till.stream()
    assert shown(till) == ("suspended", "declined_repeatedly", None)
    return card


def becomes(till: Till, card: str, kind: str) -> None:
    """The bank of a saved card thinks otherwise of it from now on; it is still the same card."""
    known = card_with_id(kind)
    assert known is not None
    till.stand_in.account.cards[card] = known


def remove(till: Till, card: str) -> None:
    """DELETE /payment-methods/{id}."""
    assert till.world.ask("add_funds", "DELETE", f"/payment-methods/{card}").status == 204


def follow(till: Till, link: str) -> Answer:
    """What somebody is answered who presses the button of a confirmation link; they are not signed in."""
    return till.visit(link.rsplit("/", 1)[1], "POST")


def put_rule(till: Till, body: Any, **claims: Any) -> Answer:
    """PUT /auto-recharge with this body (JSON or text) by the holder of these claims."""
    return till.world.ask("change_settings", "PUT", "/auto-recharge", body, **claims)


# --- One payment ------------------------------------------------------------------------------------------------------


def below(till: Till, kind: str = VISA) -> None:
    """5.00 are left of a threshold of 10.00, and the rule is on."""
    leave(till, "5.00")
    till.set_rule(till.card(kind))


def left_halfway(till: Till) -> None:
    """The same, and whether the money was taken is not known: it was."""
    below(till)
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE)
    till.stream()
    assert recharges(till) == [("confirming", "50.00")]


def keys(till: Till, ending: str) -> list[str]:
    """The last parts of the keys under which automatic payments were asked for, in order."""
    return [str(sent.key).split(":", 1)[1] for sent in till.world.stack.stripe.posts(ending) if "tu_" in str(sent.key)]


def paid_once(till: Till) -> None:
    """One intent, asked for by one request under one key, one charge, one credit."""
    assert recharges(till) == [("succeeded", "50.00")]
    assert (till.charged(), len(till.objects("payment_intent"))) == ([5000], 1)
    assert shown(till) == ("active", None, None)
    sent = till.world.stack.stripe.posts("/v1/payment_intents")
    assert len({(request.key, tuple(request.form)) for request in sent}) == 1


# --- The stream -------------------------------------------------------------------------------------------------------


def record(till: Till, account: str = ACCOUNT) -> dict[str, Any]:
    """The stream's record of a balance that is below its threshold now."""
    made = stream_record(image(till, account))
    assert made is not None, "the filter leaves this balance out"
    return made


def bring(till: Till, *records: dict[str, Any], seconds: float = 60.0) -> list[str]:
    """Hand records to auto_recharge as one batch; the sequence numbers of those that come again."""
    return failures(till.world.stack.invoke("auto_recharge", {"Records": list(records)}, seconds))


def minutes_pass(till: Till, minutes: int, each: Callable[[], None] | None = None, *, step: int = 1) -> None:
    """Let time pass as it does in production: something happens, the stream brings it, the sweeper looks."""
    for _ in range(0, minutes, step):
        till.later(minutes=step)
        if each is not None:
            each()
        till.stream()
        till.sweep()
        till.stream()


# --- Law 6 ------------------------------------------------------------------------------------------------------------
