"""The routes that change accounts: settings, lines, users, adjustments, corrections, automatic recharge, and blocked
cards. The back office sends them below `/accounts`; staff, and clients too, below `/operator/accounts`.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock, ids
from calling_credit.accounts.account import Account, Line, account_view
from calling_credit.accounts.freezing import freeze_account, unfreeze_account
from calling_credit.accounts.limits import account_limits_view, parse_limits
from calling_credit.accounts.line_number import parse_line
from calling_credit.accounts.line_numbers import parse_move
from calling_credit.accounts.line_store import LineStore
from calling_credit.accounts.price_settings import account_parser
from calling_credit.accounts.reader import AccountReader
from calling_credit.accounts.sign_outs import SignOuts
from calling_credit.accounts.store import AccountStore
from calling_credit.accounts.user import parse_user
from calling_credit.accounts.user_store import UserStore
from calling_credit.api.caller import Operator, Right, back_office, desk
from calling_credit.api.resolver import answer, claims, http_resolver, idempotency_key, json_body, source_ip
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.charging.charged_rows import row_reader
from calling_credit.charging.corrections import parse_correction
from calling_credit.config import config
from calling_credit.desk.closing import close_by_settings
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.adjustments import parse_adjustment
from calling_credit.metrics import emit
from calling_credit.moves.desk import MoveDesk, Poster
from calling_credit.moves.move import Move, MoveKind, adjustment_move, correction_move
from calling_credit.moves.move_limits import LIMITED, move_limits
from calling_credit.moves.postings import AdjustmentPoster, CorrectionPoster
from calling_credit.payments.unblocking import parse_unblock, unblock_card, unblocked_view
from calling_credit.rates.area_codes import AreaCodeReader
from calling_credit.rates.deck_store import s3_client
from calling_credit.rates.list_names import check_list_stored
from calling_credit.recharge.saving import in_flight_view
from calling_credit.recharge.settings import rule_view
from calling_credit.recharge.store import RechargeStore
from calling_credit.recharge.switched_off import SwitchedOff
from calling_credit.recharge.switching_off import parse_switch_off, switch_off
from calling_credit.topups.store import TopUpStore
from calling_credit.versions import changed_meanwhile, is_outdated, read_version

DESK: Final = "/operator"
"""The beginning of the paths that staff may use."""

LEAD: Final = timedelta(seconds=config().lead_seconds)

logger = Logger()
metrics = Metrics(service="desk")
app = http_resolver(logger)
dynamodb = dynamodb_client()
row_of = row_reader(dynamodb, config().table_name, config().deck_bucket)
accounts = AccountStore(dynamodb, config().table_name)
users = UserStore(dynamodb, config().table_name)
lines = LineStore(dynamodb, config().table_name, LEAD)
topups = TopUpStore(dynamodb, config().table_name)
recharges = RechargeStore(dynamodb, config().table_name)
sign_outs = SignOuts(dynamodb, config().table_name, timedelta(days=config().refresh_token_days), config().user_pool_id)
check_list = partial(check_list_stored, s3_client, config().deck_bucket)
area_codes = AreaCodeReader(s3_client, config().deck_bucket)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.put("/accounts/<account_id>")
@app.put(DESK + "/accounts/<account_id>")
def put_account(account_id: str) -> Response[str]:
    """Create, configure, close, or freeze an account; 201 if it is new."""
    operator, body = allowed(Right.FREEZE), json_body(app)
    if set(body) != {"frozen"}:
        allowed(Right.OPERATE)
    ids.check_id(account_id, "account_id")
    now = clock.now()
    parse = account_parser(account_id, body, check_list, now, LEAD)
    if "status" in body:
        close_by_settings(dynamodb, config().table_name, account_id, parse, operator.actor, now, operator.sign_in)
    account, is_new = accounts.store_account(account_id, parse, operator.actor, now, operator.sign_in)
    if "frozen" in body:
        set_frozen = freeze_account if account.is_frozen else unfreeze_account
        set_frozen(dynamodb, config().table_name, account_id, operator.actor, now)
        if account.is_frozen:
            topups.check_waiting(account_id, now)
    return answer(account_view(account), 201 if is_new else 200)


@app.put(DESK + "/accounts/<account_id>/limits")
def put_limits(account_id: str) -> Response[str]:
    """Change the operator's limits of an account; absent limits keep their value, null restores the default."""
    operator, body = allowed(Right.OPERATE), json_body(app)
    existing_account(account_id, operator)

    def change(current: Account | None) -> Account:
        assert current is not None
        return replace(current, limits=parse_limits(body, current.limits))

    accounts.store_account(account_id, change, operator.actor, clock.now())
    return answer(account_limits_view(accounts.limits(account_id)))


@app.put("/accounts/<account_id>/lines/<line_id>")
@app.put(DESK + "/accounts/<account_id>/lines/<line_id>")
def put_line(account_id: str, line_id: str) -> Response[str]:
    """Create or configure a line, or move a number to it; 201 if it is new."""
    operator, body = allowed(Right.OPERATE), json_body(app)
    ids.check_id(account_id, "account_id")
    ids.check_id(line_id, "line_id")
    version, move_from = read_version(body), parse_move(body, account_id, line_id)
    home_countries, added = config().home_countries, lambda: area_codes.current(clock.now())
    parse = partial(parse_line, line_id, body, home_countries=home_countries, read_area_codes=added)

    reader = AccountReader(dynamodb, config().table_name, account_id)

    def change(current: Line | None) -> Line:
        line = parse(current)
        if current and is_outdated(version, current.version) and replace(line, version=current.version) != current:
            raise changed_meanwhile("The line", reader.view_of(current, clock.now()))
        return line

    line, is_new = lines.store_line(
        account_id, line_id, change, operator.actor, clock.now(), move_from, sign_in=operator.sign_in
    )
    return answer(reader.view_of(line, clock.now()), 201 if is_new else 200)


