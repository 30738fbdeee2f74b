"""The laws of payments that hold after every operation, computed from the table and the stand-in's record.

5   every top_up entry has its paid intent, which is larger by the tax, and when all is settled every paid intent has
    its one entry; a bank payment is credited after its days, never before
6   at most one recharge is in flight; attempts only count up; no cap is exceeded when a charge is claimed
1 2 balance and days are the sums of the entries; headroom is measured from an armed threshold or from nowhere
9   entries never change
11  no charge whose cause is not a call or a person (payment_causes.py); a frozen account starts nothing
12  no confirmation with a blocked or exhausted card or bank account (payment_witness.py); a recharge tries the backup
    card at most once, right after a soft decline (payment_backup_law.py)
13  each change of the account is recorded exactly when it is made (change_checks.py)
14  no write that is older than what it overwrites: versions only grow, and an older tab changes nothing
15  each settled payment and each reversal has one document, which never changes (receipt_checks.py)
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from calling_credit.money import parse_money
from tests.harness.cards import fingerprint_of
from tests.harness.till import ACCOUNT, Till
from tests.harness.world import check_sums
from tests.laws.change_checks import differences, law_13_each_change_is_recorded
from tests.laws.payment_causes import Causes
from tests.laws.payment_taxes import credit_of, gross, tax_of
from tests.laws.payment_witness import Witness
from tests.laws.receipt_checks import charged_by, law_15_each_payment_has_its_documents

Item = dict[str, Any]
OPEN = ("created", "confirming", "processing")


@dataclass
class PaymentBook:
    """The history of entries, attempts, and versions of acct_1."""

    till: Till
    causes: Causes
    witness: Witness
    entries: dict[str, Item] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)
    attempts: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    doing: str = ""
    before: list[Item] = field(default_factory=list)
    recorded: Counter[str] = field(default_factory=Counter)
    was_frozen: bool = False
    known: set[str] = field(default_factory=set)
    disputed: dict[str, int] = field(default_factory=dict)
    """What was disputed of each payment at its last reversal."""
    reversals: set[str] = field(default_factory=set)
    """The reversals that check_suspension has seen."""
    taxes: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Credit, tax, rate, and billing details of each payment as it was created."""
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The receipts and credit notes of the last check."""

    def __post_init__(self) -> None:
        self.witness.after_reversal = self.check_suspension

    def begin(self, doing: str) -> None:
        """Remember what is about to be done, and the account before it."""
        self.doing = doing
        self.before = self.witness.table.of_account(ACCOUNT)
        self.was_frozen = "frozen_at" in self.witness.item(f"ACCOUNT#{ACCOUNT}", "ACCOUNT")

    def check(self) -> None:
        """Check every law that holds at any moment."""
        kinds: dict[str, list[Item]] = {}
        items = self.witness.table.of_account(ACCOUNT)
        self.recorded += law_13_each_change_is_recorded(differences(self.before, items))
        for item in items:
            kinds.setdefault(item["SK"].split("#")[0], []).append(item)
        posted = check_sums(items)
        [rule] = kinds.get("AUTO_RECHARGE", [{}])
        rules = [item for item in (*self.before, rule) if item.get("SK") == "AUTO_RECHARGE"]
        top_ups = sorted(kinds.get("TOPUP", []), key=lambda item: (str(item["created_at"]), item["attempt"]))
        new_entries = self.check_entries(kinds.get("ENTRY", []), top_ups)
        self.causes.check(new_entries, posted, top_ups, rules, kinds.get("SUSPICIOUS", []))
        self.check_calls_seen(kinds["BALANCE"][0])
        if rule:
            self.check_recharges(rules, [item for item in top_ups if item["kind"] == "automatic"])
        self.check_suspension()
        self.check_documents(items, is_at_rest=False)
        self.check_taxes(top_ups)
        self.check_frozen(kinds["ACCOUNT"][0], top_ups)
        self.check_versions(rule, kinds["ACCOUNT"][0], kinds.get("LINE", []))
        assert not self.witness.broken, "; ".join(self.witness.broken)

    def check_entries(self, entries: list[Item], top_ups: list[Item]) -> list[Item]:
        """Check laws 5 and 9; return the entries written since the last check."""
        taxes = {item["topup_id"]: item.get("tax_micros", 0) for item in top_ups}
        paid = {
            intent["metadata"].get("topup_id"): intent["amount_received"] * 10_000
            for intent in self.till.stand_in.account.objects["payment_intent"].values()
            if intent["status"] == "succeeded"
        }
        new = [entry for entry in entries if entry["SK"] not in self.entries]
        for entry in entries:
            assert self.entries.setdefault(entry["SK"], entry) == entry, "law 9"
            if entry["category"] == "top_up":
                topup_id = entry["SK"].rsplit("#", 1)[1]
                assert paid.get(topup_id) == entry["amount_micros"] + taxes[topup_id], "law 5: no such payment"
        assert len(entries) == len(self.entries), "law 9: an entry vanished"
        return new

    def check_documents(self, items: list[Item], *, is_at_rest: bool) -> None:
        """Check law 15."""
        charged = charged_by(self.till.stand_in.account.objects["payment_intent"].values())
        documents = law_15_each_payment_has_its_documents(items, charged, is_at_rest=is_at_rest)
        for key, document in self.documents.items():
            assert documents.get(key) == document, f"law 15: {key} changed"
        self.documents = documents

    def check_taxes(self, top_ups: list[Item]) -> None:
        """Check that a payment's tax is its rate of its credit, that it never changes, and that a person's is taxed."""
        for item in top_ups:
            facts = (item["amount_micros"], item.get("tax_micros", 0), item.get("tax_percent"), item.get("billing"))
            if item["topup_id"] not in self.taxes:
                assert facts[1] == tax_of(item), f"law 5: the tax of {item['topup_id']} is not its rate"
                is_taxed = self.witness.tax_tables > 1 and item["kind"] != "automatic"
                assert facts[2] is not None or not is_taxed, f"law 5: {item['topup_id']} is not taxed"
                self.witness.seen["payments with tax"] += facts[1] > 0
            assert self.taxes.setdefault(item["topup_id"], facts) == facts, f"law 5: the tax of {item['topup_id']}"

    def check_calls_seen(self, balance: Item) -> None:
        """Check that only calls were counted as calls, each once (C1)."""
        seen, most = balance.get("calls_seen", 0), self.causes.calls + self.causes.refused
        assert self.causes.calls <= seen <= most, f"law 11: {seen} calls seen, of {self.causes.calls} to {most}"
        assert balance.get("bought_back_at", 0) <= seen, "law 11: more calls bought back than seen"

    def check_suspension(self) -> None:
        """Check that the transaction that took back a recharge, or what was disputed, also suspended the rule (C2, C3).
        Called after each operation, and when Stripe is asked again right after a reversal.
        """
        items = self.witness.table.of_account(ACCOUNT)
        automatic = {item["topup_id"] for item in items if item.get("kind") == "automatic"}
        reversals = [item for item in items if item["SK"].startswith("ENTRY#") and item["category"] == "reversal"]
        for entry in reversals:
            if entry["SK"] not in self.reversals:
                self.reversals.add(entry["SK"])
                topup_id, disputed = entry["topup_id"], entry["disputed_micros"]
                is_new_dispute = disputed < self.disputed.get(topup_id, 0)
                self.disputed[topup_id] = disputed
                if entry["amount_micros"] < 0 and (topup_id in automatic or is_new_dispute):
                    self.witness.seen["suspensions with a reversal"] += 1
                    if "suspended_reason" not in self.witness.item(f"ACCOUNT#{ACCOUNT}", "AUTO_RECHARGE"):
                        self.witness.broken.append("law 11: money went back without a suspension")

    def check_frozen(self, account: Item, top_ups: list[Item]) -> None:
        """Check that nothing was started while the account was frozen all the time."""
        started = {item["topup_id"] for item in top_ups} - self.known
        self.known |= started
        if self.was_frozen and "frozen_at" in account:
            assert not started, "law 11: a frozen account started a payment"

    def check_versions(self, rule: Item, account: Item, lines: list[Item]) -> None:
        """Check that versions only grow."""
        found = {"rule": rule.get("rule_version", 0), "limits": account.get("limits_version", 0)}
        found |= {line["SK"]: line.get("version", 0) for line in lines}
        for name, version in found.items():
            assert version >= self.versions.get(name, 0), f"law of versions: the version of {name} fell"
        self.versions |= {name: int(version) for name, version in found.items()}

    def check_recharges(self, rules: list[Item], automatic: list[Item]) -> None:
        """Check law 6. `rules`: the rule before and after the operation."""
        under_way = [item for item in automatic if item["status"] in OPEN]
        assert len(under_way) <= 1, "law 6: two at once"
        assert rules[-1]["attempt"] >= self.attempts, "law 6: attempts count up"
        self.attempts = int(rules[-1]["attempt"])
        for item in automatic:
            if item["topup_id"] not in self.checked:
                self.checked.add(item["topup_id"])
                self.check_claim(item, automatic, rules)

    def check_claim(self, item: Item, automatic: list[Item], rules: list[Item]) -> None:
        """Check that a charge is within every cap of its rule; the account's time zone is UTC."""
        at = str(item["created_at"])
        spent = [
            one
            for one in automatic
            if one["status"] not in ("failed", "canceled") and one["attempt"] <= item["attempt"]
        ]
        kept = [one for one in spent if one["status"] != "requires_action"]
        for length, limit in ((10, "daily_limit_micros"), (7, "monthly_limit_micros")):
            total = sum(gross(one) for one in kept if one["created_at"][:length] == at[:length])
            assert total <= max(rule[limit] for rule in rules), f"law 6: {limit}"
        hour_ago = datetime.fromisoformat(at) - timedelta(hours=1)
        lately = [one for one in kept if datetime.fromisoformat(one["created_at"]) > hour_ago]
        assert len(lately) <= max(rule["hourly_count"] for rule in rules), "law 6: hourly count"
        assert any(item["amount_micros"] % rule["amount_micros"] == 0 for rule in rules)
        is_bank = item["brand"] == "us_bank_account"
        assert not is_bank or self.witness.banks_allowed, (
            "law 11: a rule used a bank account, and the operator forbids it"
        )
        assert item["amount_micros"] <= parse_money("500.00")

    def check_settled(self) -> None:
        """Check what holds once everything was heard: nothing is open, and each payment is worth what Stripe kept."""
        assert self.witness.table.of_account(ACCOUNT) == self.till.world.stack.stored_items(ACCOUNT), (
            "the checks read wrongly"
        )
        self.check_documents(self.witness.table.of_account(ACCOUNT), is_at_rest=True)
        worth, kept = self.worth().items(), self.kept().items()
        assert worth == kept, (
            f"law 5: reversals do not net: {sorted(worth - kept)}, but Stripe kept {sorted(kept - worth)}"
        )
        left = [item for item in self.till.top_ups() if item["status"] in OPEN]
        assert left == []
        objects = self.till.stand_in.account.objects
        charges = [objects["charge"][one["charge"]] for one in self.witness.blocking_objects()]
        cards = {fingerprint_of(one["payment_method_details"]) for one in charges} - self.witness.cleared
        unblocked = [card for card in cards if not self.witness.is_blocked(card)]
        assert unblocked == [], "law of cards: the card of a dispute or warning is not blocked"

    def check_taken_back(self, charge_id: str) -> None:
        """Check that a payment is worth what Stripe kept, right after everything about it was heard."""
        objects = self.till.stand_in.account.objects
        intent_id = objects["charge"][charge_id]["payment_intent"]
        topup_id = objects["payment_intent"][intent_id]["metadata"]["topup_id"]
        worth, kept = self.worth().get(topup_id), self.kept()[topup_id]
        self.witness.seen["reversals with tax"] += self.taxes.get(topup_id, (0, 0))[1] > 0
        assert worth == kept, f"law 5: reversals do not net: {worth}, but Stripe kept {kept}"

    def kept(self) -> dict[str, int]:
        """The credit in what Stripe kept of each payment after refunds and disputes, in micro-dollars; nothing is below
        zero.
        """
        objects = self.till.stand_in.account.objects
        charge_of = {one["id"]: one["charge"] for kind in ("refund", "dispute") for one in objects[kind].values()}
        kept: dict[str, int] = {}
        for line in objects["balance_transaction"].values():
            charge = objects["charge"][charge_of.get(str(line["source"]), str(line["source"]))]
            topup_id = objects["payment_intent"][charge["payment_intent"]]["metadata"]["topup_id"]
            kept[topup_id] = kept.get(topup_id, 0) + line["amount"] * 10_000
        stored = {item["topup_id"]: item for item in self.till.world.stack.items() if item["SK"].startswith("TOPUP#")}
        return {topup_id: credit_of(stored[topup_id], max(micros, 0)) for topup_id, micros in kept.items()}

    def worth(self) -> dict[str, int]:
        """What each payment is worth by its entries, in micro-dollars."""
        worth: dict[str, int] = {}
        for item in self.till.world.stack.items():
            if item["SK"].startswith("ENTRY#") and item["category"] in ("top_up", "reversal"):
                topup_id = item["SK"].rsplit("#", 1)[1].split(".rev.")[0]
                worth[topup_id] = worth.get(topup_id, 0) + item["amount_micros"]
        return worth
