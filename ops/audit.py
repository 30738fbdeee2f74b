"""Proves the book of one account: its own sums, and its payments against Stripe. Changes nothing."""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import stripe
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from calling_credit.audit.proof import BookPart, usd
from calling_credit.audit.prove_account import Proof, prove_account
from calling_credit.errors import Unavailable
from calling_credit.payments.stripe_client import TIMEOUT_SECONDS
from calling_credit.topups.reversals import gone_of
from calling_credit.topups.topup import TopUpStatus
from ops.accounts import require_account
from ops.project import local_description
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, console, run

STRIPE: Final = "https://api.stripe.com"
STRIPE_PARTS: Final = (BookPart.PAYMENTS, BookPart.REVERSALS)
"""The parts of a proof that need Stripe's answers."""
STRIPE_NOT_ASKED: Final = 2
"""The exit code when the book's own sums are right but Stripe could not be asked."""


def main() -> int:
    """Run `python -m ops.audit ACCOUNT`, behind `make audit`; exit with 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="make audit", description="Prove the book of one account.")
    parser.add_argument("account_id")
    account_id = parser.parse_args().account_id
    return audit(find_stack(), account_id)


def audit(stack: FoundStack, account_id: str) -> int:
    """Prove the book of an account, print the result, and return the exit code.

    Raises:
        CommandError: there is nothing to prove.
    """
    now = datetime.now(UTC)
    client, reason = stripe_of(stack)
    dynamodb = stack.client("dynamodb")
    try:
        proof = prove_account(dynamodb, stack.table_name, client, account_id, now)
    except (Unavailable, stripe.StripeError) as error:
        client, reason = None, getattr(error, "detail", str(error))
        proof = prove_account(dynamodb, stack.table_name, None, account_id, now)
    if proof is None:
        raise CommandError(f"{account_id} changed each time it was read. Try again.")
    if proof.book.balance is None and not proof.book.entries:
        require_account(stack, account_id)
        raise CommandError(
            f"{account_id} has no balance and no entries. What to do: docs/runbook.md#ledger-differences"
        )
    console.print(table_of(proof, is_asked=client is not None))
    return report(proof, account_id, None if client is not None else reason)


def report(proof: Proof, account_id: str, reason: str | None) -> int:
    """Print the result below the table and return the exit code; `reason` is why Stripe could not be asked."""
    count = len(proof.differences)
    if count:
        noun = "difference" if count == 1 else "differences"
        console.print(f"{count} {noun} found in {account_id}. What to do: docs/runbook.md#ledger-differences")
    if reason is not None:
        console.print(f"Stripe could not be asked, so only the book's own sums are proven: {reason}", markup=False)
    elif not count:
        console.print(f"No difference found in {account_id}.")
    if count:
        return 1
    return 0 if reason is None else STRIPE_NOT_ASKED


def stripe_of(stack: FoundStack) -> tuple[stripe.StripeClient | None, str]:
    """Return a client with the stack's own key, or None and the reason."""
    address = local_description()["stripe_api_url"] if stack.is_local else STRIPE
    try:
        key = stripe_key_of(stack)
    except CommandError as error:
        return None, str(error)
    http_client = stripe.RequestsClient(timeout=TIMEOUT_SECONDS)
    return stripe.StripeClient(key, base_addresses={"api": address}, http_client=http_client), ""


def stripe_key_of(stack: FoundStack) -> str:
    """Return the stack's own key.

    Raises:
        CommandError: the secret cannot be read, or holds no key.
    """
    try:
        secret = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs["StripeSecretArn"])
        key = str(json.loads(secret["SecretString"]).get("api_key", ""))
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"its secret cannot be read ({error}).") from error
    except (ValueError, AttributeError):
        key = ""
    if not key:
        raise CommandError("the secret StripeSecretArn holds no api_key.")
    return key


def table_of(proof: Proof, *, is_asked: bool) -> Table:
    """Return one row for each part of the book: its count, its sum, and its differences or ok."""
    differences: dict[BookPart, list[str]] = defaultdict(list)
    for difference in proof.differences:
        differences[difference.code.part].append(f"{difference.code}: {difference.object_id}, {difference}")
    table = Table(box=None, header_style="bold")
    for name in ("", "count", "sum", ""):
        table.add_column(name, justify="right" if name else "left", overflow="fold")
    for part, count, total in parts(proof):
        is_proven = is_asked or part not in STRIPE_PARTS
        verdict = "\n".join(differences[part]) or ("ok" if is_proven else "not asked")
        table.add_row(part, count if is_proven else "", total if is_proven else "", verdict)
    return table


def parts(proof: Proof) -> Iterator[tuple[BookPart, str, str]]:
    """Yield each part of a proof with its count and its sum."""
    book = proof.book
    paid = [topup.amount_micros for topup in book.topups.values() if topup.status == TopUpStatus.SUCCEEDED]
    lost = [gone_of(payment.received_micros, payment.losses) for payment in proof.payments if payment.losses]
    yield BookPart.ENTRIES, str(book.entries), usd(book.entered_micros)
    yield BookPart.DAYS, str(len(book.days)), usd(sum(day.total_micros for day in book.days.values()))
    yield BookPart.MINUTES, str(len(book.counters)), f"{sum(book.covered_seconds.values())} s used"
    yield BookPart.BALANCE, "", usd(book.balance.posted_micros) if book.balance else ""
    yield BookPart.LOTS, str(len(book.lots)), f"{usd(book.expired_micros.total())} expired"
    yield BookPart.TOP_UPS, str(len(paid)), usd(sum(paid))
    yield BookPart.PAYMENTS, str(len(proof.payments)), usd(sum(payment.received_micros for payment in proof.payments))
    yield BookPart.REVERSALS, str(sum(micros > 0 for micros in lost)), usd(sum(lost))
    yield BookPart.DOCUMENTS, str(len(book.documents.stored)), ""


if __name__ == "__main__":
    run(main)
