"""Law 10 for what changes cards, rules, and accounts beside a payment: a crash at any request, and then a repetition,
end like no crash, and charge nothing twice.

Each short flow is recorded once. Every crash at each of its requests is played, and other faults by the same seed as
those of whole payments (test_payment_faults.py).
"""

import sys
from functools import partial
from typing import Any, ClassVar

import boto3
import pytest

from ops import relink_stripe
from ops.stack import FoundStack
from tests.harness.faults import Point
from tests.harness.table import TABLE
from tests.laws import payment_write_ends as ends
from tests.laws import payment_writes as writes
from tests.laws import payment_writes_of_cards as cards
from tests.laws.payment_bench import Flow, PaymentBench, points
from tests.laws.payment_ends import differences
from tests.laws.payment_flows_back import FIFTY, ONE_PAID, disputed, freeze, save_another
from tests.laws.payment_sampling import play_all, sampled_at_writes

pytestmark = pytest.mark.dynamodb

OUTPUTS = {"TableName": TABLE, "StripeSecretArn": "calling-credit-test-stripe"}


class FoundOnWire(FoundStack):
    """The stack that a command finds; its clients of the table are those of a function."""

    wired: ClassVar[Any] = None

    def client(self, service: Any) -> Any:
        """Return a client whose requests may fail."""
        return self.wired if service == "dynamodb" else super().client(service)


@pytest.fixture(autouse=True)
def command(payment_bench: PaymentBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the stack of the bench, on its wire, and ask nothing."""
    stack = FoundOnWire("test", False, OUTPUTS, boto3.Session(), None)
    monkeypatch.setattr(FoundOnWire, "wired", payment_bench.stack.apps["manage_accounts"].dynamodb)
    monkeypatch.setattr(relink_stripe, "find_stack", lambda: stack)
    monkeypatch.setattr(relink_stripe, "STRIPE", "http://stripe.test")
    monkeypatch.setattr(sys, "argv", ["make", "--yes"])


def play(bench: PaymentBench, flow: Flow, point: Point) -> list[str]:
    """Play the flow with one fault; the differences from its expected end."""
    bench.prepare(flow)
    bench.context = point.context
    with bench.wire.interfering(point):
        flow.begin(bench)
    bench.wire.dead = False
    for passed in point.late:
        passed()
    flow.then(bench)
    return [*differences(bench, flow), *([] if point.hits else ["the fault met nothing"])]


CANCELED, PAID = {"canceled": 1}, ["succeeded"]
SETTLE = PaymentBench.settle_down
REFUSED = (
    Flow("off before a confirmation", writes.left_unconfirmed, writes.switch_off, [], CANCELED, 0, then=SETTLE),
    Flow("frozen before a confirmation", writes.left_unconfirmed, freeze, [], CANCELED, 0, then=SETTLE),
    Flow(
        "blocked before a confirmation",
        writes.paid_and_left_unconfirmed,
        writes.repeat_payment,
        PAID,
        CANCELED | ONE_PAID,
        0,
        ends.still_blocked,
        SETTLE,
    ),
    Flow("canceled by the sweep", writes.off_and_unconfirmed, writes.sweep_twice, [], CANCELED, 0),
)
RULES = (
    Flow("unblocked", writes.blocked_by_dispute, writes.unblock, PAID, ONE_PAID, 0, ends.cleared, SETTLE),
    Flow(
        "switched off", writes.rule_is_idle, writes.switch_off, [], {}, 5_000_000, ends.switched_off, writes.spend_all
    ),
    Flow("changed by its version", writes.rule_is_idle, writes.change_rule, [], {}, FIFTY, ends.changed),
    Flow("armed", writes.rule_is_off, writes.arm, PAID, ONE_PAID, FIFTY, ends.armed, SETTLE),
    Flow("refund failed", writes.refunded_recharge, writes.fail_refund, PAID, ONE_PAID, FIFTY, ends.resumed, SETTLE),
    Flow(
        "suspicious call", writes.suspicious_call, writes.count_call, PAID, ONE_PAID, 54_500_000, ends.counted, SETTLE
    ),
    Flow("limits", writes.rule_is_idle, writes.lower_limits, [], {}, FIFTY, ends.limits_once),
    Flow("line", writes.rule_is_idle, writes.switch_line, [], {}, FIFTY, ends.line_once),
    Flow("after a gap", writes.left_without_events, writes.compare, PAID, ONE_PAID, 0, disputed),
    Flow("card expires", writes.card_expires, writes.sweep_twice, [], {}, FIFTY, ends.announced),
)
FREEZES = (
    Flow("frozen by link", cards.waiting_with_links, cards.press_first, [], CANCELED, 0, ends.stays_frozen, SETTLE),
    Flow("link of a frozen payment", cards.link_of_frozen, cards.follow_halted_link, [], CANCELED, 0),
    Flow("unfrozen", cards.frozen_by_link, cards.unfreeze, [], CANCELED, 0, ends.stays_unfrozen, cards.press_both),
)
CARDS = (
    Flow("default chosen", cards.two_cards, cards.choose_default, [], {}, 0, ends.default_once),
    Flow("card removed", cards.saved_twice, cards.remove_card, [], {}, FIFTY, ends.removed),
    Flow(
        "exhausted card saved again",
        cards.exhausted,
        cards.save_on_page,
        ["failed"] * 4,
        {"canceled": 4},
        FIFTY,
        ends.spared,
    ),
    Flow("customer deleted", writes.rule_is_idle, cards.delete_customer, [], {}, FIFTY, ends.card_gone),
    Flow("relinked", cards.moved, cards.relink, [], {}, FIFTY, ends.relinked),
    Flow("setup page", writes.rule_is_idle, save_another, [], {}, FIFTY, ends.page_counted),
)


@pytest.mark.parametrize("flow", [*REFUSED, *RULES, *FREEZES, *CARDS], ids=lambda flow: flow.name)
def test_law_10_a_change_ends_the_same_after_any_crash(
    payment_bench: PaymentBench, capsys: pytest.CaptureFixture[str], flow: Flow
) -> None:
    assert_law_10(payment_bench, capsys, flow)


def assert_law_10(bench: PaymentBench, capsys: pytest.CaptureFixture[str], flow: Flow) -> None:
    """Play every sampled fault of a flow."""
    bench.prepare(flow)
    with bench.wire.recording() as scenario:
        flow.begin(bench)
    flow.then(bench)
    assert list(differences(bench, flow)) == []
    generated = list(points(scenario, bench))
    broken, covered = play_all(sampled_at_writes(generated, scenario), partial(play, bench, flow))
    with capsys.disabled():
        drawn = f"{covered.total():>4} of {len(generated)} crash points"
        print(f"\n  {drawn}: {flow.name}, {len(scenario)} requests, {len(covered)} kinds of fault")
    assert broken == []
    assert covered["crash_after"] > 0, "no write was found"
