"""The laws of payments under a seeded random driver: people pay, calls spend, rules change, Stripe fails, callbacks
come twice, late or never, time passes; after every operation the laws are rechecked.

    5   every top_up entry has its paid intent, and when all is settled every paid intent has its one entry
    6   at most one recharge is in flight; attempts only count up; no cap is exceeded when a charge is claimed
    1 2 balance and days are the sums of the entries; headroom is measured from an armed threshold or from nowhere
    9   entries never change

PAYMENT_LAWS_SEED and PAYMENT_LAWS_OPERATIONS change the run; the seed of a failure is in its message.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from calling_credit.money import format_money, parse_money
from local.stripe_stand_in.controls import Controls
from tests.harness.cards import CHALLENGED, DECLINED, PROCESSING, VISA, declining
from tests.harness.recharging import talk
from tests.harness.till import ACCOUNT, Till

pytestmark = pytest.mark.dynamodb

SEED = int(os.environ.get("PAYMENT_LAWS_SEED", "6"))
OPERATIONS = int(os.environ.get("PAYMENT_LAWS_OPERATIONS", "220"))
KINDS_OF_CARD = (
    VISA,
    VISA,
    "pm_card_mastercard",
    DECLINED,
    CHALLENGED,
    "pm_card_authenticationRequired",
    declining("lost_card"),
    declining("insufficient_funds"),
    PROCESSING,
)
FAULTS = ("answer_lost", "dropped", "error_500", "error_500_after", "rate_limited")
PLACES = ("POST /v1/payment_intents", "POST */confirm", "POST */cancel", "GET /v1/payment_intents/*", "*")


@dataclass
class Driver:
    """One run: its choices and the history of entries and attempts."""

    till: Till
    rng: random.Random
    cards: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: set[str] = field(default_factory=set)
    attempts: int = 0
    done: Counter[str] = field(default_factory=Counter)

    # What people and calls do

    def pay(self) -> None:
        """Add funds, or repeat an earlier request."""
        if self.asked and self.rng.random() < 0.3:
            amount, card, key = self.rng.choice(self.asked)
        else:
            amount = self.rng.choice(("5.00", "25.00", "80.00"))
            card, key = self.rng.choice(self.cards), f"key {len(self.asked)}"
            self.asked.append((amount, card, key))
        answer = self.till.pay(amount, card, key=key)
        assert answer.status in (201, 404, 409, 503), answer.text

    def talk(self) -> None:
        """Spend credit by a call."""
        talk(self.till, self.rng.choice((1, 5, 20)))

    def adjust(self) -> None:
        """Add or deduct credit as the operator."""
        micros = self.rng.choice((-1, 1)) * self.rng.randint(1, 400) * 100_000
        self.till.world.adjust(format_money(micros), f"adjustment {self.done.total()}")

    def save_card(self) -> None:
        """Save a card, sometimes with the same number again."""
        self.till.all_well()
        self.cards.append(self.till.card(self.rng.choice(KINDS_OF_CARD)))

    def remove_card(self) -> None:
        """Remove a card, through the API or at Stripe."""
        self.till.all_well()
        card = self.rng.choice(self.cards)
        if self.rng.random() < 0.5:
            assert self.till.world.ask("add_funds", "DELETE", f"/payment-methods/{card}").status in (204, 404, 503)
        elif self.till.sdk.v1.payment_methods.retrieve(card).customer:
            self.till.sdk.v1.payment_methods.detach(card)

    def set_rule(self) -> None:
        """Set, change, or switch the rule."""
        said: dict[str, Any] = {
            "enabled": self.rng.random() < 0.9,
            "threshold": self.rng.choice(("10.00", "60.00", "150.00")),
            "amount": self.rng.choice(("5.00", "20.00", "50.00")),
            "payment_method_id": self.rng.choice((self.cards[0], self.rng.choice(self.cards))),
            "hourly_count": self.rng.choice((1, 3, 20)),
            "daily_limit": self.rng.choice(("50.00", "200.00", "1000.00")),
            "monthly_limit": self.rng.choice(("100.00", "1000.00")),
        }
        assert self.till.rule(**said).status in (200, 404, 503)

    # What Stripe, banks and time do

    def stream(self) -> None:
        """Deliver the changes of the stream, once or repeatedly."""
        self.till.stream(times=self.rng.choice((1, 1, 3)), most=60)

    def call_back(self) -> None:
        """Deliver some of Stripe's events in any order, some twice, some never."""
        self.events += self.till.stand_in.take_events()
        self.rng.shuffle(self.events)
        for event in self.events[: self.rng.randint(0, 6)]:
            self.till.call_back(event)
        self.events = self.events[self.rng.randint(0, 8) :]

    def answer_bank(self) -> None:
        """Answer a challenge, or end a processing payment."""
        controls = Controls(self.till.stand_in)
        for intent in self.till.objects("payment_intent"):
            if intent["status"] == "requires_action" and self.rng.random() < 0.7:
                controls.answer_challenge(intent["id"], confirmed=self.rng.random() < 0.7)
            elif intent["status"] == "processing" and self.rng.random() < 0.7:
                (controls.settle if self.rng.random() < 0.7 else controls.fail)(intent["id"])

    def follow_link(self) -> None:
        """Follow the link of a waiting payment."""
        for item in self.till.top_ups():
            if (item["kind"], item["status"]) == ("automatic", "requires_action"):
                url = self.till.top_up(str(item["topup_id"])).get("next_action_url", "")
                assert self.till.visit(url.rsplit("/", 1)[1], "POST").status in (200, 303, 404, 503)

    def order_fault(self) -> None:
        """Plan a fault of Stripe."""
        self.till.fault(self.rng.choice(FAULTS), self.rng.choice(PLACES), count=self.rng.randint(1, 3))

    def sweep(self) -> None:
        """Pass a minute, an hour, a day, or a week."""
        self.till.sweep(minutes=self.rng.choice((1, 1, 3, 61, 1441, 10_080)))

    # What must hold

    def check(self) -> None:
        """Check every law that holds at any moment."""
        self.till.world.balance()
        paid = {
            intent["metadata"]["topup_id"]: intent["amount_received"] * 10_000
            for intent in self.till.objects("payment_intent")
            if intent["status"] == "succeeded"
        }
        for entry in self.till.world.entries():
            known = self.entries.setdefault(entry["SK"], entry)
            assert known == entry, "law 9"
            if entry["category"] == "top_up":
                assert paid.get(entry["SK"].rsplit("#", 1)[1]) == entry["amount_micros"], "law 5: no such payment"
        self.check_recharges()

    def check_recharges(self) -> None:
        """Check law 6."""
        rules = self.till.world.of_kind("AUTO_RECHARGE")
        if not rules:
            return
        [rule] = rules
        automatic = [item for item in self.till.top_ups() if item["kind"] == "automatic"]
        under_way = [item for item in automatic if item["status"] in ("created", "confirming", "processing")]
        assert len(under_way) <= 1, "law 6: two at once"
        assert rule["attempt"] >= self.attempts, "law 6: attempts count up"
        self.attempts = int(rule["attempt"])
        for item in automatic:
            if item["topup_id"] not in self.claims:
                self.claims.add(item["topup_id"])
                self.check_claim(item, automatic, rule)

    def check_claim(self, item: dict[str, Any], automatic: list[dict[str, Any]], rule: dict[str, Any]) -> None:
        """Check that a charge is within every cap of its rule; the account's time zone is UTC."""
        at = str(item["created_at"])
        spent = [one for one in automatic if one["status"] not in ("failed", "canceled") and one["created_at"] <= at]
        kept = [one for one in spent if one["status"] != "requires_action"]
        for length, limit in ((10, "daily_limit_micros"), (7, "monthly_limit_micros")):
            total = sum(one["amount_micros"] for one in kept if one["created_at"][:length] == at[:length])
            assert total <= rule[limit], f"law 6: {limit}"
        hour_ago = datetime.fromisoformat(at) - timedelta(hours=1)
        lately = [one for one in kept if datetime.fromisoformat(one["created_at"]) > hour_ago]
        assert len(lately) <= rule["hourly_count"], "law 6: hourly count"
        assert item["amount_micros"] % rule["amount_micros"] == 0
        assert item["amount_micros"] <= parse_money("500.00")

    def settle_down(self) -> None:
        """Run without faults until only payments that wait for a customer are open."""
        self.till.all_well()
        self.till.rule(enabled=False)
        for intent in self.till.objects("payment_intent"):
            if intent["status"] == "processing":
                Controls(self.till.stand_in).settle(intent["id"])
        for _ in range(8):
            self.till.stream(most=60)
            self.till.call_all_back()
            self.till.sweep(minutes=70)
        self.till.check()
        left = [item for item in self.till.top_ups() if item["status"] in ("created", "confirming", "processing")]
        assert left == []


