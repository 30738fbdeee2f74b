"""Watches every confirmation at the moment it is sent to Stripe, and compares it with the table at that moment.

What the cards may still do is computed from the stand-in's own charges and disputes, not from the code under test.
Violations are collected, because the SDK of Stripe treats any exception below it as a lost connection.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests

from tests.harness.cards import fingerprint_of, is_bank_account
from tests.harness.fast_reads import FastReads
from tests.harness.stripe import Pass, StripeRequest
from tests.harness.till import ACCOUNT, CONFIRM, CREATE, Till
from tests.laws.payment_backup_law import breaches, ends_tries, is_by_issuer

LOSSES = "GET /v1/refunds"
TRIES, TRIES_RETURN_AFTER = 4, timedelta(days=30)
SAVED_BEFORE_IT_ACTED = ("dropped", "error_500", "rate_limited", "lock_timeout")
"""Faults of requests that Stripe never carried out."""


@dataclass
class Witness:
    """The record of confirmations, and what happened to each card. Attached to the wire on creation."""

    till: Till
    broken: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    interruptions: list[Callable[[], None]] = field(default_factory=list)
    """What happens right after the next intents are created, while their worker waits for Stripe's answer."""
    retries: list[Callable[[], None]] = field(default_factory=list)
    """What happens right after the next confirmations that get no answer, before they are repeated."""
    paying: str = ""
    """The fingerprint of the payment that is interrupted."""
    blocked: set[str] = field(default_factory=set)
    """Fingerprints and payment methods whose dispute or warning was heard, and that no operator cleared since."""
    cleared: set[str] = field(default_factory=set)
    """Fingerprints that an operator has ever cleared."""
    excused: set[tuple[str, str | None]] = field(default_factory=set)
    """Disputes and warnings, with their status, that an operator knew when a card was cleared."""
    late: set[str] = field(default_factory=set)
    """Charges that were declined only after Stripe had answered that they were in process."""
    spared: Counter[str] = field(default_factory=Counter)
    """Manual tries that a customer earned by saving an exhausted card again on Stripe's page."""
    banks_allowed: bool = False
    """Whether the operator lets rules use bank accounts."""
    tax_tables: int = 0
    """How many tables of tax rates the operator has published. From the second on, payments are taxed."""
    under_way: bool = False
    after_reversal: Callable[[], None] = lambda: None
    """Looks at the table when Stripe is asked for refunds: the application does so again after each reversal."""

    def __post_init__(self) -> None:
        self.table = FastReads(self.till.world.stack)
        assert self.till.wire.through is None
        self.till.wire.through = self.through

    def through(self, sent: StripeRequest, passed: Pass) -> requests.Response:
        """Pass a request, and judge it if it confirms a payment."""
        account = self.till.stand_in.account
        if sent.name == LOSSES:
            self.after_reversal()
        if sent.name == CONFIRM:
            intent = account.objects["payment_intent"].get(sent.path.split("/")[3])
            laws, fingerprint = self.laws_broken_by(intent, dict(sent.form)) if intent else ([], "")
            declines = self.declines(fingerprint)
            answered = passed_or_lost(passed)
            log = self.till.stand_in.requests[-1]
            if not log.replayed and log.fault not in SAVED_BEFORE_IT_ACTED:
                self.seen["confirmations"] += 1
                self.seen[f"confirmed: {self.path_of(intent, dict(sent.form))}"] += 1
                self.broken += laws
            elif log.fault in SAVED_BEFORE_IT_ACTED and fingerprint and self.retries and not self.under_way:
                self.interrupt(self.retries, fingerprint)
                self.seen["interrupted repetitions"] += 1
            if declines >= TRIES and self.declines(fingerprint) > declines:
                self.spared[fingerprint] -= 1
            return answered()
        answered = passed_or_lost(passed)
        if sent.name == CREATE:
            method = account.objects["payment_method"].get(dict(sent.form).get("payment_method", ""))
            self.interrupt(self.interruptions, fingerprint_of(method) if method else "")
        return answered()

    def interrupt(self, planned: list[Callable[[], None]], fingerprint: str) -> None:
        """Let the next planned interruption happen to the payment with this card."""
        if planned and not self.under_way:
            self.under_way, self.paying = True, fingerprint
            planned.pop(0)()
            self.under_way = False
            self.seen["interruptions"] += 1

    def laws_broken_by(self, intent: dict[str, Any], form: dict[str, str]) -> tuple[list[str], str]:
        """The laws that confirming this intent now would break, and the fingerprint of its card."""
        account = self.till.stand_in.account
        method_id = form.get("payment_method") or intent["payment_method"]
        method = account.objects["payment_method"].get(method_id or "")
        kind, owner = intent["metadata"].get("kind"), str(intent["metadata"].get("account_id"))
        broken = []
        if "frozen_at" in self.item(f"ACCOUNT#{owner}", "ACCOUNT"):
            broken.append(f"law 11: a {kind} payment of a frozen account was confirmed")
        rule = self.item(f"ACCOUNT#{owner}", "AUTO_RECHARGE")
        is_of_rule = kind == "automatic" and form.get("off_session") == "true"
        if is_of_rule and (not rule.get("enabled") or "suspended_reason" in rule):
            broken.append(f"law 11: the rule is off or suspended ({rule.get('suspended_reason')})")
        if method is None:
            return broken, ""
        fingerprint = fingerprint_of(method)
        if self.blocked & {fingerprint, method["id"]} or self.is_blocked(fingerprint, method["id"]):
            broken.append(f"law of cards: a {kind} payment used a blocked card {last4_of(method)}")
        topup = self.topup_of(intent)
        if topup.get("is_backup"):
            items, backup = self.table.of_account(owner), self.backup(owner)
            broken += breaches(self.till, items, topup, method, backup)
        is_granted = kind == "manual" and self.spared[fingerprint] > 0
        if self.declines(fingerprint) >= TRIES and not is_granted:
            broken.append(f"law of cards: a {kind} payment used an exhausted card {last4_of(method)}")
        return broken, fingerprint

    def declines(self, fingerprint: str) -> int:
        """The issuer's declines of a card number in 30 days since a success; four for one that ends its tries."""
        oldest = (self.till.world.clock.now - TRIES_RETURN_AFTER).timestamp()
        declines = 0
        for charge in self.till.stand_in.account.objects["charge"].values():
            if fingerprint_of(charge["payment_method_details"]) != fingerprint or charge["created"] <= oldest:
                continue
            if charge["status"] == "succeeded":
                declines = 0
            elif charge["status"] == "failed" and self.is_known(charge):
                declines += TRIES if ends_tries(charge) else is_by_issuer(charge)
        return declines

    def is_known(self, charge: dict[str, Any]) -> bool:
        """Whether the application was answered that a charge was declined: of a bank account, once it has ended the
        payment.
        """
        if not is_bank_account(charge["payment_method_details"]):
            return charge["id"] not in self.late
        intent = self.till.stand_in.account.objects["payment_intent"][charge["payment_intent"]]
        return self.topup_of(intent).get("status") == "failed"

    def topup_of(self, intent: dict[str, Any]) -> dict[str, Any]:
        """The stored payment of an intent; empty if there is none."""
        owner, topup_id = (intent["metadata"].get(name) for name in ("account_id", "topup_id"))
        return self.item(f"ACCOUNT#{owner}", f"TOPUP#{topup_id}")

    def backup(self, account: str = ACCOUNT) -> dict[str, Any]:
        """The account's backup card; empty if there is none."""
        return dict(self.item(f"ACCOUNT#{account}", "ACCOUNT").get("backup_card", {}))

    def path_of(self, intent: dict[str, Any] | None, form: dict[str, str]) -> str:
        """The path of a confirmation: backup, rule, link, or manual."""
        kind = intent["metadata"].get("kind") if intent else ""
        if intent and self.topup_of(intent).get("is_backup"):
            return "backup"
        return "manual" if kind == "manual" else "rule" if form.get("off_session") == "true" else "link"

    def blocking_objects(self) -> list[dict[str, Any]]:
        """Stripe's disputes and early fraud warnings that block a card."""
        objects = self.till.stand_in.account.objects
        disputes = [one for one in objects["dispute"].values() if one["status"] not in ("won", "warning_closed")]
        return disputes + list(objects["radar.early_fraud_warning"].values())

    def hear(self, event: dict[str, Any]) -> None:
        """Note what a delivered event says about a card, unless an operator has cleared the card since."""
        subject = event["data"]["object"]
        for one in self.blocking_objects():
            if one["id"] == subject["id"] and (one["id"], one.get("status")) not in self.excused:
                charge = self.till.stand_in.account.objects["charge"][one["charge"]]
                self.blocked |= {fingerprint_of(charge["payment_method_details"]), charge["payment_method"]}

    def clear(self, fingerprint: str) -> None:
        """An operator cleared a card: its methods may be charged again, until a dispute or warning brings news."""
        objects = self.till.stand_in.account.objects
        methods = objects["payment_method"].values()
        self.blocked -= {fingerprint, *(one["id"] for one in methods if fingerprint_of(one) == fingerprint)}
        self.cleared.add(fingerprint)
        self.excused |= {(one["id"], one.get("status")) for one in self.blocking_objects()}

    def is_blocked(self, *identifiers: str) -> bool:
        """Whether the table blocks a fingerprint or a payment method."""
        hashes = [hashlib.sha256(identifier.encode()).hexdigest() for identifier in identifiers]
        return any("blocked_at" in self.item(f"CARD#{digest}", "CARD") for digest in hashes)

    def item(self, partition: str, sort_key: str) -> dict[str, Any]:
        """An item of the table; empty if there is none."""
        return self.table.item(partition, sort_key)


def last4_of(method: dict[str, Any]) -> str:
    """The last digits of a card or bank account."""
    return str(method[method["type"]]["last4"])


def passed_or_lost(passed: Pass) -> Callable[[], requests.Response]:
    """Pass a request now; return what repeats its answer or its error."""
    try:
        response = passed()
    except requests.ConnectionError as error:
        lost = error

        def fail() -> requests.Response:
            raise lost

        return fail
    return lambda: response
