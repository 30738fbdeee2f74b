"""Unblocks a card after a dispute or a fraud warning, and resumes the automatic recharge that the dispute suspended."""

import argparse

from calling_credit import clock
from calling_credit.errors import CallingCreditError
from calling_credit.payment_names import method_name
from calling_credit.payments.unblocking import parse_unblock, unblock_card
from ops.accounts import require_account
from ops.actor import this_operator
from ops.stack import find_stack
from ops.terminal import CommandError, confirm, console, run


def main() -> int:
    """Run `python -m ops.unblock_card --account ID (--card ID | --top-up ID) --reason TEXT [--yes]`, behind
    `make unblock-card`.
    """
    parser = argparse.ArgumentParser(prog="make unblock-card", description="Unblock a card for every account.")
    parser.add_argument("--account", help="ACCOUNT=id")
    parser.add_argument("--card", help="CARD=payment_method_id, as GET /payment-methods shows it")
    parser.add_argument("--top-up", help="TOP_UP=id of a payment with the card")
    parser.add_argument("--reason", help="REASON=text, stored with the card")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    if not arguments.account or not arguments.reason or bool(arguments.card) == bool(arguments.top_up):
        raise CommandError(
            "Name the account, the card, and the reason:"
            " make unblock-card ACCOUNT=id CARD=payment_method_id REASON=text; or TOP_UP=id in place of CARD."
        )
    named = {"payment_method_id": arguments.card} if arguments.card else {"top_up_id": arguments.top_up}
    stack = find_stack()
    require_account(stack, arguments.account)
    if not arguments.yes and not confirm(f"Unblock this card for every account in {stack.name}?"):
        return 1
    actor, table_name = this_operator(), stack.table_name
    try:
        request = parse_unblock({**named, "reason": arguments.reason})
        unblocked = unblock_card(stack.client("dynamodb"), table_name, arguments.account, request, actor, clock.now())
    except CallingCreditError as error:
        raise CommandError(error.detail) from error
    card = unblocked.card
    state = "is unblocked" if unblocked.was_blocked else "was not blocked"
    resumes = " Automatic recharge resumes." if unblocked.resumes else ""
    console.print(f"{method_name(card.brand, card.last4)} {state}.{resumes}", markup=False)
    return 0


if __name__ == "__main__":
    run(main)
