"""Rerates charged calls and posts the differences: both sides of a call, with days and balance, in one transaction.

The law: the key of an entry contains the number of the call's previous replacements, so a run that lost a race writes
nothing and reads again. Calls with the right price get no entries. An interrupted, repeated, or concurrent run
therefore ends with the same result as a single one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from calling_credit.accounts.entry_counters import counters_of
from calling_credit.accounts.minute_counters import read_counters
from calling_credit.budgets.marking import mark_replacing_entries, seconds_to_post
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.charging.charged_rows import is_price_of
from calling_credit.charging.goodwill_items import (
    WithGoodwill,
    goodwill_action,
    goodwill_name,
    read_goodwill,
    with_goodwill,
)
from calling_credit.charging.rerate_range import Range
from calling_credit.charging.rerating import Group, RatedAgain, Round, Selection, rerated_entries
from calling_credit.clock import Patience
from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.transactions import put
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.ledger.charge_reader import calls_between
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.hold_reader import read_holds
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_parts import split_to_fit
from calling_credit.ledger.posting_plan import entry_items
from calling_credit.lots.returning import LotReturns
from calling_credit.rates.account_prices import PricesOfAccounts
from calling_credit.rates.deck import Deck
from calling_credit.rates.decks_for_calls import DecksForCalls, Lookup
from calling_credit.rates.price_lists import ActivePriceLists, missing_list
from calling_credit.rates.price_terms import PriceTerms, are_known, terms_at
from calling_credit.rates.pricing import RatedCall

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS: Final = 4
"""Attempts of a round that loses races."""


class OneDeck:
    """One deck for all calls, as their account paid it when they began."""

    def __init__(self, deck: Deck, lists: ActivePriceLists | None = None) -> None:
        self._deck = deck
        self._lists = lists
        self._prices = PricesOfAccounts()

    def deck_for(self, _digits: str, _origin: str, at: str, now: datetime, terms: PriceTerms | None = None) -> Deck:
        """Return the deck as an account with these terms pays it. Raises Unavailable: `try_again`."""
        if terms is None:
            return self._deck
        own = None
        if terms.price_list is not None:
            if self._lists is not None:
                own = self._lists.list_at(terms.price_list, at, now, Patience(None))
            if own is None:
                raise missing_list(terms.price_list)
        return self._prices.of(self._deck, own, terms.markup_hundredths)

    def decks_for(self, lookups: Sequence[Lookup], now: datetime) -> list[Deck | Unavailable]:
        """Return the deck for each call, or the error."""
        answers: list[Deck | Unavailable] = []
        for lookup in lookups:
            try:
                answers.append(self.deck_for(lookup.digits, lookup.origin, lookup.at, now, lookup.terms))
            except Unavailable as error:
                answers.append(error)
        return answers


class RerateStore:
    """Rerates the selected calls of an account, as one run. `tolerance` is the time beyond a hold that is not billed.
    `terms` are the account's price terms, latest first: those in force when a call began price it again.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        decks: DecksForCalls,
        selection: Selection,
        run: str,
        tolerance: int,
        actor: Actor,
        now: datetime,
        seconds_left: Callable[[], float],
        terms: Sequence[PriceTerms] = (),
    ) -> None:
        self._terms = terms
        self._client = client
        self._table_name = table_name
        self._decks = decks
        self._selection = selection
        self._run = run
        self._tolerance = tolerance
        self._actor = actor
        self._now = now
        self._seconds_left = seconds_left

    def preview(self, where: Range, after: str | None, limit: int) -> Round:
        """Preview the next `limit` calls after a position. Write nothing.

        Raises:
            Unavailable: a deck cannot be read.
        """
        result = Round()
        calls = calls_between(self._client, self._table_name, where.account_id, after or where.low, where.high)
        selected: list[ChargedCall] = []
        for call in islice(calls, limit):
            result.position = keys.after_call(*call.call)
            if where.first <= call.last["local_date"] <= where.last and self._selection.includes(call):
                selected.append(call)
        if next(calls, None) is None:
            result.position = None
        promised_before = self._promised_by_old_entries(where.account_id, selected)
        to_price: list[ChargedCall] = []
        for call in selected:
            is_promised = call.is_promised or call.call[1] in promised_before
            group = self._selection.group_left_alone(call, is_promised=is_promised)
            if group is None and not are_known(self._terms, call.call[0]):
                group = Group.NOT_COVERED
            if group is None:
                to_price.append(call)
            else:
                result.groups[group] += 1
        lookups = [
            Lookup(call.last["to"][1:], call.last["origin"], call.call[0], terms_at(self._terms, call.call[0]))
            for call in to_price
        ]
        returned = {(where.account_id, call.bundle) for call in to_price if call.may_be_covered_again}
        counters = read_counters(self._client, self._table_name, returned).values()
        left = {counter.name: counter.left_seconds for counter in counters}
        for call, deck in zip(to_price, self._decks.decks_for(lookups, self._now), strict=True):
            if isinstance(deck, Unavailable):
                raise deck
            self._price(call, deck, result, left)
        return result

    def _price(self, call: ChargedCall, deck: Deck, result: Round, left: dict[str, int]) -> None:
        """Price a call by its deck, and add it to its group. Take the minutes that cover it again from those left."""
        priced = call.priced_by(deck, self._now, self._tolerance, left.get(call.bundle, 0))
        if isinstance(priced, RatedCall) and call.may_be_covered_again and priced.covered_seconds:
            left[call.bundle] -= priced.covered_seconds
        if priced is None:
            result.groups[Group.NOT_COVERED] += 1
            return
        entries = rerated_entries(call, priced, self._run, self._now)
        result.groups[Group.CHANGED if entries else Group.UNCHANGED] += 1
        if entries:
            result.changes.append(RatedAgain(call, entries))

    def _promised_by_old_entries(self, account_id: str, calls: Sequence[ChargedCall]) -> set[str]:
        """The keys of calls whose entries of version 1.0.0 do not say so, but whose holds are stored and show their
        price.
        """
        old = {call.call[1]: call for call in calls if call.is_charged and not call.has_row}
        if self._selection.even_promised or not old:
            return set()
        holds = read_holds(self._client, self._table_name, [(account_id, call_key) for call_key in old])
        return {call_key for (_, call_key), hold in holds.items() if is_price_of(hold, old[call_key])}

    def apply(self, where: Range, after: str | None, limit: int) -> Round:
        """Rerate the next `limit` calls after a position, and post the changes.

        Raises:
            Unavailable: the table did not answer in time, or every attempt lost a race; the same call continues.
        """
        first = latest = self.preview(where, after, limit)
        for _ in range(MAX_ATTEMPTS):
            contended = self._post(where.account_id, latest.changes)
            if not contended:
                return first
            latest = self.preview(where, after, limit)
            first.position = latest.position  # A new call may have moved the end of the range.
        raise Unavailable(
            ProblemCode.UNAVAILABLE,
            "Others are changing the same calls at the moment. Run the same command again.",
        )

    def _post(self, account_id: str, changes: Sequence[RatedAgain]) -> bool:
        """Post changes. Return whether some of the calls have changed meanwhile. The first transaction of the run also
        records the run.
        """
        if not changes:
            return False
        mark = {"PK": keys.account_pk(account_id), "SK": change_keys.rerating_sk(self._run, self._actor.by)}
        is_recorded = Partition(self._client, self._table_name, mark["PK"]).get(mark["SK"]) is not None
        contended = False
        calls = [again.call for again in changes]
        given = read_goodwill(self._client, self._table_name, account_id, calls) if calls else {}
        whole = [with_goodwill(again, given.get(again.call.call), self._now) for again in changes]
        marked, flags = mark_replacing_entries(self._client, self._table_name, _entries(whole))
        by_key = {entry.key: entry for entry in marked}
        whole = [(replace(again, entries=[by_key[one.key] for one in again.entries]), after) for again, after in whole]
        seconds_left = seconds_to_post(self._seconds_left)
        falls = any(again.returned for again in changes)
        returns = LotReturns(self._client, self._table_name, account_id, self._now) if falls else None
        more = 0 if returns is None else returns.actions
        for part in split_to_fit(whole, lambda part: _actions(part) + more):
            entries = _entries(part)
            plan = posting_plan(self._table_name, entries, counters=counters_of(entries, flags))
            for again, after in part:
                action = goodwill_action(self._table_name, again.call, given.get(again.call.call), after)
                plan.add(goodwill_name(again.call), action)
            if returns is not None:
                returns.add(plan, entries[0].cause_id, [one for again, _ in part for one in again.returned])
            if not is_recorded:
                change = Change(ChangeAction.CALLS_RERATED, f"run:{self._run}", self._run, new={"run": self._run})
                plan.add(("mark",), put(self._table_name, to_attributes(mark)))
                plan.add(("change",), change_action(self._table_name, account_id, change, self._actor, self._now))
            failed = bool(plan.write(self._client, seconds_left))
            contended |= failed
            is_recorded = is_recorded or not failed
        return contended


def _entries(part: Sequence[WithGoodwill]) -> list[Entry]:
    return [entry for again, _ in part for entry in again.entries]


def _actions(part: Sequence[WithGoodwill]) -> int:
    """The number of actions: entries with days, daily sums, and the balance, goodwill, and the record of the run."""
    entries = _entries(part)
    counters = counters_of(entries)
    return len(set().union(*(entry_items(entry, counters) for entry in entries))) + len(part) + len(("mark", "change"))
