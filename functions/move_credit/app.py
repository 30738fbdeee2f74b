"""The routes that move credit at the desk: goodwill for calls, refunds of payments, transfers between accounts,
promotion codes, and the requests that wait for a second person; and the route with which a customer redeems a code.
"""

from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock, ids
from calling_credit.api.caller import Operator, Right, customer, desk, require_admin
from calling_credit.api.pagination import Listing
from calling_credit.api.resolver import (
    answer,
    claims,
    http_resolver,
    idempotency_key,
    json_body,
    optional_idempotency_key,
    page_limit,
    source_ip,
)
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.charging.charged_rows import charged_row
from calling_credit.charging.corrections import unknown_call
from calling_credit.charging.goodwill import parse_goodwill
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.unreadable_report import log_unreadable
from calling_credit.errors import Forbidden, NotFound, ProblemCode
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.lots.promotion import Withdrawal, parse_promotion, parse_withdrawal, promotion_view
from calling_credit.lots.promotion_store import PromotionStore
from calling_credit.lots.redeeming import Redeemer, Redeeming
from calling_credit.metrics import emit
from calling_credit.moves.desk import MoveDesk, Poster
from calling_credit.moves.move import Move, MoveKind
from calling_credit.moves.move_limits import LIMITED, move_limits
from calling_credit.moves.postings import (
    AdjustmentPoster,
    CorrectionPoster,
    GoodwillPoster,
    PromotionPoster,
    TransferPoster,
)
from calling_credit.moves.refunding import RefundPoster
from calling_credit.payments.refund_worker import RefundWorker
from calling_credit.payments.refunds import parse_refund
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.transfers import parse_transfer
from calling_credit.rates.deck import Deck, RateRow

logger = Logger()
metrics = Metrics(service="desk")
app = http_resolver(logger)
dynamodb = dynamodb_client()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.post("/operator/accounts/<account_id>/calls/<call_key>/goodwill")
def post_goodwill(account_id: str, call_key: str) -> Response[str]:
    """Give goodwill for a call, once per call and Idempotency-Key."""
    operator, key = allowed(Right.ADJUST), idempotency_key(app)
    ids.check_id(account_id, "account_id")
    if not ids.is_plain_call_id(call_key) and not call_key.startswith(ids.HASHED):
        raise unknown_call()
    request = parse_goodwill(account_id, call_key, json_body(app))
    return submit(Move(MoveKind.GOODWILL, account_id, key, request), operator)


@app.post("/operator/accounts/<account_id>/top-ups/<top_up_id>/refunds")
def post_refund(account_id: str, top_up_id: str) -> Response[str]:
    """Refund a payment through Stripe, once per Idempotency-Key."""
    operator, key = allowed(Right.ADJUST), idempotency_key(app)
    ids.check_id(account_id, "account_id")
    if not ids.is_topup_id(top_up_id):
        raise NotFound(ProblemCode.UNKNOWN_TOP_UP, "This account has no payment with this id.")
    request = parse_refund(account_id, top_up_id, json_body(app))
    if request.override and not operator.is_staff:
        raise Forbidden(
            ProblemCode.STAFF_REQUIRED, "Only a person of the finance group may refund more than is available."
        )
    return submit(Move(MoveKind.REFUND, account_id, key, request), operator)


@app.post("/operator/transfers")
def post_transfer() -> Response[str]:
    """Transfer credit between two accounts, once per Idempotency-Key."""
    operator, key = allowed(Right.ADJUST), idempotency_key(app)
    request = parse_transfer(json_body(app))
    return submit(Move(MoveKind.TRANSFER, request.from_account_id, key, request), operator)


@app.post("/operator/promotions")
def post_promotion() -> Response[str]:
    """Create a promotion code, once, or withdraw it. A new Idempotency-Key lets a rejected or expired request be sent
    again.
    """
    operator, body = allowed(Right.ADJUST), json_body(app)
    if "withdrawn" in body:
        return withdraw(parse_withdrawal(body), operator)
    request = parse_promotion(body)
    key = optional_idempotency_key(app) or request.code
    return submit(Move(MoveKind.PROMOTION, "", key, request), operator)


def withdraw(request: Withdrawal, operator: Operator) -> Response[str]:
    """Withdraw a promotion code. A repeated request answers the same."""
    signed_in_desk(operator)
    promotion = PromotionStore(dynamodb, config().table_name).withdraw(request, operator.actor, clock.now())
    logger.info("withdrawn", extra={"code": request.code, "by": operator.actor.by})
    return answer(promotion_view(promotion))


