"""Example data for tests of payments: two cards, one payment of each kind, and one rule of automatic recharge with a
balance below its threshold.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from calling_credit.instants import format_instant
from calling_credit.money import Bounds, parse_money
from calling_credit.recharge.attempts import Attempt, AttemptOutcome, State
from calling_credit.recharge.decision import RechargeContext, Rule
from calling_credit.topups.card_history import CardHistory, CardRecord, Try, history_of
from calling_credit.topups.topup import Card, Intent, TopUp, TopUpKind, TopUpStatus
from tests.domain.examples import NOW

MANY = 10_000_000_000
"""Ten thousand dollars: a limit that no test reaches."""


def usd(text: str) -> int:
    """Dollars in micro-dollars."""
    return parse_money(text)


def ago(now: datetime = NOW, **span: float) -> str:
    """The instant this long before `now`."""
    return format_instant(now - timedelta(**span))


def ahead(now: datetime = NOW, **span: float) -> str:
    """The instant this long after `now`."""
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
"""The same rule with caps that no test reaches."""


def automatic(attempt: int, **changes: Any) -> TopUp:
    """The automatic payment of this attempt."""
    return replace(AUTOMATIC, topup_id=f"tu_{attempt}", attempt=attempt, **changes)


def situation(**changes: Any) -> RechargeContext:
    """A balance of 5 dollars under a threshold of 10, with no reason not to charge, and with the given changes."""
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
    """A state with these attempts, sorted by their start."""
    recent = tuple(sorted(attempts, key=lambda attempt: attempt.at))
    return State(attempt=len(recent), recent=recent, **changes)


def succeeded(at: str, amount_micros: int = RULE.amount_micros) -> Attempt:
    """A paid attempt."""
    return Attempt(1, at, amount_micros, CARD.fingerprint, AttemptOutcome.SUCCEEDED)


def declined_at(at: str, fingerprint: str = CARD.fingerprint) -> Attempt:
    """A declined attempt."""
    return Attempt(1, at, RULE.amount_micros, fingerprint, AttemptOutcome.DECLINED)


def history(*declines: str, now: datetime = NOW) -> CardHistory:
    """The history of a card that was declined at these times."""
    tries = tuple(Try(f"tu_{number}", 1, at, is_declined=True) for number, at in enumerate(declines))
    return history_of(CardRecord(tries=tries), now)


def moment(text: str) -> datetime:
    """The instant of a text."""
    return datetime.fromisoformat(text).astimezone(UTC)


def unread_rule() -> bool:
    """Fail if the decision reads the rule."""
    raise AssertionError("the account was read although it does not decide")
