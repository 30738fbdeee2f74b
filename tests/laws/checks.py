"""The laws, rechecked after every operation on the items that it touched. This module reads items in DynamoDB's form
and does not depend on the code that writes them.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.harness.daily_sums import added_by, stored_sums, without_zeros
from tests.harness.wire import Sent
from tests.laws.items import UNARMED, Key, shortened
from tests.laws.model import Model

Image = dict[str, Any]

NAMELESS = ("CARD#", "ASKED#", "PROMOTION#")
"""The partitions that belong to no account."""


@dataclass
class Book:
    """The last state of the table, and the sums of entries by account and day."""

    client: Any
    table_name: str
    images: dict[Key, str] = field(default_factory=dict)
    posted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    days: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    daily_sums: dict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    charged: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    holds: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    looked_at: int = 0

    def changes(self, sent: list[Sent]) -> dict[Key, tuple[Image | None, Image]]:
        """The image before and after of each item that the requests could have written."""
        keys = sorted(key for key in set().union(*(request.keys() for request in sent)) if not is_apart(key))
        found: dict[Key, tuple[Image | None, Image]] = {}
        for start in range(0, len(keys), 100):
            asked = [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in keys[start : start + 100]]
            answer = self.client.batch_get_item(RequestItems={self.table_name: {"Keys": asked, "ConsistentRead": True}})
            assert not answer["UnprocessedKeys"]
            for item in answer["Responses"][self.table_name]:
                key, image = (item["PK"]["S"], item["SK"]["S"]), written(item)
                before = self.images.get(key)
                if image != before:
                    found[key] = (plain(json.loads(before)) if before else None, plain(item))
                    self.images[key] = image
        self.looked_at += len(keys)
        self.add(found)
        return found

    def add(self, changes: dict[Key, tuple[Image | None, Image]]) -> None:
        """Add new entries and changed holds to the sums."""
        for (pk, sk), (before, after) in changes.items():
            if sk.startswith("HOLD#"):
                self.holds[pk].pop(sk, None)
                if after["status"] == "live":
                    self.holds[pk][sk] = after["amount_micros"]
            if sk.startswith("ENTRY#") and before is None:
                self.posted[pk] += after["amount_micros"]
                self.charged[pk] -= after["amount_micros"] if after["kind"].startswith("call_") else 0
                day = self.days[pk, f"DAY#{after['local_date']}#{after['category']}"]
                day[0] += 1
                day[1] += after["billed_seconds"]
                day[2] += after["amount_micros"]
                day[3] += after["kind"] == "call_taken_back"
                if "sums" in after:
                    self.daily_sums[pk, f"SPENT_DAY#{after['local_date']}"].update(added_by(after))

    def image(self, key: Key) -> Image:
        """The last state of an item; empty if it is missing."""
        return plain(json.loads(self.images[key])) if key in self.images else {}

    def whole_table(self) -> dict[Key, str]:
        """Every item, read from the table."""
        return {key: written(item) for key, item in self._everything() if not is_apart(key)}

    def index(self) -> dict[Key, Image]:
        """The items of the index, read from the table."""
        return {key: plain(item) for key, item in self._everything() if is_index(key)}

    def _everything(self) -> Iterator[tuple[Key, Image]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.table_name, ConsistentRead=True)
        for page in pages:
            yield from (((item["PK"]["S"], item["SK"]["S"]), item) for item in page["Items"])


def is_index(key: Key) -> bool:
    """Whether the item only serves to find an account; the index has a law of its own."""
    return key[0].startswith(("NUMBER#", "NAME#", "MAIL#"))


def is_apart(key: Key) -> bool:
    """Whether the model does not know an item: of the index, a position, or of the list of refused
    calls.
    """
    return is_index(key) or key[0] == "LEASE" or key[1].startswith(("DENIED#", "DENIED_DAY#", "REFUSED#"))


def is_recorded(key: Key) -> bool:
    """Whether the item has a law of its own: it records a change or charges that return to lots, prepares the return
    of a removed address, has the daily sums of an account, or counts what a line or user spends.
    """
    return key[1].startswith(("ACTIVITY#", "BOUNCED#", "LOT_RETURN#", "RERATING#", "SPENT_DAY#", "SPENT#"))


def written(item: Image) -> str:
    """The canonical text of an item."""
    return json.dumps(item, sort_keys=True)


def plain(item: Image) -> Image:
    """Plain values of an item."""
    return {name: value_of(attribute) for name, attribute in item.items()}


def value_of(attribute: Image) -> Any:
    """The plain value of an attribute."""
    [(kind, value)] = attribute.items()
    if kind == "N":
        return int(value)
    if kind == "M":
        return plain(value)
    return [value_of(part) for part in value] if kind == "L" else value


def law_1_posted_is_the_sum_of_entries(book: Book, accounts: set[str]) -> None:
    """Check that posted is the sum of the entries, to the micro."""
    for pk in accounts:
        assert book.image((pk, "BALANCE")).get("posted_micros", 0) == book.posted[pk], f"law 1: {pk}"


def law_2_day_totals_are_the_sums_of_that_days_entries(book: Book, changed: set[Key]) -> None:
    """Check the count, billed seconds, total, and reversals of each touched day."""
    for pk, sk in changed:
        image = book.image((pk, sk))
        if sk.startswith("ENTRY#"):
            day_sk = f"DAY#{image['local_date']}#{image['category']}"
        elif sk.startswith("DAY#"):
            day_sk = sk
        else:
            continue
        day = book.image((pk, day_sk))
        stands = [day.get("entry_count"), day.get("billed_seconds"), day.get("total_micros"), day.get("taken_back", 0)]
        assert stands == book.days[pk, day_sk], f"law 2: {pk} {day_sk}"


def law_2_daily_sums_are_those_of_the_counted_entries(book: Book, changed: set[Key]) -> None:
    """Check the sums by user, line, and country of each touched day, and that no entry was left out of them."""
    for pk, sk in changed:
        image = book.image((pk, sk))
        day = sk if sk.startswith("SPENT_DAY#") else f"SPENT_DAY#{image.get('local_date')}"
        if sk.startswith("SPENT_DAY#") or "sums" in image:
            assert stored_sums(book.image((pk, day))) == without_zeros(book.daily_sums[pk, day]), f"law 2: {pk} {day}"


def law_7_held_is_the_sum_of_live_holds(book: Book, accounts: set[str]) -> None:
    """Check that available is posted less held and that headroom is unarmed (no rules here). Only a hold that is not
    live has an expiry, and it is in no sweep.
    """
    for pk in accounts:
        balance, live = book.image((pk, "BALANCE")), book.holds[pk]
        if balance:
            posted, held = balance["posted_micros"], sum(live.values())
            shown = [balance[name] for name in ("held_micros", "live_holds", "available_micros", "headroom_micros")]
            assert shown == [held, len(live), posted - held, posted + UNARMED], f"law 7: {pk}"
        for sk in live:
            hold = book.image((pk, sk))
            assert ("expires_at" in hold, "sweep_sk" in hold) == (False, True), f"law 7: {pk} {sk}"


def law_8_no_other_account_is_named(sent: list[Sent], account: str) -> None:
    """Check that a customer's request reads and writes only its account's partition. Card histories, requests to one
    mailbox, and the stack's Stripe account name no account; an item of the index names the account.
    """
    for request in sent:
        written = request.keys()
        own = {pk for pk, sk in written if sk == f"MAIL#{account}"} | {f"ACCOUNT#{account}", "STRIPE"}
        others = {name for name in request.partitions() - own if not name.startswith(NAMELESS)}
        assert not others, f"law 8: {request.operation} {others}"
        assert all(sk.split("#")[1:] == [account] for _, sk in written if sk.startswith("MAIL#")), "law 8: MAIL"


def law_9_entries_never_change(changes: dict[Key, tuple[Image | None, Image]]) -> None:
    """Check that entries never change, except that a number is shortened, with the hash of the facts that hold it."""
    for (pk, sk), (before, after) in changes.items():
        if before is None or not sk.startswith("ENTRY#"):
            continue
        names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        numbers = names & {"to", "from"}
        assert numbers, f"law 9: {pk} {sk}"
        assert names - numbers <= {"facts_hash", "shortened_at"}, f"law 9: {pk} {sk} {names}"
        assert all(after[name] == shortened(before[name]) for name in numbers), f"law 9: {pk} {sk}"
        assert ("facts_hash" in names) == ("to" in names and sk.count("#") == 2), f"law 9: {pk} {sk}"


def only_a_removed_address_is_remembered(changes: dict[Key, tuple[Image | None, Image]]) -> None:
    """Check that an address's item is written together with its account, and counts no report: none arrives here."""
    for (pk, sk), (_, after) in changes.items():
        if sk.startswith("BOUNCED#"):
            assert after["times"] == 0, f"{pk} {sk}"
            assert (pk, "ACCOUNT") in changes, f"{pk} {sk}"