@app.get("/operator/promotions")
def get_promotions() -> Response[str]:
    """List the promotion codes, the latest first."""
    signed_in_desk(allowed(Right.READ))
    listing = Listing(app, "promotions")
    promotions, after = PromotionStore(dynamodb, config().table_name).page(
        listing.position, listing.limit, app.report_unreadable
    )
    return answer({"items": list(map(promotion_view, promotions)), "next_cursor": listing.next_cursor(after)})


@app.post("/promotions/<code>/redeem")
def post_redeem(code: str) -> Response[str]:
    """Redeem a promotion code for the caller's account, once."""
    caller = customer(claims(app), config())
    require_admin(caller)
    key = optional_idempotency_key(app)
    redeemer = Redeemer(caller.account_id, caller.actor(source_ip(app)), caller.sign_in)
    redeemed = Redeeming(dynamodb, config().table_name, redeemer, clock.now()).redeem(code, key)
    logger.info("redeemed", extra={"account_id": caller.account_id})
    return answer(redeemed, 201)


@app.get("/operator/approvals")
def get_approvals() -> Response[str]:
    """List the requests that needed a second person, newest first."""
    operator, limit = allowed(Right.READ), page_limit(app)
    return answer({"items": signed_in_desk(operator).approvals(limit)})


@app.post("/operator/approvals/<approval_id>/approve")
def post_approve(approval_id: str) -> Response[str]:
    """Approve a request of someone else, which posts it."""
    operator = allowed(Right.ADJUST)
    approved = signed_in_desk(operator).approve(approval_id, operator)
    logger.info("approved", approval_id=approval_id, by=operator.actor.by)
    return answer(approved)


@app.post("/operator/approvals/<approval_id>/reject")
def post_reject(approval_id: str) -> Response[str]:
    """Reject a request of someone else."""
    operator = allowed(Right.ADJUST)
    rejected = signed_in_desk(operator).reject(approval_id, operator)
    logger.info("rejected", approval_id=approval_id, by=operator.actor.by)
    return answer(rejected)


def allowed(right: Right) -> Operator:
    """Return who acts, after checking the right.

    Raises:
        Forbidden: scope_required, staff_required, finance_required, id_token_required.
    """
    operator = desk(claims(app), config(), source_ip(app))
    operator.require(right, config())
    return operator


def submit(move: Move, operator: Operator) -> Response[str]:
    """Post a move, or let it wait for a second person."""
    moved = signed_in_desk(operator).submit(move, operator)
    fields = {"kind": str(move.kind), "account_id": move.account_id, "move_id": move.move_id}
    logger.info("moved" if moved.status == 201 else "waiting", extra=fields | {"by": operator.actor.by})
    return answer(moved.body, moved.status)


def signed_in_desk(operator: Operator) -> MoveDesk:
    """Return the desk that moves credit now, after checking that the sign-in was not ended.

    Raises:
        Forbidden: signed_out.
    """
    if operator.sign_in is not None:
        read_signed_in(dynamodb, config().table_name, [], operator.sign_in)
    return move_desk(clock.now())


def move_desk(now: datetime) -> MoveDesk:
    """Return the desk that moves credit at this time."""
    table_name = config().table_name
    posters: dict[MoveKind, Poster] = {
        MoveKind.ADJUSTMENT: AdjustmentPoster(dynamodb, table_name, now),
        MoveKind.CORRECTION: CorrectionPoster(dynamodb, table_name, now, row_of, config().hang_up_tolerance_seconds),
        MoveKind.GOODWILL: GoodwillPoster(dynamodb, table_name, now),
        MoveKind.TRANSFER: TransferPoster(dynamodb, table_name, now),
        MoveKind.PROMOTION: PromotionPoster(dynamodb, table_name, now),
        MoveKind.REFUND: RefundPoster(
            dynamodb, table_name, now, lambda: RefundWorker(dynamodb, table_name, stripe_client(), now)
        ),
    }
    return MoveDesk(
        dynamodb,
        table_name,
        posters,
        move_limits(config()),
        now,
        partial(emit, metrics, LIMITED),
        partial(log_unreadable, logger),
    )


def row_of(call: ChargedCall) -> RateRow:
    """Return the row that priced a call."""
    return charged_row(dynamodb, config().table_name, call, no_deck)


def no_deck(version: str) -> Deck:
    """Refuse to read a deck: only calls that version 1.0.0 charged need one, and these are corrected at once or waived.

    Raises:
        NotFound: unknown_deck.
    """
    raise NotFound(ProblemCode.UNKNOWN_DECK, f"The deck {version} is not read here.")
