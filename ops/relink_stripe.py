"""Relinks all accounts after a move to another Stripe account: clears the customers that the new account does not have,
and suspends the rules whose cards it does not have. Reports open top-ups and never touches money.
"""

import argparse
from collections import Counter
from datetime import UTC, datetime
from typing import Final

import stripe

from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.dynamodb.unreadable_keys import shown_key
from calling_credit.errors import CallingCreditError
from calling_credit.payment_names import method_name
from calling_credit.payments.relinking import AccountPlan, Relinker
from calling_credit.payments.stripe_account import KnownAccount, StripeAccountGuard, hash_of
from calling_credit.payments.stripe_client import TIMEOUT_SECONDS
from ops.actor import this_operator
from ops.audit import STRIPE, stripe_key_of
from ops.project import local_description
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, progress_bar, run

UNKNOWN: Final = "unknown"


def main() -> int:
    """Run `python -m ops.relink_stripe [--yes]`, behind `make relink-stripe`; exit with 1 if anything is left to do."""
    parser = argparse.ArgumentParser(prog="make relink-stripe", description="Relink all accounts to the Stripe key.")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    key = stripe_key_of(stack)
    client = stripe_client_of(stack, key)
    dynamodb = stack.client("dynamodb")
    guard = StripeAccountGuard(dynamodb, stack.table_name, client, Counter(), lambda: key)
    relinker = Relinker(dynamodb, stack.table_name, client)
    known, current = guard.read(), account_of(client)
    former = UNKNOWN if known is None else known.account_id
    console.print(f"{stack.name} belongs to the Stripe account {former}; the key belongs to {current}.", markup=False)
    plans, open_topups, unreadable = preview(relinker)
    show(plans, open_topups)
    is_moved = known is None or known != KnownAccount(current, hash_of(key))
    if not plans and not is_moved:
        console.print("Nothing to do.")
        return show_unreadable(unreadable)
    question = f"Relink {stack.name} from {former} to {current}? Nothing is charged or refunded."
    if not arguments.yes and not stack.is_local and not confirm(question):
        return 1
    failed = apply(relinker, plans)
    if failed:
        raise CommandError(f"{failed} accounts are not relinked yet. Run the same command again; it continues.")
    replaces = None if known is None else known.account_id
    if is_moved and not guard.store(KnownAccount(current, hash_of(key)), replaces=replaces):
        raise CommandError("Another run has relinked this stack meanwhile. Run the command again to see its state.")
    console.print(f"Done. {stack.name} belongs to the Stripe account {current}.", markup=False)
    return show_unreadable(unreadable)


def preview(relinker: Relinker) -> tuple[list[AccountPlan], dict[str, list[str]], list[UnreadableItem]]:
    """Return the accounts that change, the open top-ups by account, and what cannot be read. Changes nothing."""
    unreadable: list[UnreadableItem] = []
    accounts, customers = list(relinker.accounts(unreadable.append)), relinker.known_customers()
    plans = []
    with progress_bar("Comparing accounts with Stripe", len(accounts)) as move:
        for count, account in enumerate(accounts, 1):
            plans.append(relinker.plan(account, customers))
            move(count)
    console.print(f"{len(accounts):>8}  accounts")
    return [plan for plan in plans if plan.has_changes], relinker.open_topups(), unreadable


def show(plans: list[AccountPlan], open_topups: dict[str, list[str]]) -> None:
    """Print what the run does: the counts, and then each account."""
    console.print(f"{sum(plan.lost_customer is not None for plan in plans):>8}  customers to clear")
    console.print(f"{sum(plan.lost_card is not None for plan in plans):>8}  rules to suspend")
    console.print(f"{sum(map(len, open_topups.values())):>8}  open top-ups, which stay as they are")
    for plan in plans:
        console.print(f"  {plan.account_id}: {', '.join(changes_of(plan))}", markup=False, soft_wrap=True)
    for account_id, topup_ids in sorted(open_topups.items()):
        console.print(f"  {account_id}: open {', '.join(topup_ids)}", markup=False, soft_wrap=True)


def show_unreadable(items: list[UnreadableItem]) -> int:
    """Print the items because of which an account was left as it is; return the exit code."""
    for item in items:
        pk, sk = shown_key(item.key)
        console.print(f"  {pk} {sk}: {item.reason} cannot be read, so this account is as before", markup=False)
    if items:
        console.print("Repair these records (docs/runbook.md#unreadable-items), and run the same command again.")
    return 1 if items else 0


def changes_of(plan: AccountPlan) -> list[str]:
    """Return what happens to an account, in words."""
    changes = []
    if plan.lost_card is not None:
        changes.append(f"suspend the rule of {method_name(plan.lost_card.brand, plan.lost_card.last4)}")
    if plan.lost_customer is not None:
        changes.append(f"clear {plan.lost_customer.customer_id}")
    return changes


def apply(relinker: Relinker, plans: list[AccountPlan]) -> int:
    """Relink the accounts, and return how many failed."""
    actor, failed = this_operator(), 0
    with progress_bar("Relinking accounts", len(plans)) as move:
        for count, plan in enumerate(plans, 1):
            try:
                relinker.apply(plan, actor, datetime.now(UTC))
            except (CallingCreditError, *AWS_ERRORS) as error:
                failed += 1
                console.print(f"  {plan.account_id}: {code_of(error)}", markup=False)
            move(count)
    console.print(f"{len(plans) - failed:>8}  accounts relinked")
    return failed


def stripe_client_of(stack: FoundStack, key: str) -> stripe.StripeClient:
    """Return a client with the stack's key."""
    address = local_description()["stripe_api_url"] if stack.is_local else STRIPE
    http_client = stripe.RequestsClient(timeout=TIMEOUT_SECONDS)
    return stripe.StripeClient(key, base_addresses={"api": address}, http_client=http_client)


def account_of(client: stripe.StripeClient) -> str:
    """Return the Stripe account of the key.

    Raises:
        CommandError: Stripe does not say it.
    """
    try:
        return str(client.v1.accounts.retrieve_current().id)
    except stripe.StripeError as error:
        raise CommandError(f"Stripe does not name the account of the key: {error}. Check the key's rights.") from error


if __name__ == "__main__":
    run(main)
