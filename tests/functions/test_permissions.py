"""The policies of the functions allow the actions and partitions that they use on the table, and few others."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from fnmatch import fnmatchcase

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.budget_requests_bench import use_budgets
from tests.functions.connectors_bench import check, create_key, revoke_key
from tests.functions.desk_bench import act, use_the_desk
from tests.functions.freeze_bench import FROZEN, issued, press
from tests.functions.moves_bench import move_everything
from tests.functions.new_prices_bench import announce_a_rise, new_prices
from tests.functions.notifications_bench import use_notifications
from tests.functions.policy_bench import allowed, checks_of, partitions_allowed
from tests.functions.proof_bench import change
from tests.functions.report_bench import use_numbers
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.table import FUNCTIONS, sample_event
from tests.harness.till import ALWAYS, CREATE, Till
from tests.harness.world import INCLUDED, UNCOVERED, World

pytestmark = pytest.mark.dynamodb
WITHOUT_TABLE = ("publish_events", "billing_page", "public_rates", "check_release")
OF_TABLE = tuple(name for name in FUNCTIONS if name not in WITHOUT_TABLE)
"""Functions that use the table: not the publisher, which reads its stream, the page, and those that read only decks."""
OF_PAYMENTS = (
    "add_funds",
    "follow_links",
    "stripe_webhook",
    "auto_recharge",
    "reconcile_payments",
    "change_settings",
    "move_credit",
    "prove_accounts",
    "prove_ledger",
    "send_mail",
)
OTHERS = ("check_connector_key", "publish_rates", "rerate_calls", "read_accounts", "keep_accounts", "record_bounces")


@contextmanager
def recorded(till: Till) -> Iterator[dict[str, set[tuple[str, str]]]]:
    """The actions of functions meanwhile, as IAM evaluates them, each with its partition."""
    used: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with ExitStack() as everyone:
        requests = {name: everyone.enter_context(till.world.recorded(name)) for name in OF_TABLE}
        yield used
    for name, sent in requests.items():
        for operation, parameters in sent:
            used[name] |= set(checks_of(operation, parameters))


def everything_that_happens(till: Till) -> None:
    """A day of one account: calls, cards, payments of every outcome, recharges, callbacks, sweeps, and reads."""
    world = till.world
    world.create_account("acct_2")
    world.adjust("5.00", "k_1")
    world.deliver({}, {"call_id": "c_2", "to": UNCOVERED}, {"call_id": "c_3", "line_id": "line_x"}, {"to": INCLUDED})
    for is_on in (False, True):
        world.change("/lines/line_1", {"international_calling": is_on})
    use_numbers(till.world)
    use_notifications(till)
    assert world.authorize("c_4", seconds=60).body["decision"] == "allow"
    world.clock.now += timedelta(minutes=30)
    assert world.stack.invoke("expire_holds", {})["holds_expired"] == 1
    visa, challenged = till.card(VISA), till.card(CHALLENGED)
    for card in (visa, till.card(DECLINED), challenged):
        till.paid("25.00", card)
    till.challenge(open_one(till))
    till.sweep(minutes=3)
    till.call_all_back()
    world.adjust("-100.00", "k_2")
    till.set_rule(challenged)
    till.stream()
    mail_that_it_waits(till)
    till.visit(till.top_up(open_one(till))["next_action_url"].rpartition("/")[2], "POST")
    till.challenge(open_one(till), confirmed=False)
    till.call_all_back()
    till.set_rule(till.card(DECLINED))
    till.stream()
    till.call_all_back()
    till.sweep(hours=2)
    till.set_rule(till.card(MASTERCARD))
    till.stream()
    lose_answers(till, visa)
    receive_unknown_objects(till, visa)
    read_everything(till)
    follow_a_link(till, challenged)
    till.paid("25.00", challenged)
    move_everything(till)
    take_money_back(till)
    use_budgets(till)
    assert act(world, "/countries/KR/confirm", {}).status == 200
    assert press(till, issued(till)) == FROZEN
    assert world.operate("PUT", "/accounts/acct_1", {"frozen": True}).status == 200
    till.sweep(minutes=1)
    till.prove(days=1)
    use_the_desk(till.world)
    use_connector_keys(till.world)
    world.clock.now += timedelta(days=800)
    assert world.stack.invoke("shorten_numbers", {}, 900)["numbers"] > 0


def use_connector_keys(world: World) -> None:
    """A switch with a key asks, and then with a revoked one."""
    key = create_key(world)
    assert check(world, f"Bearer {key}")["isAuthorized"] is True
    revoke_key(world)
    assert check(world, f"Bearer {key}")["isAuthorized"] is False


def follow_a_link(till: Till, card: str) -> None:
    """A link that confirms a recharge, and that is followed again once the bank has confirmed it."""
    till.world.adjust("-200.00", "k_5")
    till.set_rule(card)
    till.stream()
    token = till.top_up(open_one(till))["next_action_url"].rpartition("/")[2]
    assert till.visit(token, "POST").status == 303
    till.challenge(open_one(till))
    assert "Paid" in till.visit(token, "POST").text


def lose_answers(till: Till, visa: str) -> None:
    """Payments of both kinds whose requests Stripe never receives."""
    till.fault("dropped", CREATE, count=ALWAYS)
    till.pay("25.00", visa)
    till.all_well()
    till.sweep(minutes=3)
    till.world.adjust("-100.00", "k_3")
    till.fault("dropped", CREATE, count=ALWAYS)
    till.stream()
    till.all_well()
    till.sweep(minutes=3)


def receive_unknown_objects(till: Till, visa: str) -> None:
    """Callbacks about a renewed and a removed card, another system's payment, and a payment of an unknown top-up."""
    Controls(till.stand_in).renew_card(visa)
    till.sdk.v1.payment_methods.detach(till.state()["payment_method_id"])
    stray = till.sdk.v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": "pm_card_visa"})
    till.sdk.v1.payment_intents.confirm(stray.id, {"return_url": "https://page.test/"})
    till.call_all_back()
    till.sdk.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "customer": till.customer(),
            "payment_method": visa,
            "metadata": {"account_id": "acct_1", "topup_id": "tu_x"},
            "confirm": True,
            "return_url": "https://page.test/",
        }
    )


