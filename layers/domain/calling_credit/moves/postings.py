"""Posts adjustments, corrections, goodwill, transfers, and promotions. None of them asks Stripe."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from calling_credit.accounts.reader import AccountReader
from calling_credit.changes.actor import Actor, sweep_actor
from calling_credit.charging.correction_store import CorrectionStore
from calling_credit.charging.corrections import CorrectionRequest, correction_view
from calling_credit.charging.goodwill import GoodwillRequest
from calling_credit.charging.goodwill_store import GoodwillStore, goodwill_view
from calling_credit.errors import Conflict
from calling_credit.ledger.adjustments import Adjustment, Extension, adjust_balance, stored_adjustment
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.permits import Permit
from calling_credit.ledger.reader import LedgerReader
from calling_credit.lots.granting import grant_of
from calling_credit.lots.promotion import PromotionRequest, promotion_view
from calling_credit.lots.promotion_store import PromotionStore
from calling_credit.lots.taking_back import taking_back
from calling_credit.money import format_money
from calling_credit.moves.move import Move
from calling_credit.payments.transfer_store import TransferStore
from calling_credit.payments.transfers import TransferRequest, transfer_view
from calling_credit.rates.deck import RateRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class _Poster:
    """What the posters share."""

    def __init__(self, client: "DynamoDBClient", table_name: str, now: datetime) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now

    def _balance(self, account_id: str) -> int:
        return LedgerReader(self._client, self._table_name, account_id).balance().posted_micros


class AdjustmentPoster(_Poster):
    """Posts adjustments. The answer is `{id, amount, balance}`."""

    def posted(self, move: Move) -> dict[str, Any] | None:
        """The answer to a repeated request."""
        adjustment = cast("Adjustment", move.request)
        stored = stored_adjustment(self._client, self._table_name, move.account_id, move.key, adjustment)
        return None if stored is None else self._view(move, stored)

    def post(self, move: Move, actor: Actor, permit: Permit) -> dict[str, Any]:
        """Post an adjustment."""
        zone = AccountReader(self._client, self._table_name, move.account_id).account().time_zone
        adjustment = cast("Adjustment", move.request)
        try:
            posted = adjust_balance(
                self._client,
                self._table_name,
                move.account_id,
                move.key,
                adjustment,
                zone,
                actor,
                self._now,
                permit=permit,
                extension=self._extension(move, adjustment),
            )
        except Conflict:
            answer = self.posted(move)  # The same request, at the same time, has taken the credit back.
            if answer is None:
                raise
            return answer
        return self._view(move, posted)

    def _extension(self, move: Move, adjustment: Adjustment) -> Extension | None:
        """What the adjustment does to granted credit."""
        place = self._client, self._table_name, move.account_id, move.move_id
        if adjustment.lot_id is not None:
            return taking_back(*place, adjustment.lot_id, -adjustment.amount_micros, self._now)
        return grant_of(*place, adjustment, self._now)

    def _view(self, move: Move, identifier: str) -> dict[str, Any]:
        amount = format_money(cast("Adjustment", move.request).amount_micros)
        return {"id": identifier, "amount": amount, "balance": format_money(self._balance(move.account_id))}


class CorrectionPoster(_Poster):
    """Posts corrections and waivers of calls. `row_of` and `tolerance`: see CorrectionStore."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        now: datetime,
        row_of: Callable[[ChargedCall], RateRow],
        tolerance: int,
    ) -> None:
        super().__init__(client, table_name, now)
        self._row_of = row_of
        self._tolerance = tolerance

    def posted(self, move: Move) -> dict[str, Any] | None:
        """The answer to a repeated request. It also finishes what an interrupted one has left."""
        request = cast("CorrectionRequest", move.request)
        store = self._store(move)
        if store.stored(request, move.key) is None:
            return None
        correction = store.correct(request, move.key, sweep_actor("move_credit"), self._now)
        return correction_view(correction, self._balance(move.account_id))

    def post(self, move: Move, actor: Actor, permit: Permit) -> dict[str, Any]:
        """Post a correction."""
        request = cast("CorrectionRequest", move.request)
        correction = self._store(move).correct(request, move.key, actor, self._now, permit)
        return correction_view(correction, self._balance(move.account_id))

    def _store(self, move: Move) -> CorrectionStore:
        return CorrectionStore(self._client, self._table_name, move.account_id, self._row_of, self._tolerance)


class GoodwillPoster(_Poster):
    """Gives goodwill for calls."""

    def posted(self, move: Move) -> dict[str, Any] | None:
        """The answer to a repeated request."""
        request = cast("GoodwillRequest", move.request)
        given = GoodwillStore(self._client, self._table_name, move.account_id).given(request, move.move_id)
        return None if given is None else self._view(move, given)

    def post(self, move: Move, actor: Actor, permit: Permit) -> dict[str, Any]:
        """Give goodwill."""
        store = GoodwillStore(self._client, self._table_name, move.account_id)
        return self._view(
            move, store.give(cast("GoodwillRequest", move.request), move.move_id, actor, permit, self._now)
        )

    def _view(self, move: Move, happened_at: str) -> dict[str, Any]:
        request = cast("GoodwillRequest", move.request)
        return goodwill_view(request, move.move_id, happened_at, self._balance(move.account_id))


class TransferPoster(_Poster):
    """Transfers credit between accounts."""

    def posted(self, move: Move) -> dict[str, Any] | None:
        """The answer to a repeated request."""
        store, request = TransferStore(self._client, self._table_name), cast("TransferRequest", move.request)
        return (
            transfer_view(request, move.move_id, store.balances(request))
            if store.is_done(request, move.move_id)
            else None
        )

    def post(self, move: Move, actor: Actor, permit: Permit) -> dict[str, Any]:
        """Transfer credit."""
        store, request = TransferStore(self._client, self._table_name), cast("TransferRequest", move.request)
        store.transfer(request, move.move_id, actor, permit, self._now)
        return transfer_view(request, move.move_id, store.balances(request))


class PromotionPoster(_Poster):
    """Creates promotion codes."""

    def posted(self, move: Move) -> dict[str, Any] | None:
        """The answer to a repeated request."""
        promotion = PromotionStore(self._client, self._table_name).stored(cast("PromotionRequest", move.request))
        return None if promotion is None else promotion_view(promotion)

    def post(self, move: Move, actor: Actor, permit: Permit) -> dict[str, Any]:
        """Create a code."""
        store = PromotionStore(self._client, self._table_name)
        return promotion_view(store.create(cast("PromotionRequest", move.request), actor, permit, self._now))
