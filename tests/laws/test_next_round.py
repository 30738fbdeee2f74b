"""Each payment that Stripe took is in the ledger after the next round of the sweeper, with its receipt, also if the
worker of the payment failed at any request. That round is alone: no callback arrives, no client and no stream asks
again, and it is not the minute in which it lists Stripe's events. So each payment can be found by its own item, and one
round is enough.

Each path is recorded once without troubles, then each of its requests is crossed with every trouble. A seed draws those
that are played, most of them from the request on with which Stripe may take money; FAULTS_SHARE=1 plays all.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from calling_credit.config import config
from local.stripe_stand_in.sender import body_of
from tests.functions.tax_bench import FIFTEEN, enter, publish
from tests.harness.cards import CHALLENGED, VISA
from tests.laws.payment_bench import Flow, PaymentBench
from tests.laws.payment_ends import kinds_of, unpaid
from tests.laws.payment_flows import (
    another_is_abandoned,
    another_waits,
    challenge,
    save,
    save_and_rule,
    wait_for_customer,
)
from tests.laws.payment_flows_of_banks import SUCCESS, save_backup_and_rule, save_bank_account
from tests.laws.payment_sampling import SEED, SHARE
from tests.laws.payment_troubles import Trouble, troubles

pytestmark = pytest.mark.dynamodb

TAKES_MONEY = ("POST /v1/payment_intents/*/confirm", "POST /v1/checkout/sessions")
PLAYED, PLAYED_BEFORE = 20, 3
"""The troubles of each path that are played from that request on, and before it."""
EVENTS_EVERY_MINUTES, EVENTS_AT_MINUTE = 5, 2
Act = Callable[[PaymentBench], None]


@dataclass(frozen=True)
class Path:
    """How a payment is made: the state before, each invocation once, and how many minutes later the round is that must
    find it. `is_paid_before`: Stripe has taken it before the path begins.
    """

    name: str
    prepare: Act
    acts: tuple[Act, ...]
    minutes: int = 3
    is_paid_before: bool = False
    is_taxed: bool = False

    def take(self, bench: PaymentBench) -> None:
        """Take the path once."""
        for act in self.acts:
            act(bench)


def post(bench: PaymentBench) -> None:
    """Pay with the saved card or bank account."""
    body = {"amount": "25.00", "payment_method_id": bench.card}
    bench.invoke("add_funds", bench.request("add_funds", "POST", "/top-ups", body))


def pay_page(bench: PaymentBench) -> None:
    """Open Stripe's page; if its address arrives, pay there and return."""
    answer = bench.invoke("add_funds", bench.request("add_funds", "POST", "/top-ups/checkout", {"amount": "25.00"}))
    if answer is not None and answer["statusCode"] == 201:
        url = json.loads(answer["body"])["checkout_url"]
        session = next(one for one in bench.till.objects("checkout.session") if one["url"] == url)
        bench.till.controls.complete_checkout(session["id"], VISA)
        bench.invoke("add_funds", bench.request("add_funds", "GET", f"/top-ups/{session['client_reference_id']}"))


def stream(bench: PaymentBench) -> None:
    """Deliver the balances that changed."""
    records = bench.till.take_records()
    if records:
        bench.invoke("auto_recharge", {"Records": records})


def call_back(bench: PaymentBench) -> None:
    """Deliver each callback once."""
    for event in bench.till.stand_in.take_events():
        bench.invoke("stripe_webhook", bench.till.callback(body_of(event)))


def press(bench: PaymentBench) -> None:
    """Press the button of the link in the mail about a recharge that waits."""
    bench.invoke("follow_links", bench.request("follow_links", "POST", bench.link, signed_in=False))


def sweep(bench: PaymentBench) -> None:
    """Run a round, which may fail."""
    run_round(bench)


def run_round(bench: PaymentBench, minutes: int = 3) -> Any:
    """Run a round of the sweeper that lists no events, once the leases have ended."""
    bench.till.later(minutes=minutes)
    while bench.till.world.clock.now.minute % EVENTS_EVERY_MINUTES == EVENTS_AT_MINUTE:
        bench.till.later(minutes=1)
    bench.till.world.stack.let_leases_expire()
    return bench.invoke("reconcile_payments", {})


def wait_for_bank(bench: PaymentBench) -> None:
    """Let the days pass after which a debit has succeeded."""
    bench.till.controls.pass_days(4)


def enter_details(bench: PaymentBench) -> None:
    """Let the stack tax the account's payments."""
    publish(bench.till, FIFTEEN)
    enter(bench.till)


