"""The seeded driver of payments: its state, its kinds of operations, and the laws rechecked after each."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from calling_credit.instants import format_instant
from tests.harness.cards import fingerprint_of
from tests.harness.http import Answer
from tests.harness.till import ACCOUNT, Till
from tests.laws.payment_causes import Causes
from tests.laws.payment_checks import PaymentBook
from tests.laws.payment_quota import ESSENTIALS, Essential, wanted
from tests.laws.payment_witness import Witness

NEIGHBOR = "acct_2"
"""An account that pays with cards of the same numbers."""
RAISED = ("threshold_micros", "amount_micros")
"""What an admin raises to arm a rule. Higher limits loosen it, but arm nothing."""
LIMITS = ("hourly_count", "daily_limit_micros", "monthly_limit_micros")
Operation = Callable[["PaymentDriver"], None]
KINDS: dict[str, tuple[int, Operation]] = {}
FOLLOWS = 0.9
"""How likely the next step of a chain comes before anything else."""
STEERED = 0.8
"""How likely an operation is one that can bring about what the run still lacks."""


def operation(kind: str, weight: int) -> Callable[[Operation], Operation]:
    """Register a kind of operation and its weight."""

    def register(carry_out: Operation) -> Operation:
        KINDS[kind] = (weight, carry_out)
        return carry_out

    return register


@dataclass
class Tab:
    """What a browser tab showed of a rule, of the limits, or of a line."""

    path: str
    shown: dict[str, Any]


@dataclass
class FreezeLink:
    """A freeze link of a mail: its token, and whether it may still act."""

    token: str
    expires_at: str
    acts: bool = True


@dataclass
class PaymentDriver:
    """One run: its choices, what people and Stripe have seen, and the laws."""

    till: Till
    rng: random.Random
    cards: list[str] = field(default_factory=list)
    neighbors_cards: list[str] = field(default_factory=list)
    banks: list[str] = field(default_factory=list)
    """The account's bank accounts."""
    set_parameter: Callable[[str, str], None] = lambda _name, _value: None
    """Sets a parameter of the operator."""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    links: list[FreezeLink] = field(default_factory=list)
    plan: list[tuple[str, Operation]] = field(default_factory=list)
    """The next steps of the chain that was begun, each with the name of its operation."""
    kinds: dict[str, tuple[int, Operation]] = field(default_factory=lambda: dict(KINDS))
    """The operations of this run."""
    essentials: tuple[Essential, ...] = ESSENTIALS
    """What the run must bring about."""
    doing: str = ""
    done: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    """Steps of chains, by operation."""
    answers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.witness = Witness(self.till)
        self.causes = Causes(self.till)
        self.book = PaymentBook(self.till, self.causes, self.witness)

    def begin(self) -> None:
        """Arm a rule with the first card, so that calls are followed by charges from the beginning."""
        limits = {"hourly_count": 20, "daily_limit": "1000.00", "monthly_limit": "1000.00"}
        self.till.set_rule(self.cards[0], threshold="60.00", amount="20.00", **limits)
        self.causes.arm()
        self.till.stream()
        self.till.sweep(minutes=2)  # It lists events: from now on it notices a gap of weeks.

    def run(self, operations: int) -> None:
        """Run every kind once, then what brings about what is missing, or any by weight, and check the laws after each.
        The steps of a chain follow each other, mostly without anything in between.

        Raises:
            AssertionError: a law was broken; it names the step and the operation.
        """
        untried = list(self.kinds)
        for step in range(operations):
            is_planned = bool(self.plan) and self.rng.random() < FOLLOWS
            if is_planned:
                self.doing, carry_out = self.plan.pop(0)
            else:
                self.doing = untried.pop(0) if untried else self.drawn()
                carry_out = self.kinds[self.doing][1]
            self.till.later(seconds=self.rng.choice((1, 20, 300)))
            try:
                self.book.begin(self.doing)
                carry_out(self)
                self.book.check()
            except Exception as error:
                raise AssertionError(f"step {step}, {self.doing}: {type(error).__name__}: {error}") from error
            (self.steps if is_planned else self.done)[self.doing] += 1

    def drawn(self) -> str:
        """The next operation: mostly one that can bring about what is missing, or any by weight."""
        missing = wanted(self.answers + self.witness.seen, self.essentials)
        if missing and self.rng.random() < STEERED:
            return self.rng.choice(missing)
        return self.rng.choices(list(self.kinds), [weight for weight, _ in self.kinds.values()])[0]

    def then(self, *steps: Operation) -> None:
        """Let these steps of the current operation follow, after those of the chain that is under way."""
        self.plan += [(self.doing, step) for step in steps]

    def answered(self, what: str, answer: Answer, *allowed: int) -> Answer:
        """Count an answer by its status and code; it must be one of the allowed."""
        assert answer.status in allowed, f"{answer.status} {answer.text}"
        code = answer.body["code"] if answer.status >= 400 and answer.text.startswith("{") else ""
        self.answers[f"{what} {answer.status} {code}".strip()] += 1
        return answer

    def saved(self) -> list[str]:
        """The cards that the account's customer has at Stripe."""
        return self.saved_among(self.cards)

    def saved_among(self, methods: list[str]) -> list[str]:
        """Those of these payment methods that the account's customer has at Stripe."""
        customer = self.witness.item(f"ACCOUNT#{ACCOUNT}", "ACCOUNT").get("stripe_customer_id")
        known = self.till.stand_in.account.objects["payment_method"]
        return [method for method in methods if known[method]["customer"] == customer]

    def method(self) -> str:
        """A card of the account, sometimes a bank account."""
        banks = self.saved_among(self.banks)
        return self.rng.choice(banks) if banks and self.rng.random() < 0.1 else self.card()

    def card(self) -> str:
        """A card of the account, mostly one that is still saved."""
        saved = self.saved()
        return self.rng.choice(saved if saved and self.rng.random() < 0.9 else self.cards)

    def fingerprint(self, card: str) -> str:
        """The fingerprint of a card's number."""
        return fingerprint_of(self.till.stand_in.account.objects["payment_method"][card])

    def hear_all(self) -> None:
        """Deliver every callback that is due."""
        self.events += self.till.stand_in.take_events()
        for event in self.events:
            self.hear(event)
        self.events.clear()

    def hear(self, event: dict[str, Any]) -> None:
        """Deliver one callback; what it says about a card counts once it is accepted."""
        if self.till.call_back(event).status == 200:
            self.witness.hear(event)

    def hear_banks(self) -> list[str]:
        """The banks answer what is due. Return the charges that ended."""
        objects = self.till.stand_in.account.objects
        answered = self.till.controls.pass_days(0)["answered"]
        charges = [objects["charge"][objects["payment_intent"][one]["latest_charge"]] for one in answered]
        for charge in charges:
            word = "returned" if charge["disputed"] else "paid" if charge["paid"] else "failed"
            self.witness.seen[f"bank payments {word}"] += 1
        return [charge["id"] for charge in charges]

    def allow_banks(self, is_allowed: bool) -> None:
        """The operator lets rules use bank accounts, or does not."""
        self.set_parameter("RULES_USE_BANK_ACCOUNTS", str(is_allowed).lower())
        self.witness.banks_allowed = is_allowed

    def rule(self) -> dict[str, Any]:
        """The stored rule; empty before the first."""
        return self.witness.item(f"ACCOUNT#{ACCOUNT}", "AUTO_RECHARGE")

    def is_frozen(self) -> bool:
        """Whether the account is frozen."""
        return "frozen_at" in self.witness.item(f"ACCOUNT#{ACCOUNT}", "ACCOUNT")

    def note_arming(self, before: dict[str, Any], answer: Answer) -> None:
        """Note a change of the rule that arms it: an admin enabled it, raised it, or gave it another card number. A
        rule that stays suspended, or waits, is not armed by it.
        """
        after = self.rule()
        if answer.status != 200 or not after.get("enabled"):
            return
        is_raised = any(after[name] > before.get(name, 0) for name in RAISED)
        is_wider = any(after[name] > before.get(name, 0) for name in LIMITS)
        is_other_card = after["payment_method_id"] != before.get("payment_method_id")
        is_other_number = is_other_card and after["fingerprint"] != before.get("fingerprint")
        is_lifted = "suspended_reason" in before and "suspended_reason" not in after
        arms = not before.get("enabled") or is_raised or is_other_number
        if arms or is_wider or is_other_card or is_lifted:
            assert not self.is_frozen(), "law 11: a frozen account loosened its rule"
        if arms and not self.waits(after):
            self.causes.arm()

    def waits(self, rule: dict[str, Any]) -> bool:
        """Whether a rule is suspended, or stopped until later or until a person acts."""
        ends_at = rule.get("next_attempt_at")
        is_later = ends_at is not None and ends_at > format_instant(self.till.world.clock.now)
        return "suspended_reason" in rule or is_later or ("stopped" in rule and ends_at is None)

    def pick(self, kind: str, **having: Any) -> dict[str, Any] | None:
        """One of Stripe's objects of a kind with these fields, drawn from the latest; None if there is none."""
        objects = [
            item for item in self.till.objects(kind) if all(item.get(name) == value for name, value in having.items())
        ]
        return self.rng.choice(objects[-6:]) if objects else None

    def settle_down(self) -> None:
        """Run without faults until only payments that wait for a customer are open."""
        self.till.all_well()
        self.witness.interruptions.clear()
        self.witness.retries.clear()
        self.book.begin("settle down")
        self.till.rule(enabled=False)
        self.till.later(days=4)
        self.hear_banks()
        for intent in self.till.objects("payment_intent"):
            if intent["status"] == "processing":
                self.till.controls.settle(intent["id"])
        for _ in range(8):
            self.till.stream(most=60)
            self.till.call_all_back()
            self.till.sweep(minutes=71)  # Every fifth round lists what no callback told.
        self.till.check()
        self.book.check()
        self.book.check_settled()
