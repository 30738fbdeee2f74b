"""How the short flows of payments end, beside what each payment flow must end with."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from tests.harness.till import ACCOUNT
from tests.laws.payment_bench import PaymentBench
from tests.laws.payment_flows_back import blocked, suspended


def cleared(bench: PaymentBench) -> Iterator[str]:
    """No name of the card is blocked, and the rule resumes."""
    yield from suspended(bench, None)
    left = [item["PK"] for item in bench.stack.items() if item["SK"] == "CARD" and "blocked_at" in item]
    if left:
        yield f"still blocked: {left}"


def still_blocked(bench: PaymentBench) -> Iterator[str]:
    """The card of the disputed payment is blocked."""
    yield from blocked(bench, is_blocked=True)


def resumed(bench: PaymentBench) -> Iterator[str]:
    """The rule is not suspended, and its card is not blocked."""
    yield from suspended(bench, None)
    yield from blocked(bench, is_blocked=False)


def card_gone(bench: PaymentBench) -> Iterator[str]:
    """The rule is suspended because its card is gone."""
    yield from suspended(bench, "card_removed")


def removed(bench: PaymentBench) -> Iterator[str]:
    """No payment method of the card is left, and the rule is suspended."""
    yield from card_gone(bench)
    left = [one["id"] for one in bench.till.objects("payment_method") if one["customer"] is not None]
    if left:
        yield f"still attached: {left}"


def switched_off(bench: PaymentBench) -> Iterator[str]:
    """The operator switched the rule off, once."""
    rule = bench.till.state()
    if rule["enabled"] or not rule["switched_off"]["by"].startswith("client:"):
        yield f"the rule is on: {rule['enabled']}"
    if rule["rule_version"] != 2:
        yield f"the rule was switched {rule['rule_version'] - 1} times"


def changed(bench: PaymentBench) -> Iterator[str]:
    """The rule was changed once."""
    rule = bench.till.state()
    if (rule["amount_micros"], rule["rule_version"]) != (60_000_000, 2):
        yield f"the rule has the amount {rule['amount_micros']} and the version {rule['rule_version']}"


def armed(bench: PaymentBench) -> Iterator[str]:
    """The rule was enabled once, and its accepted charge was made."""
    rule = bench.till.state()
    if not rule["enabled"] or rule["rule_version"] != 2 or "suspended_reason" in rule:
        yield f"the rule has the version {rule['rule_version']}, suspended for {rule.get('suspended_reason')}"


def limits_once(bench: PaymentBench) -> Iterator[str]:
    """The limits were changed once."""
    [account] = bench.till.world.of_kind("ACCOUNT", ACCOUNT)
    if account.get("own_limits_version") != 1:
        yield f"the limits have the version {account.get('own_limits_version')}"


def line_once(bench: PaymentBench) -> Iterator[str]:
    """The line was switched once, and that is recorded once."""
    [line] = bench.till.world.of_kind("LINE", ACCOUNT)
    changes = len(bench.till.world.of_kind("CHANGE", ACCOUNT))
    if line["international_calling"] or changes != 2:
        yield f"the line is {line['international_calling']}, with {changes} recorded changes"


def counted(bench: PaymentBench) -> Iterator[str]:
    """The call counted once."""
    [balance] = bench.till.world.of_kind("BALANCE")
    if balance.get("calls_seen") != 1:
        yield f"{balance.get('calls_seen', 0)} calls were counted"


def announced(bench: PaymentBench) -> Iterator[str]:
    """The expiry of the card is announced."""
    if "expiry_announced" not in bench.till.state():
        yield "nothing is announced"


def frozen(bench: PaymentBench, *, is_frozen: bool) -> Iterator[str]:
    """Account and balance agree, and only the first link was used."""
    [account], [balance] = bench.till.world.of_kind("ACCOUNT"), bench.till.world.of_kind("BALANCE")
    states = {"frozen_at" in account, "is_frozen" in balance}
    if states != {is_frozen}:
        yield f"the account is frozen: {states}"
    links = [item for item in bench.till.world.of_kind("LINK") if "used_at" in item]
    if len(links) != 1:
        yield f"{len(links)} links were used"


def stays_frozen(bench: PaymentBench) -> Iterator[str]:
    """The link froze the account."""
    yield from frozen(bench, is_frozen=True)


def stays_unfrozen(bench: PaymentBench) -> Iterator[str]:
    """No link froze the account again."""
    yield from frozen(bench, is_frozen=False)


def pages_of(bench: PaymentBench) -> list[list[Any]]:
    """The counted pages for saving a card."""
    items = [item for item in bench.till.world.of_kind("PAYMENT_LIMITS") if "pages" in item]
    return [page for item in items for page in json.loads(item["pages"])]


def page_counted(bench: PaymentBench) -> Iterator[str]:
    """Each page that its customer was given is counted, and a crash leaves at most one more."""
    pages = [page[0] for page in pages_of(bench)]
    given = bench.till.objects("checkout.session")[-1]["client_reference_id"]
    if given not in pages or len(pages) > 3:  # One was of the first card.
        yield f"{pages} are counted, but {given} was given"


def spared(bench: PaymentBench) -> Iterator[str]:
    """The page is closed, and the exhausted card has one manual try."""
    if pages_of(bench)[-1][2]:
        yield f"the pages are {pages_of(bench)}"
    number = bench.till.stand_in.account.objects["payment_method"][bench.card]["card"]["fingerprint"]
    key = f"CARD#{hashlib.sha256(number.encode()).hexdigest()}"
    [card] = [item for item in bench.stack.items() if item["PK"] == key]
    if not card.get("has_manual_try"):
        yield "the card has no manual try"
    newest = bench.till.objects("payment_method")[-1]["id"]
    if bench.till.state()["payment_method_id"] != newest:
        yield "the rule does not follow the newer payment method"


def relinked(bench: PaymentBench) -> Iterator[str]:
    """Each lost customer is cleared once, the rule is suspended, and the stack belongs to the new Stripe account."""
    yield from card_gone(bench)
    if [item["subject"] for item in bench.till.world.of_kind("ACTIVITY")].count("customer") != 1:
        yield "the cleared customer is not recorded once"
    for account in bench.till.world.stack.items_named("ACCOUNT"):
        if "stripe_customer_id" in account or account.get("customer_number") != 1:
            yield f"{account['PK']}: the customer is {account.get('stripe_customer_id')}"
    [known] = bench.till.world.stack.items_named("STRIPE_ACCOUNT")
    if known["stripe_account_id"] != bench.till.stand_in.account.own_id:
        yield f"the stack belongs to {known['stripe_account_id']}"


def default_once(bench: PaymentBench) -> Iterator[str]:
    """The card is the default at Stripe, and that is recorded once, by the admin."""
    [customer] = [one for one in bench.till.objects("customer") if one["id"] == bench.till.customer()]
    if customer["invoice_settings"]["default_payment_method"] != bench.card:
        yield "another card is the default"
    found = [(one["by"].split(":")[0], one["new"]["default"]["id"]) for one in chosen(bench)]
    if found != [("user", bench.card)]:
        yield f"recorded: {found}"


def chosen(bench: PaymentBench) -> list[dict[str, Any]]:
    """The recorded changes of the default payment method."""
    return bench.till.world.changes("default_method_changed", account_id=ACCOUNT)