def take_money_back(till: Till) -> None:
    """Refunds, disputes, and warnings, by callback and by the sweep's list, and what the operator does about them."""
    controls, card = Controls(till.stand_in), till.card(VISA)
    for is_called_back in (True, False):
        for move in (lambda charge: till.sdk.v1.refunds.create({"charge": charge}), controls.dispute, controls.warn):
            payment = till.paid("5.00", card)["id"]
            intent = next(item["intent_id"] for item in till.top_ups() if item["topup_id"] == payment)
            move(str(till.sdk.v1.payment_intents.retrieve(intent).latest_charge))
            till.call_all_back() if is_called_back else till.stand_in.take_events()
            till.sweep(minutes=16)
            unblock = {"top_up_id": payment, "reason": "Test"}
            assert till.world.operate("POST", "/accounts/acct_1/cards/unblock", unblock).status == 200
    switch_off = {"enabled": False, "reason": "Test"}
    assert till.world.operate("PUT", "/accounts/acct_1/auto-recharge", switch_off).status == 200
    saved = [item["id"] for item in till.world.ask("add_funds", "GET", "/payment-methods").body["items"]]
    assert till.world.ask("add_funds", "DELETE", f"/payment-methods/{saved[-1]}").status == 204
    page = till.world.ask("add_funds", "POST", "/payment-methods")
    assert page.status == 201, page.text
    controls.complete_checkout(page.body["url"].rpartition("/")[2])
    till.call_all_back()
    controls.delete_customer(till.customer())
    till.call_all_back()


def read_everything(till: Till) -> None:
    """A customer reads each part of the page."""
    for path in ("/balance", "/usage", "/statement", "/lines", "/usage/outbound_international_call"):
        assert till.world.get(path).status == 200
    for path in ("/activity", "/denied-calls"):
        assert till.world.get(path).status == 200
    assert till.world.ask("change_settings", "POST", "/auto-recharge/simulate", {}).status == 200
    for path in ("/top-ups", "/payment-methods"):
        assert till.world.ask("add_funds", "GET", path).status == 200
    till.shown_rule()
    new_prices(till)
    announce_a_rise(till.world)


def mail_that_it_waits(till: Till) -> None:
    """A mail with a link that SES rejects at first, and that then comes back."""
    till.world.operate("PUT", "/accounts/acct_1", {"billing_emails": ["ada@halcyon.example"]})
    data = {"reason": "authentication_required", "message": "", "payment_method": {"brand": "visa", "last4": "3220"}}
    event = sample_event("send_mail")
    event["detail"] |= {"type": "AutoRechargeSuspended", "data": data}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(till.world.stack.apps["send_mail"].mailer, "send_email", lambda **_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            till.world.stack.invoke("send_mail", event)
    assert till.world.stack.invoke("send_mail", event) == {"addresses": 1}
    report = sample_event("record_bounces")
    assert till.world.stack.invoke("record_bounces", report) == {"recorded": 1}
    change(till, max(till.world.of_kind("BOUNCED"), key=lambda item: item["times"]), "version", "unreadable")
    report["detail"]["mail"]["tags"] = {}
    assert till.world.stack.invoke("record_bounces", report) == {"recorded": 1}


def open_one(till: Till) -> str:
    """The payment that waits for the customer's confirmation."""
    [waiting] = [item for item in till.top_ups() if item["status"] == "requires_action"]
    return str(waiting["topup_id"])


def test_functions_ask_the_table_for_what_their_policies_allow(till: Till) -> None:
    with recorded(till) as used:
        everything_that_happens(till)
    assert set(used) == set(OF_TABLE)
    for function, checks in used.items():
        actions = {action for action, _ in checks}
        assert actions <= allowed(function), f"{function} would be refused {actions - allowed(function)}"
        refused = {
            (action, partition)
            for action, partition in checks
            if not any(fnmatchcase(partition, pattern) for pattern in partitions_allowed(function, action))
        }
        assert not refused, f"{function} would be refused"
        if function in (*OF_PAYMENTS, *OTHERS):
            assert actions == allowed(function), f"{function} never uses {allowed(function) - actions}"
