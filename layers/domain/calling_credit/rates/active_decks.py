"""The decks in force, for one warm function: the deck that prices each call, and the prices of the call's account."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.clock import Patience
from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.account_prices import AccountPrices, PricesOfAccounts
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import Deck
from calling_credit.rates.decks_for_calls import Lookup, decks_for
from calling_credit.rates.loaded_decks import LoadedDecks
from calling_credit.rates.price_lists import ActivePriceLists, missing_list
from calling_credit.rates.price_terms import PriceTerms
from calling_credit.rates.shared_facts import SharedFacts
from calling_credit.rates.timeline import DeckInForce, PairInForce, deck_at, pairs_in_force

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DECK_WAIT_SECONDS: Final = 1.0
"""How long a caller who waits on the telephone waits for a deck, before `try_again`."""
LIST_WAIT_SECONDS: Final = 0.4
"""How long such a caller then waits for the account's price list."""


class ActiveDecks(LoadedDecks):
    """The decks in force, and the price lists of customers. Several threads may use it."""

    def __init__(
        self, client: "S3Client", bucket: str, lead_seconds: int | None = None, grace_minutes: int | None = None
    ) -> None:
        self.lists = ActivePriceLists(client, bucket, lead_seconds)
        super().__init__(client, bucket, lead_seconds)
        self.grace = timedelta(minutes=config().rating_grace_minutes if grace_minutes is None else grace_minutes)

    def forget(self) -> None:
        """Forget everything, as a cold start does."""
        super().forget()
        self._facts = SharedFacts(self._client, self._bucket)
        self._prices = PricesOfAccounts()
        self.lists.forget()

    def _take_facts(self, pointer: ActivePointer) -> None:
        self._facts.read(pointer)

    def _complete(self, deck: Deck) -> None:
        self._facts.give_to(deck)

    def in_force(self, now: datetime, seconds: float | None = DECK_WAIT_SECONDS) -> Deck:
        """Return the deck in force.

        Raises:
            Unavailable: `try_again`, it is not loaded yet, and loading continues; `no_active_deck`; `unusable_deck`;
                `unavailable`, S3 does not answer.
        """
        patience = Patience(seconds)
        entries = self.timeline(now, now, patience).pointer.in_force
        return self.load(deck_at(entries, format_instant(now)), patience)

    def newest(self, now: datetime) -> ActivePointer:
        """Read the timeline at once and return it. Raises the errors of `in_force`."""
        self._known = None
        return self.timeline(now, now, Patience(None)).pointer

    def prices_of(
        self, deck: Deck, terms: PriceTerms | None, now: datetime, seconds: float | None = LIST_WAIT_SECONDS
    ) -> Deck:
        """Return the deck in force as an account pays it now.

        Raises:
            Unavailable: `try_again`, its price list is not loaded yet, or not stored; or the errors of `in_force`.
        """
        if terms is None:
            return deck
        own = None
        if terms.price_list is not None:
            own = self.lists.list_at(terms.price_list, format_instant(now), now, Patience(seconds))
            if own is None:
                raise missing_list(terms.price_list)
        return self._prices.of(deck, own, terms.markup_hundredths)

    def deck_for(self, digits: str, origin: str, at: str, now: datetime, terms: PriceTerms | None = None) -> Deck:
        """Return the deck that prices a call which began at `at`, as an account with these terms pays it; a deck
        without rows if none does.

        It is the deck in force at that time; if that has no row for the number, the first later one that has one and
        has been in force for the grace time. The same holds for the versions of the account's price list.

        Raises:
            Unavailable: the errors of `in_force`, or `try_again` for a call that has not begun yet.
        """
        [deck] = self.decks_for([Lookup(digits, origin, at, terms)], now)
        if isinstance(deck, Unavailable):
            raise deck
        return deck

    def version_at(self, at: str, price_list: str = "") -> str:
        """Return the version of the deck, or of a price list, in force at an instant whose timeline is known."""
        if price_list:
            return self.lists.version_at(price_list, at)
        return deck_at(self._known.pointer.in_force, at).version if self._known is not None else ""

    def decks_for(self, lookups: Sequence[Lookup], now: datetime) -> list[Deck | Unavailable]:
        """Return the deck, or the error, for each of many calls, and load each deck only once.

        Raises:
            Unavailable: no timeline is known.
        """
        latest = max([format_instant(now), *(lookup.at for lookup in lookups)])
        if latest > format_instant(now + self._ahead):
            return [self._early(lookup, now) or self.decks_for([lookup], now)[0] for lookup in lookups]
        patience = Patience(None)
        begun = max((lookup.at for lookup in lookups), default="")
        known = self.timeline(now, datetime.fromisoformat(begun or latest), patience)
        known_until = min(now, known.read_at + self._known_for)
        entries = known.pointer.in_force
        if all(lookup.terms is None for lookup in lookups):
            return decks_for(lookups, entries, lambda deck: self.load(deck, patience), known_until, self.grace)
        answers: dict[int, Deck | Unavailable] = {}
        for name in {lookup.price_list for lookup in lookups}:
            places = [place for place, lookup in enumerate(lookups) if lookup.price_list == name]
            found = self._with_list(name, [lookups[place] for place in places], entries, now, known_until)
            answers |= dict(zip(places, found, strict=True))
        return [self._as_paid(answers[place], lookup.terms) for place, lookup in enumerate(lookups)]

    def _with_list(
        self,
        name: str | None,
        lookups: Sequence[Lookup],
        entries: Sequence[DeckInForce],
        now: datetime,
        known_until: datetime,
    ) -> list[Deck | Unavailable]:
        """Return the deck with the version of a list, or the error, for each of some calls of accounts with it."""
        patience = Patience(None)
        if name is None:
            return decks_for(lookups, entries, lambda deck: self.load(deck, patience), known_until, self.grace)
        begun = datetime.fromisoformat(max(lookup.at for lookup in lookups))
        try:
            known = self.lists.timeline(name, now, begun, patience)
        except Unavailable as error:
            return [error for _ in lookups]
        oldest = min(lookup.at for lookup in lookups)
        pairs = pairs_in_force(entries, known.pointer.in_force, oldest)

        def load(pair: PairInForce) -> Deck:
            own = self.lists.load(name, pair.price_list, patience)
            return self._prices.of(self.load(pair.deck, patience), own, 0)

        known_until = min(known_until, known.read_at + self._known_for)
        return decks_for(lookups, pairs, load, known_until, self.grace)

    def _as_paid(self, found: Deck | Unavailable, terms: PriceTerms | None) -> Deck | Unavailable:
        """Return a found deck with the markup of an account. A deck without rows needs none."""
        if isinstance(found, Unavailable) or terms is None or terms.markup_hundredths == 0:
            return found
        if isinstance(found, AccountPrices):
            return self._prices.of(found.deck, found.own, terms.markup_hundredths)
        return self._prices.of(found, None, terms.markup_hundredths)

    def _early(self, lookup: Lookup, now: datetime) -> Unavailable | None:
        if lookup.at <= format_instant(now + self._ahead):
            return None
        return Unavailable(
            ProblemCode.TRY_AGAIN, "The call begins in the future, when another deck may be in force; send it later."
        )