OPERATIONS_BY_WEIGHT: dict[str, tuple[int, Callable[[Driver], None]]] = {
    "pay": (12, Driver.pay),
    "talk": (25, Driver.talk),
    "adjust": (5, Driver.adjust),
    "save a card": (8, Driver.save_card),
    "remove a card": (3, Driver.remove_card),
    "set the rule": (8, Driver.set_rule),
    "stream": (30, Driver.stream),
    "call back": (20, Driver.call_back),
    "answer the bank": (10, Driver.answer_bank),
    "follow a link": (6, Driver.follow_link),
    "a fault at Stripe": (12, Driver.order_fault),
    "sweep": (18, Driver.sweep),
}


def test_the_laws_of_payments_hold_after_every_operation(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    driver = Driver(till, random.Random(SEED), [till.card(VISA)])
    names, weights = list(OPERATIONS_BY_WEIGHT), [weight for weight, _ in OPERATIONS_BY_WEIGHT.values()]
    for step in range(OPERATIONS):
        name = names[step] if step < len(names) else driver.rng.choices(names, weights)[0]
        till.later(seconds=driver.rng.choice((1, 20, 300)))
        try:
            OPERATIONS_BY_WEIGHT[name][1](driver)
            driver.check()
        except Exception as error:
            told = f"PAYMENT_LAWS_SEED={SEED}, step {step}, {name}: {type(error).__name__}: {error}"
            raise AssertionError(told) from error
        driver.done[name] += 1
    driver.settle_down()
    driver.check()
    ended = Counter(f"{item['kind']} {item['status']}" for item in till.top_ups(ACCOUNT))
    with capsys.disabled():
        print(
            f"\n  {driver.done.total()} operations (PAYMENT_LAWS_SEED={SEED}), {len(driver.entries)} entries, {ended}"
        )
    assert any(kind.endswith("succeeded") for kind in ended)
