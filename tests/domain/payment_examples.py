"""The examples that tests of payments start from: two cards, one payment of each kind, one rule of automatic recharge
and a balance far enough below it to charge.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from calling_credit.instants import format_instant
from calling_credit.money import Bounds, parse_money
from calling_credit.recharge.attempts import Attempt, State
from calling_credit.recharge.decision import RechargeContext, Rule
from calling_credit.topups.topup import Card, Intent, TopUp, TopUpKind, TopUpStatus
from tests.domain.examples import NOW

MANY = 10_000_000_000
"""Ten thousand dollars: a limit so high that it limits nothing here."""


def usd(text: str) -> int:
    """Dollars in micro-dollars."""
    return parse_money(text)


def ago(now: datetime = NOW, **span: float) -> str:
    """An instant so long before."""
    return format_instant(now - timedelta(**span))


def ahead(now: datetime = NOW, **span: float) -> str:
    """An instant so long after."""
    return format_instant(now + timedelta(**span))


CARD = Card("pm_1", "visa", "4242", "fp_1")
OTHER_CARD = Card("pm_2", "mastercard", "4444", "fp_2")
ATTACHED_AGAIN = replace(CARD, payment_method_id="pm_3")
BOUNDS = Bounds(usd("5"), usd("500"))

MANUAL = TopUp(
    account_id="acct_1",
    topup_id="tu_manual",
    kind=TopUpKind.MANUAL,
    status=TopUpStatus.CONFIRMING,
    amount_micros=usd("25"),
    created_at=format_instant(NOW),
    created_by="user:1",
    card=CARD,
    customer_id="cus_1",
    create_request="{}",
    confirm_request="{}",
    intent_id="pi_1",
)
AUTOMATIC = replace(MANUAL, topup_id="tu_1", kind=TopUpKind.AUTOMATIC, created_by="auto_recharge", attempt=1)

INTENT = Intent(
    intent_id="pi_1",
    status="succeeded",
    amount_micros=usd("25"),
    received_micros=usd("25"),
    currency="usd",
    customer_id="cus_1",
    topup_id="tu_manual",
    account_id="acct_1",
)

RULE = Rule(
    enabled=True,
    threshold_micros=usd("10"),
    amount_micros=usd("50"),
    payment_method_id=CARD.payment_method_id,
    brand=CARD.brand,
    last4=CARD.last4,
    fingerprint=CARD.fingerprint,
)
UNLIMITED = replace(RULE, hourly_count=20, daily_limit_micros=MANY, monthly_limit_micros=MANY)
"""The same rule with its caps lifted."""


def automatic(attempt: int, **changes: Any) -> TopUp:
    """The payment of the attempt of that number."""
    return replace(AUTOMATIC, topup_id=f"tu_{attempt}", attempt=attempt, **changes)


def situation(**changes: Any) -> RechargeContext:
    """Five dollars are left of a threshold of ten, and nothing speaks against a charge; with these changes."""
    stands: dict[str, Any] = {
        "rule": RULE,
        "state": State(),
        "posted_micros": usd("5"),
        "pending_micros": 0,
        "is_closed": False,
        "time_zone": "America/New_York",
        "maximum_micros": BOUNDS.maximum_micros,
        "now": NOW,
    }
    return RechargeContext(**stands | changes)


def remembering(*attempts: Attempt, **changes: Any) -> State:
    """A state that remembers these attempts, in the order in which they were begun."""
    recent = tuple(sorted(attempts, key=lambda attempt: attempt.at))
    return State(attempt=len(recent), recent=recent, **changes)


def succeeded(at: str, amount_micros: int = RULE.amount_micros) -> Attempt:
    """An attempt that was paid."""
    return Attempt(1, at, amount_micros, CARD.fingerprint, "succeeded")


def declined_at(at: str, fingerprint: str = CARD.fingerprint) -> Attempt:
    """An attempt that was declined."""
    return Attempt(1, at, RULE.amount_micros, fingerprint, "declined")
