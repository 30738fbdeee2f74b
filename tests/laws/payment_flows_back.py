"""The flows in which money goes back, cards change at Stripe, and accounts freeze, repeated with each fault."""

import hashlib
from collections.abc import Iterator

from tests.harness.cards import CHALLENGED, VISA
from tests.harness.till import ACCOUNT
from tests.laws.payment_bench import Flow, PaymentBench
from tests.laws.payment_flows import at_stripe, pay, save, save_and_rule

FIFTY = 50_000_000
ONE_PAID = {"succeeded": 1}


def recharge(bench: PaymentBench) -> None:
    """A credited recharge of 50.00 with all callbacks delivered."""
    save_and_rule(bench, VISA)
    bench.stream()
    bench.call_back()


def dispute(bench: PaymentBench) -> None:
    """The cardholder disputes the payment."""
    [charge] = bench.till.objects("charge")
    bench.till.controls.dispute(charge["id"])


def warn(bench: PaymentBench) -> None:
    """The issuer warns of fraud with the payment."""
    [charge] = bench.till.objects("charge")
    bench.till.controls.warn(charge["id"])


def refund(bench: PaymentBench) -> None:
    """The operator refunds the payment at Stripe."""
    [charge] = bench.till.objects("charge")
    at_stripe(bench, "/v1/refunds", charge=charge["id"])


def lose_customer(bench: PaymentBench) -> None:
    """A customer with a card that someone deleted at Stripe."""
    save(bench, VISA)
    [customer] = bench.till.objects("customer")
    bench.till.controls.delete_customer(customer["id"])
    bench.till.later(days=2)
    bench.till.stand_in.take_events()


def save_another(bench: PaymentBench) -> None:
    """Ask for Stripe's page to save a card, until it opens."""
    assert bench.ask("add_funds", "POST", "/payment-methods").status == 201


def save_for_later(bench: PaymentBench) -> None:
    """A rule above its threshold, so that its card is not charged."""
    bench.till.world.adjust("50.00", "opening")
    save_and_rule(bench, VISA)


def renew(bench: PaymentBench) -> None:
    """The network renews the card: another number under the same payment method."""
    bench.till.controls.renew_card(bench.card)


def wait_for_bank(bench: PaymentBench) -> None:
    """A manual payment that waits for the bank's confirmation."""
    save(bench, CHALLENGED)
    pay(bench)
    bench.till.stand_in.take_events()


def freeze(bench: PaymentBench) -> None:
    """The operator freezes the account."""
    assert bench.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": True}).status == 200


# --- What else must hold ----------------------------------------------------------------------------------------------


def suspended(bench: PaymentBench, reason: str | None) -> Iterator[str]:
    """The rule is suspended for this reason."""
    found = bench.till.state().get("suspended_reason")
    if found != reason:
        yield f"the rule is suspended for {found}, not {reason}"


def blocked(bench: PaymentBench, *, is_blocked: bool) -> Iterator[str]:
    """The card's number and its payment method are blocked, or neither is."""
    number = bench.till.stand_in.account.objects["payment_method"][bench.card]["card"]["fingerprint"]
    keys = {f"CARD#{hashlib.sha256(name.encode()).hexdigest()}" for name in (number, bench.card)}
    found = {item["PK"] for item in bench.stack.items() if item["PK"] in keys and "blocked_at" in item}
    if found != (keys if is_blocked else set()):
        yield f"{len(found)} of 2 names of the card are blocked"


def disputed(bench: PaymentBench) -> Iterator[str]:
    """The rule is suspended, and its card is blocked."""
    yield from suspended(bench, "payment_disputed")
    yield from blocked(bench, is_blocked=True)


def refunded(bench: PaymentBench) -> Iterator[str]:
    """The rule is suspended, but its card is not blocked."""
    yield from suspended(bench, "payment_refunded")
    yield from blocked(bench, is_blocked=False)


def replaced(bench: PaymentBench) -> Iterator[str]:
    """The account's customer is one that Stripe knows, and it is the account's."""
    [account] = bench.till.world.of_kind("ACCOUNT")
    customer = bench.till.stand_in.account.objects["customer"].get(account["stripe_customer_id"])
    if customer is None or customer["metadata"].get("account_id") != ACCOUNT:
        yield f"the customer is {account['stripe_customer_id']}, which Stripe does not know"


def renewed(bench: PaymentBench) -> Iterator[str]:
    """The rule names the renewed card."""
    card = bench.till.stand_in.account.objects["payment_method"][bench.card]["card"]
    rule = bench.till.state()
    if (rule["last4"], rule["fingerprint"]) != (card["last4"], card["fingerprint"]):
        yield f"the rule names the card {rule['last4']}, not {card['last4']}"


FLOWS_BACK = (
    Flow("a recharge disputed", recharge, dispute, ["succeeded"], ONE_PAID, 0, disputed),
    Flow("a recharge with a warning", recharge, warn, ["succeeded"], ONE_PAID, FIFTY, disputed),
    Flow("a recharge refunded", recharge, refund, ["succeeded"], ONE_PAID, 0, refunded),
    Flow("a lost customer replaced", lose_customer, save_another, [], {}, 0, replaced),
    Flow("a renewed card", save_for_later, renew, [], {}, FIFTY, renewed),
    Flow("frozen while the bank is asked", wait_for_bank, freeze, [], {"canceled": 1}, 0),
)