def the_table_is_the_models(model: Model, changes: dict[Key, tuple[Image | None, Image]]) -> None:
    """Check that the changes equal those of the model."""
    changes = {key: images for key, images in changes.items() if not is_recorded(key)}
    assert set(changes) <= model.touched, f"nobody asked for {sorted(set(changes) - model.touched)}"
    assert set(changes) == model.touched, f"missing {sorted(model.touched - set(changes))}"
    for key, (_, after) in changes.items():
        said = model.items[key]
        differing = {name: (after.get(name), value) for name, value in said.items() if after.get(name) != value}
        assert not differing, f"{key}: {differing}"


def the_index_finds_what_is_there(table: dict[Key, Image], index: dict[Key, Image]) -> None:
    """Check that each line has its number alone, and that names and addresses lead to their accounts only."""
    holders = {}
    found: set[tuple[str, ...]] = set()
    for (pk, sk), item in index.items():
        if sk == "NUMBER":
            assert "claims" not in item, f"{pk} is ambiguous"
            spans = [(one["since"], one.get("until", "~")) for one in item["assignments"]]
            assert all(since < until for since, until in spans), f"{pk} {spans}"
            assert all(before[1] <= after[0] for before, after in pairwise(spans)), f"{pk} {spans}"
            last = item["assignments"][-1]
            if "until" not in last:
                holders[pk.removeprefix("NUMBER#")] = (last["account_id"], last["line_id"], last["user_id"])
        else:
            found.add((pk.partition("#")[0], item["account_id"], item.get("name") or item["address"]))
    lines = {}
    expected: set[tuple[str, ...]] = set()
    for (pk, sk), item in table.items():
        account = pk.removeprefix("ACCOUNT#")
        if sk.startswith("LINE#") and "closes_at" not in item:
            lines[item["number"]] = (account, sk.removeprefix("LINE#"), item["user_id"])
        if (sk.startswith("USER#") or sk == "ACCOUNT") and any(map(str.isalnum, item.get("name", ""))):
            expected.add(("NAME", account, item["name"]))
        if sk == "ACCOUNT":
            expected |= {("MAIL", account, address) for address in item["billing_emails"]}
    assert holders == lines
    assert found == expected
