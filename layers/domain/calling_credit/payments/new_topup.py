"""How a payment begins: its id, the complete request that is stored before anything is sent, and its first lease."""

import hashlib
from datetime import datetime

from calling_credit.instants import format_instant
from calling_credit.payments import intents
from calling_credit.payments.intents import request_text
from calling_credit.topups.topup import LEASE, MANUAL_LEASE, Card, TopUp


def manual_id(account_id: str, subject: str, idempotency_key: str) -> str:
    """The id of the payment that this person's key stands for."""
    return _id("manual", account_id, subject, idempotency_key)


def automatic_id(account_id: str, attempt: int, claimed_at: str) -> str:
    """The id of an account's attempt. The moment is part of it, because attempts are counted anew in a new table and
    Stripe remembers keys for a day.
    """
    return _id("automatic", account_id, str(attempt), claimed_at)


def _id(*parts: str) -> str:
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return f"tu_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"


def manual_topup(
    account_id: str,
    topup_id: str,
    created_by: str,
    amount_micros: int,
    card: Card,
    customer_id: str,
    page_url: str,
    now: datetime,
) -> TopUp:
    """A payment somebody makes now; their bank may want to see them, so it knows the way back to the page."""
    return TopUp(
        account_id=account_id,
        topup_id=topup_id,
        kind="manual",
        status="created",
        amount_micros=amount_micros,
        created_at=format_instant(now),
        created_by=created_by,
        card=card,
        customer_id=customer_id,
        create_request=request_text(
            intents.create_request(account_id, topup_id, "manual", amount_micros, card, customer_id)
        ),
        confirm_request=request_text(intents.on_session_request(card, return_url(page_url, topup_id))),
        lease_until=format_instant(now + MANUAL_LEASE),
    )


def automatic_topup(
    account_id: str, attempt: int, amount_micros: int, card: Card, customer_id: str, now: datetime
) -> TopUp:
    """A payment the rule makes while nobody is there."""
    topup_id = automatic_id(account_id, attempt, format_instant(now))
    return TopUp(
        account_id=account_id,
        topup_id=topup_id,
        kind="automatic",
        status="created",
        amount_micros=amount_micros,
        created_at=format_instant(now),
        created_by="auto_recharge",
        card=card,
        customer_id=customer_id,
        create_request=request_text(
            intents.create_request(account_id, topup_id, "automatic", amount_micros, card, customer_id)
        ),
        confirm_request=request_text(intents.off_session_request()),
        attempt=attempt,
        lease_until=format_instant(now + LEASE),
    )


def return_url(page_url: str, topup_id: str) -> str:
    """Where a bank sends a customer back to."""
    return f"{page_url}?top_up={topup_id}"
