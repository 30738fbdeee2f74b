"""Makes new top-ups: the id, the complete requests that are stored before anything is sent, and the first lease."""

import hashlib
from datetime import datetime

from calling_credit.instants import format_instant
from calling_credit.payments import intents
from calling_credit.payments.intents import format_request
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.topup import LEASE, MANUAL_LEASE, Card, TopUp, TopUpKind, TopUpStatus


def manual_id(account_id: str, subject: str, idempotency_key: str) -> str:
    """The id of a user's top-up for an Idempotency-Key."""
    return _id("manual", account_id, subject, idempotency_key)


def checkout_id(account_id: str, subject: str, idempotency_key: str) -> str:
    """The id of a user's payment on Stripe's page for an Idempotency-Key."""
    return _id("checkout", account_id, subject, idempotency_key)


def automatic_id(account_id: str, attempt: int, claimed_at: str) -> str:
    """The id of an account's attempt. It includes the time, because a new table counts attempts from 1 again, and
    Stripe keeps idempotency keys for a day.
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
    tax: Taxation = NO_TAX,
) -> TopUp:
    """A new manual top-up. Its confirmation names the page to which the bank returns the customer.

    Raises:
        Conflict: `tax_unavailable`.
    """
    gross_micros = tax.gross_micros(amount_micros)
    return TopUp(
        account_id=account_id,
        topup_id=topup_id,
        kind=TopUpKind.MANUAL,
        status=TopUpStatus.CREATED,
        amount_micros=amount_micros,
        created_at=format_instant(now),
        created_by=created_by,
        card=card,
        customer_id=customer_id,
        create_request=format_request(
            intents.create_request(account_id, topup_id, TopUpKind.MANUAL, gross_micros, card, customer_id)
        ),
        confirm_request=format_request(intents.on_session_request(card, return_url(page_url, topup_id))),
        lease_until=format_instant(now + MANUAL_LEASE),
        tax_micros=tax.tax_micros(amount_micros),
        tax_percent=tax.percent,
        billing=tax.billing,
    )


def automatic_topup(
    account_id: str,
    attempt: int,
    amount_micros: int,
    card: Card,
    customer_id: str,
    now: datetime,
    *,
    is_backup: bool = False,
    tax: Taxation = NO_TAX,
) -> TopUp:
    """A new automatic top-up, confirmed without the customer. `is_backup`: with the backup card.

    Raises:
        Conflict: `tax_unavailable`.
    """
    topup_id = automatic_id(account_id, attempt, format_instant(now))
    gross_micros = tax.gross_micros(amount_micros)
    return TopUp(
        account_id=account_id,
        topup_id=topup_id,
        kind=TopUpKind.AUTOMATIC,
        status=TopUpStatus.CREATED,
        amount_micros=amount_micros,
        created_at=format_instant(now),
        created_by="auto_recharge",
        card=card,
        customer_id=customer_id,
        create_request=format_request(
            intents.create_request(account_id, topup_id, TopUpKind.AUTOMATIC, gross_micros, card, customer_id)
        ),
        confirm_request=format_request(intents.off_session_request()),
        attempt=attempt,
        lease_until=format_instant(now + LEASE),
        is_backup=is_backup,
        tax_micros=tax.tax_micros(amount_micros),
        tax_percent=tax.percent,
        billing=tax.billing,
    )


def return_url(page_url: str, topup_id: str) -> str:
    """The page to which a bank returns the customer."""
    return f"{page_url}?top_up={topup_id}"
