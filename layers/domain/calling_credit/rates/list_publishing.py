"""Publishing a checked price list: like a deck, in the list's own folder, compared with its own active version.

A list prices no home and is judged beside the active deck. The buying list (`cost`) prices no customer's call, so only
its rows themselves are checked; what then sells below it is a warning.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck
from calling_credit.rates.deck_codes import DeckErrorCode, DeckWarning, DeckWarningCode, GuardCode
from calling_credit.rates.deck_csv import DeckError, ReportProgress
from calling_credit.rates.deck_pair import RowsByPrefix
from calling_credit.rates.deck_report import DeckCheck, check_deck
from calling_credit.rates.deck_store import MAX_CATEGORIES, activate, deck_version, read_active
from calling_credit.rates.findings import with_samples
from calling_credit.rates.home_numbers import DEFAULT_HOME_COUNTRIES, HomeNumbers
from calling_credit.rates.layered_states import rows_by_prefix
from calling_credit.rates.list_checks import DecksBeside
from calling_credit.rates.list_guard import ListGuard, home_rows, jumps_from_deck
from calling_credit.rates.list_names import COST, check_list_name, list_client
from calling_credit.rates.losses import sold_at_a_loss
from calling_credit.rates.published_decks import PublishedDecks
from calling_credit.rates.publishing import DECK_LEAD_SECONDS, MAX_ATTEMPTS, DeckBucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

COST_HISTORY: Final = timedelta(days=1_200)
"""How long the timeline keeps a replaced buying list, for the margins of past months. See `MAX_DECKS_IN_FORCE`."""
DECK: Final = ""
"""The name of the deck among the versions that a list was checked with."""
NO_DECK: Final = "No rate deck is published yet. Publish a deck first, then its price lists."


class PriceListBucket(DeckBucket):
    """The versions of one price list."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        name: str,
        lead_seconds: int = DECK_LEAD_SECONDS,
        read_clock: Callable[[], datetime] | None = None,
        *,
        home_countries: Iterable[str] = DEFAULT_HOME_COUNTRIES,
    ) -> None:
        """Raises InvalidValue: `invalid_field`, this is no name of a list."""
        self.name = check_list_name(name)
        if name == COST:
            self.history = COST_HISTORY
        super().__init__(list_client(client, name), bucket, lead_seconds, read_clock, home_countries=home_countries)
        self._decks = PublishedDecks(client, bucket)
        self._beside = DecksBeside(client, bucket)
        self._deck_client = client

    def home_numbers(self, pointer: ActivePointer | None) -> HomeNumbers:  # noqa: ARG002 - of a deck
        """Return no numbers: a list need not include home."""
        return HomeNumbers(())

    def versions_beside(self) -> dict[str, str]:
        """Return the version of the active deck, with which a list is compared."""
        if self.name == COST:
            return {}
        pointers = {DECK: self._deck_pointer(), COST: self._beside.pointer(COST)}
        return {name: pointer.version for name, pointer in pointers.items() if pointer is not None}

    def check_beside(self, check: DeckCheck, before: Deck | None, home: HomeNumbers, at: str) -> DeckCheck:
        """Return the check of a list with its errors and findings beside the active deck and the buying list."""
        pointer = self._deck_pointer()
        if check.deck is None or check.obstacle or (self.name == COST and pointer is None):
            return check
        if pointer is None:
            return replace(check, obstacle=NO_DECK)
        if check.named_base == pointer.version:
            check.named_base = ""  # An imported file names the deck that it stands beside, not a version of the list.
        home = HomeNumbers(self._home_countries, pointer.area_codes_by_prefix)
        if self.name != COST:
            errors = _home_errors(check, home)
            if errors:
                return DeckCheck(check.version, errors=errors)
        try:
            of_deck = rows_by_prefix(self._decks.active_deck(pointer).rows)
            if self.name == COST:
                check.warnings += self._losses_by(rows_by_prefix(check.deck.rows), of_deck, home, at)
                return check
            cost = self._beside.cost()
        except Unavailable as error:
            return replace(check, obstacle=error.detail)
        rows, former = rows_by_prefix(check.deck.rows), rows_by_prefix(before.rows if before else ())
        added = ListGuard(self.name, rows, of_deck, at).judge()
        added[GuardCode.PRICE_JUMP] = jumps_from_deck(self.name, rows, former, of_deck, at)
        if cost is not None:
            sold = (rows, of_deck)
            added[GuardCode.SOLD_AT_A_LOSS] = sold_at_a_loss(self.name, sold, rows_by_prefix(cost.rows), home, at)
        judgement = with_samples(check.judgement, added)
        # What an operator allows is void once another deck stands beside the list.
        check.judgement = replace(judgement, digest=f"{judgement.digest} {pointer.version}")
        check.beside = {DECK: pointer.version} | ({COST: cost.version} if cost is not None else {})
        return check

    def _losses_by(
        self, cost: RowsByPrefix, of_deck: RowsByPrefix, home: HomeNumbers, at: str
    ) -> Iterator[DeckWarning]:
        """Yield a warning for the deck and for each price list with rows that sell below a buying list."""
        layers: list[tuple[str, tuple[RowsByPrefix, ...]]] = [("", (of_deck,))]
        layers += [(name, (rows_by_prefix(one.rows), of_deck)) for name, one in self._beside.lists()]
        for name, sold in layers:
            losses = sold_at_a_loss(name, sold, cost, home, at)
            if losses:
                first = ", ".join(sorted({sample.prefix for sample in losses.values()})[:5])
                where = f"the price list {name}" if name else "the deck"
                detail = f"{len(losses)} rows of {where} cost less than this list for 60 seconds, for calls to {first}."
                yield DeckWarning("", DeckWarningCode.SOLD_BELOW_COST, detail)

    def known_categories(self) -> frozenset[str]:
        """Return the categories under which the deck charges calls."""
        pointer = self._deck_pointer()
        return frozenset(pointer.categories if pointer else ())

    def _replace(self, pointer: ActivePointer | None, new: ActivePointer, now: datetime) -> bool:
        """Let the deck's pointer name the list's categories first, so that sums of a day include them."""
        if self.name != COST:
            self._name_categories(new.categories)
        return super()._replace(pointer, new, now)

    def _name_categories(self, categories: Iterable[str]) -> None:
        for _ in range(MAX_ATTEMPTS):
            pointer = self._deck_pointer()
            if pointer is None or set(categories) <= {*pointer.categories, INCLUDED_CATEGORY}:
                return
            named = tuple(dict.fromkeys((*categories, *pointer.categories)))[:MAX_CATEGORIES]
            if activate(self._deck_client, self._bucket, replace(pointer, categories=named), pointer.etag):
                return
        raise Unavailable(ProblemCode.BUSY, "Decks are being activated; publish this price list again.")

    def _deck_pointer(self) -> ActivePointer | None:
        return read_active(self._deck_client, self._bucket)


def check_list_alone(name: str, data: bytes, now: datetime, report_progress: ReportProgress | None = None) -> DeckCheck:
    """Check the rows of a price list without the bucket that it is for, by the default home countries.

    Raises:
        InvalidValue: `invalid_field`, this is no name of a list.
    """
    check_list_name(name)
    version = deck_version(data, now)
    check = check_deck(data, version, None, format_instant(now), report_progress, home=HomeNumbers(()))
    errors = [] if name == COST else _home_errors(check, HomeNumbers(DEFAULT_HOME_COUNTRIES))
    return DeckCheck(version, errors=errors) if errors else check


def _home_errors(check: DeckCheck, home: HomeNumbers) -> list[DeckError]:
    rows = home_rows(check.deck.rows if check.deck else (), home)
    lines = (check.lines.get((row.prefix, row.origin, row.effective_from), 0) for row in rows)
    detail = "has home numbers, which a price list cannot price; remove the row, or import the sheet with LIST=."
    return [
        DeckError(line, "prefix", DeckErrorCode.LIST_PRICES_HOME, f"{row.prefix} {detail}")
        for line, row in zip(lines, rows, strict=True)
    ]