def pay_taxed(bench: PaymentBench) -> None:
    """A saved card and billing details."""
    enter_details(bench)
    save(bench, VISA)


def recharge_taxed(bench: PaymentBench) -> None:
    """A rule and billing details."""
    enter_details(bench)
    save_and_rule(bench, VISA)


def leave_open(bench: PaymentBench) -> None:
    """A payment that Stripe took, whose worker got no answer."""
    bench.till.left_open()


PATHS = (
    Path("by hand", lambda b: save(b, VISA), (post,)),
    Path("by hand, taxed", pay_taxed, (post,), is_taxed=True),
    Path("by hand, confirmed at the bank", lambda b: save(b, CHALLENGED), (post, challenge)),
    Path("by hand, confirmed, with callbacks", lambda b: save(b, CHALLENGED), (post, challenge, call_back)),
    Path("by hand, while another waits", another_waits, (post,)),
    Path("on Stripe's page", lambda _: None, (pay_page,), 35),
    Path("on Stripe's page, taxed", enter_details, (pay_page,), 35, is_taxed=True),
    Path("by bank account", lambda b: save_bank_account(b, SUCCESS), (post, wait_for_bank), 365),
    Path("automatic", lambda b: save_and_rule(b, VISA), (stream,)),
    Path("automatic, taxed", recharge_taxed, (stream,), is_taxed=True),
    Path("automatic, after an abandoned one", another_is_abandoned, (stream,)),
    Path("automatic, with the backup card", lambda b: save_backup_and_rule(b, VISA), (stream, stream, stream)),
    Path("recovered by its link", wait_for_customer, (press, challenge, press)),
    Path("entered by a callback", leave_open, (call_back,), is_paid_before=True),
    Path("entered by an earlier round", leave_open, (sweep,), is_paid_before=True),
)


@pytest.fixture
def taxed(payment_bench: PaymentBench, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stack that taxes payments if the path says so."""
    monkeypatch.setenv("TAX", "table" if path.is_taxed else "none")
    config.cache_clear()
    assert payment_bench.stack.apps
    yield
    config.cache_clear()


def differences(bench: PaymentBench, path: Path) -> Iterator[str]:
    """What is not as it must be after the next round."""
    bench.till.stand_in.take_events()
    counts = run_round(bench, path.minutes)
    if counts is None or counts["failed"]:
        yield f"the round ends with {counts}"
    kinds = kinds_of(bench.stack.stored_items())
    top_ups = kinds.get("TOPUP", [])
    yield from unpaid(kinds.get("ENTRY", []), bench.till.objects("payment_intent"), top_ups)
    for item in top_ups:
        is_complete = {"is_finished", "receipt"} <= item.keys() and not {"receipt_due", "sweep_pk"} & item.keys()
        if item["status"] == "succeeded" and not is_complete:
            yield f"something of it is still due: {item}"


def chosen(generated: list[Trouble], first: int) -> list[Trouble]:
    """The troubles to play. `first`: the request with which Stripe may take money."""
    if SHARE == 1:
        return generated
    draw = random.Random(SEED)
    before = [trouble for trouble in generated if trouble.at < first]
    after = [trouble for trouble in generated if trouble.at >= first]
    return [
        trouble
        for some, most in ((before, PLAYED_BEFORE), (after, PLAYED))
        for trouble in draw.sample(some, min(most, len(some)))
    ]


@pytest.mark.usefixtures("taxed")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_next_round_enters_what_stripe_took(
    payment_bench: PaymentBench, capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    bench, flow = payment_bench, Flow(path.name, path.prepare, path.take, [], {}, 0)
    bench.prepare(flow)
    with bench.wire.recording() as scenario:
        path.take(bench)
    assert list(differences(bench, path)) == []
    assert any(intent["amount_received"] for intent in bench.till.objects("payment_intent"))
    calls = list(dict.fromkeys(sent.call for sent in scenario))
    first = min((calls.index(sent.call) for sent in scenario if sent.operation in TAKES_MONEY), default=0)
    broken: list[str] = []
    number = taken = 0
    for trouble in chosen(list(troubles(scenario)), 0 if path.is_paid_before else first):
        bench.prepare(flow)
        with bench.wire.interfering(trouble):
            path.take(bench)
        taken += any(intent["amount_received"] for intent in bench.till.objects("payment_intent"))
        number += 1
        broken += [f"{trouble.name}: {found}" for found in differences(bench, path)]
        broken += [] if trouble.hits else [f"{trouble.name}: it met nothing"]
    with capsys.disabled():
        print(f"\n  {path.name}: {len(calls)} requests, {number} troubles, {taken} of them with money taken")
    assert not broken, "\n".join(broken)
