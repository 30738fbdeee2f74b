"""Proves the book of one account: its own sums, and what it says of payments against what Stripe says. It changes
nothing.
"""

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import stripe
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from calling_credit.audit import proof as codes
from calling_credit.audit.proof import usd
from calling_credit.audit.prove_account import Proof, prove_account
from calling_credit.errors import Unavailable
from calling_credit.payments.stripe_client import SECONDS
from calling_credit.topups.reversals import target
from local.settings import ROOT
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, console, run

STRIPE: Final = "https://api.stripe.com"
NOT_ASKED: Final = 2
"""The exit code where nothing differs as far as is known, which is not all: Stripe said nothing."""
ENTRIES, DAYS, BALANCE, TOP_UPS = "entries", "days", "balance", "top-ups"
PAYMENTS, TAKEN_BACK = "payments at Stripe", "refunds, disputes"
PART_OF: Final = {
    codes.POSTED: BALANCE,
    codes.AVAILABLE: BALANCE,
    codes.HEADROOM: BALANCE,
    codes.DAY: DAYS,
    codes.TOP_UP_NOT_ENTERED: TOP_UPS,
    codes.NOT_PAID: ENTRIES,
    codes.OTHER_AMOUNT: ENTRIES,
    codes.TWICE: ENTRIES,
    codes.NOT_ENTERED: PAYMENTS,
    codes.REVERSED: TAKEN_BACK,
}
"""Where each difference is shown."""


def main() -> int:
    """`python -m ops.audit ACCOUNT`, behind `make audit`."""
    parser = argparse.ArgumentParser(prog="make audit", description="Prove the book of one account.")
    parser.add_argument("account_id")
    account_id = parser.parse_args().account_id
    stack = find_stack()
    now = datetime.now(UTC)
    client, silence = stripe_of(stack)
    dynamodb = stack.client("dynamodb")
    try:
        found = prove_account(dynamodb, stack.table_name, client, account_id, now)
    except (Unavailable, stripe.StripeError) as error:
        client, silence = None, getattr(error, "detail", str(error))
        found = prove_account(dynamodb, stack.table_name, None, account_id, now)
    if found is None:
        raise CommandError(f"{account_id} was posted to without pause while it was read; try again.")
    if found.book.balance is None and not found.book.entries:
        raise CommandError(f"There is no account {account_id} in {stack.name}.")
    console.print(table_of(found, is_asked=client is not None))
    if found.differences:
        console.print(f"{len(found.differences)} differences. What to do: docs/runbook.md#ledger-differences")
    if client is None:
        console.print(f"Stripe could not be asked, so only the book's own sums are proven: {silence}", markup=False)
    elif not found.differences:
        console.print(f"No difference found in {account_id}.")
    return 1 if found.differences else 0 if client is not None else NOT_ASKED


def stripe_of(stack: FoundStack) -> tuple[stripe.StripeClient | None, str]:
    """A client with the stack's own key, or None and why."""
    address = STRIPE
    if stack.is_local:
        folder = Path(os.environ.get("LOCAL_DIR") or ROOT / ".local")
        address = json.loads((folder / "stack.json").read_text(encoding="utf-8"))["stripe_api_url"]
    try:
        secret = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs["StripeSecretArn"])
        key = json.loads(secret["SecretString"]).get("api_key", "")
    except (BotoCoreError, ClientError) as error:
        return None, f"its secret cannot be read ({error})."
    except (ValueError, AttributeError):
        key = ""
    if not key:
        return None, "the secret StripeSecretArn holds no api_key."
    http_client = stripe.RequestsClient(timeout=SECONDS)
    return stripe.StripeClient(key, base_addresses={"api": address}, http_client=http_client), ""


def table_of(found: Proof, *, is_asked: bool) -> Table:
    """A row a part of the book: how much there is, and ok or what differs."""
    said: dict[str, list[str]] = defaultdict(list)
    for difference in found.differences:
        said[PART_OF[difference.code]].append(f"{difference.code}: {difference.object_id}, {difference}")
    table = Table(box=None, header_style="bold")
    for name in ("", "count", "sum", ""):
        table.add_column(name, justify="right" if name else "left", overflow="fold")
    for part, count, total in parts(found):
        was_looked_at = is_asked or part not in (PAYMENTS, TAKEN_BACK)
        verdict = "\n".join(said[part]) or ("ok" if was_looked_at else "not asked")
        table.add_row(part, count if was_looked_at else "", total if was_looked_at else "", verdict)
    return table


def parts(found: Proof) -> Iterator[tuple[str, str, str]]:
    """Each part of a proof, how many there are, and their sum."""
    book = found.book
    paid = [topup.amount_micros for topup in book.topups.values() if topup.status == "succeeded"]
    lost = [target(payment.received_micros, payment.losses) for payment in found.payments if payment.losses]
    yield ENTRIES, str(book.entries), usd(book.entered_micros)
    yield DAYS, str(len(book.days)), usd(sum(day.total_micros for day in book.days.values()))
    yield BALANCE, "", usd(book.balance.posted_micros) if book.balance else ""
    yield TOP_UPS, str(len(paid)), usd(sum(paid))
    yield PAYMENTS, str(len(found.payments)), usd(sum(payment.received_micros for payment in found.payments))
    yield TAKEN_BACK, str(sum(micros > 0 for micros in lost)), usd(sum(lost))


if __name__ == "__main__":
    run(main)
