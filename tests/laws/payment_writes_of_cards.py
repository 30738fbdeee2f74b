"""Short flows of freezing, of cards, and of a move to another Stripe account, like those of payment_writes.py."""

from contextlib import suppress

from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.errors import CallingCreditError
from calling_credit.links.link import freeze_link
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from local.stripe_stand_in.account_controls import AccountControls
from ops import relink_stripe
from ops.terminal import CommandError
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.till import ACCOUNT
from tests.harness.wire import Killed
from tests.laws.payment_bench import PaymentBench
from tests.laws.payment_flows import pay, save, save_and_rule, wait_for_customer
from tests.laws.payment_flows_back import freeze
from tests.laws.payment_writes import rule_is_idle, sweep_twice

# --- Freezing ---------------------------------------------------------------------------------------------------------


def token(bench: PaymentBench, event_id: str) -> str:
    """The token of a freeze link that is handed out now."""
    links = LinkStore(bench.stack.dynamodb, bench.stack.table_name)
    link = freeze_link(ACCOUNT, event_id, "2026-11-23T12:00:00.000Z")
    return issue_link(links, "test-secret", "https://page.test/", link, bench.till.world.clock.now).rpartition("/")[2]


def waiting_with_links(bench: PaymentBench) -> None:
    """A payment that waits for the bank's confirmation, and two freeze links."""
    save(bench, CHALLENGED)
    pay(bench)
    bench.till.stand_in.take_events()
    bench.links = [token(bench, event_id) for event_id in ("evt_1", "evt_2")]


def press(bench: PaymentBench, number: int) -> str:
    """Press the button behind a freeze link until the page answers."""
    answer = bench.ask("follow_links", "POST", f"/links/{bench.links[number]}", signed_in=False)
    return answer.text


def press_first(bench: PaymentBench) -> None:
    """Freeze the account by its first link; the sweeper cancels what waits."""
    assert "The account is frozen" in press(bench, 0)


def frozen_by_link(bench: PaymentBench) -> None:
    """The same payment and links, after the first link froze the account."""
    waiting_with_links(bench)
    bench.till.later(seconds=30)
    press(bench, 0)


def unfreeze(bench: PaymentBench) -> None:
    """The operator unfreezes the account."""
    assert bench.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": False}).status == 200


def press_both(bench: PaymentBench) -> None:
    """Both links are pressed, and the sweeper finds the payment that waited."""
    for number in (0, 1):
        assert "The account is frozen" not in press(bench, number)
    sweep_twice(bench)


def link_of_frozen(bench: PaymentBench) -> None:
    """A recharge that waits for its customer, and whose account was frozen since."""
    wait_for_customer(bench)
    bench.till.later(seconds=30)
    freeze(bench)
    bench.till.stand_in.take_events()


def follow_halted_link(bench: PaymentBench) -> None:
    """The customer follows the link of the payment, until the page answers."""
    answer = bench.ask("follow_links", "POST", bench.link, signed_in=False)
    assert "Nothing to confirm" in answer.text


# --- Cards ------------------------------------------------------------------------------------------------------------


def saved_twice(bench: PaymentBench) -> None:
    """A rule above its threshold whose card is saved a second time."""
    rule_is_idle(bench)
    bench.till.later(seconds=5)
    save(bench, VISA)
    bench.till.stand_in.take_events()


def two_cards(bench: PaymentBench) -> None:
    """Two cards, of which the first is the default."""
    save(bench, MASTERCARD)
    bench.till.later(seconds=5)
    save(bench, VISA)
    bench.till.stand_in.take_events()


def choose_default(bench: PaymentBench) -> None:
    """Make the second card the default, until the page answers."""
    answer = bench.ask("add_funds", "PATCH", f"/payment-methods/{bench.card}", {"default": True})
    assert (answer.status, answer.body["default"]) == (200, True), answer.text


def remove_card(bench: PaymentBench) -> None:
    """Remove the card until it is gone; the callbacks of its payment methods follow."""
    answer = bench.ask("add_funds", "DELETE", f"/payment-methods/{bench.card}")
    assert answer.status in (204, 404), answer.text
    bench.call_back()


def exhausted(bench: PaymentBench) -> None:
    """A card after four declines, with a rule that does not charge it, and Stripe's page to save it again."""
    bench.till.world.adjust("50.00", "opening")
    save_and_rule(bench, DECLINED)
    for _ in range(4):
        assert bench.till.paid("5.00", bench.card)["status"] == "failed"
    bench.till.later(seconds=5)
    assert bench.ask("add_funds", "POST", "/payment-methods").status == 201
    bench.till.stand_in.take_events()


def save_on_page(bench: PaymentBench) -> None:
    """The customer saves the card on Stripe's page."""
    session = bench.till.objects("checkout.session")[-1]
    bench.till.controls.complete_checkout(session["id"], DECLINED)
    bench.call_back()


def delete_customer(bench: PaymentBench) -> None:
    """Someone deletes the customer at Stripe."""
    bench.till.controls.delete_customer(bench.till.customer())
    bench.call_back()


# --- Another Stripe account -------------------------------------------------------------------------------------------


def moved(bench: PaymentBench) -> None:
    """Two accounts with cards, one with a rule, whose stack then gets the key of an empty Stripe account."""
    bench.till.world.create_account("acct_2")
    rule_is_idle(bench)
    bench.till.card(account="acct_2")
    AccountControls(bench.till.stand_in).move_to_account("acct_1Other")


def relink(bench: PaymentBench) -> None:
    """Run `make relink-stripe` until it ends without an error."""
    for _ in range(12):
        bench.wire.dead = False
        with suppress(Killed, CommandError, CallingCreditError, *AWS_ERRORS):
            assert relink_stripe.main() == 0
            return
    raise AssertionError("the command never ends")
