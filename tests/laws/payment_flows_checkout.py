"""The flows of payments on Stripe's page that are repeated with each fault: paid, declined and paid, left, and paid
after all.
"""

from collections.abc import Iterator
from typing import Any

from tests.harness.cards import DECLINED, VISA
from tests.laws.payment_bench import Flow, PaymentBench

EXPIRES = 31
"""Minutes after which a page is over."""


def prepare(_bench: PaymentBench) -> None:
    """The account has no customer yet, as at its first visit."""


def open_page(bench: PaymentBench) -> dict[str, Any]:
    """Retry until a page is open, and start another payment if that one was canceled; its session."""
    sessions = bench.till.stand_in.account.objects["checkout.session"]
    for key in ("the first key", "the second key"):
        answer = bench.ask("add_funds", "POST", "/top-ups/checkout", {"amount": "25.00"}, key=key)
        assert answer.status == 201
        if answer.body["status"] == "created":
            return next(one for one in sessions.values() if one["url"] == answer.body["checkout_url"])
    raise AssertionError("no page was opened")


def pay_page(bench: PaymentBench, *kinds: str) -> None:
    """Open a page and try cards on it; then return to our page."""
    session = open_page(bench)
    for kind in kinds:
        bench.till.controls.complete_checkout(session["id"], kind)
    bench.ask("add_funds", "GET", f"/top-ups/{session['client_reference_id']}")


def leave_page(bench: PaymentBench, *kinds: str) -> None:
    """Open a page, try cards that are declined, and leave; the sweeper closes it."""
    session = open_page(bench)
    for kind in kinds:
        bench.till.controls.complete_checkout(session["id"], kind)
    bench.sweep(EXPIRES)


def pay_late(bench: PaymentBench) -> None:
    """The payment of a page succeeds although the page was closed."""
    session = open_page(bench)
    bench.sweep(EXPIRES)
    session |= {"status": "open", "url": "late", "expires_at": session["expires_at"] + 9_999}
    bench.till.controls.complete_checkout(session["id"])


def card_is_saved(bench: PaymentBench) -> Iterator[str]:
    """The card that paid is the default, and its saving is recorded once."""
    [account] = bench.till.world.of_kind("ACCOUNT")
    methods = bench.till.objects("payment_method")
    saved = [one["id"] for one in methods if one["customer"] == account.get("stripe_customer_id")]
    customer = bench.till.stand_in.account.objects["customer"][account["stripe_customer_id"]]
    default = customer["invoice_settings"]["default_payment_method"]
    if len(saved) != 1 or default != saved[0]:
        yield f"saved are {saved}, the default is {default}"
    changes = [item["subject"] for item in bench.till.world.of_kind("ACTIVITY") if item["action"] == "card_saved"]
    if changes != [f"card:{one}" for one in saved]:
        yield f"recorded are {changes}"


def page_is_closed(bench: PaymentBench) -> Iterator[str]:
    """A page that was shown can no longer be paid."""
    named = {item.get("session_id") for item in bench.till.top_ups()}
    for session in bench.till.objects("checkout.session"):
        if session["id"] in named and session["status"] == "open":
            yield f"{session['id']} is still open"


FLOWS_CHECKOUT = (
    Flow(
        "on Stripe's page, with another card after a decline",
        prepare,
        lambda b: pay_page(b, DECLINED, VISA),
        ["succeeded"],
        {"succeeded": 1},
        25_000_000,
        card_is_saved,
    ),
    Flow("on Stripe's page, left", prepare, leave_page, [], {}, 0, page_is_closed),
    Flow(
        "on Stripe's page, left after a decline",
        prepare,
        lambda b: leave_page(b, DECLINED),
        ["failed"],
        {"canceled": 1},
        0,
        page_is_closed,
    ),
    Flow("on Stripe's page, paid late", prepare, pay_late, ["succeeded"], {"succeeded": 1}, 25_000_000),
)