@app.put("/accounts/<account_id>/users/<user_id>")
@app.put(DESK + "/accounts/<account_id>/users/<user_id>")
def put_user(account_id: str, user_id: str) -> Response[str]:
    """Create or rename a user; 201 if it is new."""
    operator = allowed(Right.OPERATE)
    user = parse_user(user_id, json_body(app))
    ids.check_id(account_id, "account_id")
    is_new = users.store(account_id, user, operator.actor, clock.now(), operator.sign_in)
    return answer({"user_id": user.user_id, "name": user.name}, 201 if is_new else 200)


@app.post("/accounts/<account_id>/adjustments")
@app.post(DESK + "/accounts/<account_id>/adjustments")
def post_adjustment(account_id: str) -> Response[str]:
    """Post an adjustment, once per Idempotency-Key."""
    operator = allowed(Right.ADJUST)
    key = idempotency_key(app)
    adjustment = parse_adjustment(json_body(app))
    existing_account(account_id, operator)
    return submit(adjustment_move(account_id, key, adjustment), operator)


@app.post("/accounts/<account_id>/calls/<call_key>/corrections")
@app.post(DESK + "/accounts/<account_id>/calls/<call_key>/corrections")
def post_correction(account_id: str, call_key: str) -> Response[str]:
    """Correct the duration of a charged call, or waive its charge, once per Idempotency-Key."""
    operator = allowed(Right.ADJUST)
    key = idempotency_key(app)
    request = parse_correction(call_key, json_body(app))
    existing_account(account_id, operator)
    return submit(correction_move(account_id, key, request), operator)


@app.put("/accounts/<account_id>/auto-recharge")
@app.put(DESK + "/accounts/<account_id>/auto-recharge")
def put_auto_recharge(account_id: str) -> Response[str]:
    """Switch the account's automatic recharge off; only the customer can switch it on."""
    operator = allowed(Right.OPERATE)
    actor = operator.actor
    reason = parse_switch_off(json_body(app))
    existing_account(account_id, operator)
    now = clock.now()
    switched_off = SwitchedOff(actor.by, reason, format_instant(now))
    stored = recharges.change_rule(account_id, partial(switch_off, by=switched_off), actor, now)
    logger.info("recharge_switched_off", account_id=account_id, by=actor.by)
    in_flight = in_flight_view(stored, partial(topups.read, account_id))
    return answer({**rule_view(stored.rule, stored.state, now), "in_flight": in_flight})


@app.post("/accounts/<account_id>/cards/unblock")
@app.post(DESK + "/accounts/<account_id>/cards/unblock")
def post_unblock(account_id: str) -> Response[str]:
    """Unblock a card after a dispute or a fraud warning, and resume the rule that the dispute suspended."""
    operator = allowed(Right.OPERATE)
    actor = operator.actor
    request = parse_unblock(json_body(app))
    existing_account(account_id, operator)
    unblocked = unblock_card(dynamodb, config().table_name, account_id, request, actor, clock.now())
    logger.info("unblocked", account_id=account_id, by=actor.by, reason=request.reason)
    return answer(unblocked_view(unblocked))


@app.post("/accounts/<account_id>/users/<user_id>/sign-out")
@app.post(DESK + "/accounts/<account_id>/users/<user_id>/sign-out")
def post_user_sign_out(account_id: str, user_id: str) -> Response[str]:
    """End every sign-in of a user of the account; `user_id` is the `sub` of the user's tokens."""
    operator = allowed(Right.FREEZE)
    existing_account(account_id, operator)
    return answer(sign_outs.end_of_user(account_id, user_id, operator.actor, clock.now()).view)


@app.post(DESK + "/staff/<user_id>/sign-out")
def post_staff_sign_out(user_id: str) -> Response[str]:
    """End every sign-in of a member of the staff."""
    operator = allowed(Right.FREEZE)
    read_signed_in(dynamodb, config().table_name, [], operator.sign_in)
    return answer(sign_outs.end_of_staff(user_id, operator.actor, clock.now()).view)


def allowed(right: Right) -> Operator:
    """Return who acts, after checking the right, or raise Forbidden: `scope_required`; at the desk also
    `staff_required`, `finance_required`, `id_token_required`.
    """
    caller = desk if app.current_event.raw_path.startswith(f"{DESK}/") else back_office
    operator = caller(claims(app), config(), source_ip(app))
    operator.require(right, config())
    return operator


def submit(move: Move, operator: Operator) -> Response[str]:
    """Post an adjustment or correction within the limit of the day, or let it wait for a second person."""
    table_name, now = config().table_name, clock.now()
    posters: dict[MoveKind, Poster] = {
        MoveKind.ADJUSTMENT: AdjustmentPoster(dynamodb, table_name, now),
        MoveKind.CORRECTION: CorrectionPoster(dynamodb, table_name, now, row_of, config().hang_up_tolerance_seconds),
    }
    count_limited = partial(emit, metrics, LIMITED)
    moved = MoveDesk(dynamodb, table_name, posters, move_limits(config()), now, count_limited).submit(move, operator)
    logger.info("moved" if moved.status == 201 else "waiting", move_id=move.move_id, by=operator.actor.by)
    return answer(moved.body, moved.status)


def existing_account(account_id: str, operator: Operator) -> Account:
    """Return an account, or raise InvalidValue `invalid_id`, NotFound `unknown_account`, or Forbidden `signed_out`."""
    account = accounts.account(ids.check_id(account_id, "account_id"), operator.sign_in)
    if account is None:
        raise NotFound(
            ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; create it with PUT /accounts/{account_id}."
        )
    return account
