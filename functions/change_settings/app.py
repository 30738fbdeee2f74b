"""A billing admin's settings: international calling of lines, limits, and automatic recharge."""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock, ids
from calling_credit.accounts import account
from calling_credit.accounts.limits import (
    customer_limits_view,
    effective_limits,
    limits_to_item,
    limits_view,
    parse_customer_limits,
)
from calling_credit.accounts.line_store import LineStore, Source
from calling_credit.accounts.store import AccountStore
from calling_credit.api.caller import customer, require_admin
from calling_credit.api.resolver import answer, claims, http_resolver, json_body, source_ip
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.retries import busy
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.cards import read_own_card
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.settings import RuleSettings, apply_settings, parse_rule_settings, rule_view
from calling_credit.recharge.store import RECHARGE, RechargeStore
from calling_credit.topups.refusals import card_blocked
from calling_credit.topups.topup import Card

logger = Logger()
app = http_resolver(logger)
dynamodb = dynamodb_client()
accounts = AccountStore(dynamodb, config().table_name)
lines = LineStore(dynamodb, config().table_name)
recharges = RechargeStore(dynamodb, config().table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.put("/lines/<line_id>")
def switch_line(line_id: str) -> Response[str]:
    """Turn international calling of a line on or off."""
    caller = customer(claims(app), config())
    require_admin(caller)
    enabled = account.parse_switch(json_body(app))
    ids.check_id(line_id, "line_id")
    source = Source(f"user:{caller.subject}", source_ip(app))
    line = lines.switch_line(caller.account_id, line_id, enabled, source, clock.now())
    return answer(account.line_view(line, accounts.user_name(caller.account_id, line.user_id)))


@app.get("/limits")
def get_limits() -> Response[str]:
    """Return the effective limits, the customer's limits, and whether the account is frozen."""
    return answer(limits_answer(customer(claims(app), config()).account_id))


@app.put("/limits")
def put_limits() -> Response[str]:
    """Set the customer's limits: lower numbers, blocked places, and allowed high-cost places."""
    caller = customer(claims(app), config())
    require_admin(caller)
    body = json_body(app)
    accounts.store_customer_limits(
        caller.account_id, partial(parse_customer_limits, body), f"user:{caller.subject}", source_ip(app), clock.now()
    )
    return answer(limits_answer(caller.account_id))


def limits_answer(account_id: str) -> dict[str, Any]:
    """The current limits of an account."""
    limits = accounts.limits(account_id)
    return limits_view(effective_limits(limits_to_item(limits.operator), limits.customer)) | {
        "own": customer_limits_view(limits.customer),
        "frozen": limits.is_frozen,
    }


@app.get("/auto-recharge")
def get_auto_recharge() -> Response[str]:
    """Return the rule, its state as code and message, and the time of the next attempt."""
    caller = customer(claims(app), config())
    snapshot = recharges.snapshot(caller.account_id)
    return answer(
        rule_view(
            snapshot.recharge.rule,
            snapshot.recharge.state,
            clock.now(),
            is_closed=snapshot.is_closed,
            is_frozen=snapshot.is_frozen,
        )
    )


@app.put("/auto-recharge")
def put_auto_recharge() -> Response[str]:
    """Set the rule. A balance below the threshold is recharged at once."""
    caller = customer(claims(app), config())
    require_admin(caller)
    body = json_body(app)
    snapshot = recharges.snapshot(caller.account_id)
    settings = parse_rule_settings(body, snapshot.recharge.rule, config().bounds)
    card = current_card(snapshot.recharge, settings)
    if card is None:
        card = read_own_card(stripe_client(), snapshot.customer_id, settings.payment_method_id)
    if settings.enabled and CardStore(dynamodb, config().table_name).is_blocked(card):
        raise card_blocked()
    now = clock.now()

    def change(stored: Recharge) -> tuple[Rule, State]:
        """Absent fields keep the value that is stored at the time of the write."""
        current = parse_rule_settings(body, stored.rule, config().bounds)
        if current.payment_method_id != card.payment_method_id:
            raise busy(RECHARGE)
        return apply_settings(current, card, stored.rule, stored.state, now)

    stored = recharges.store_rule(caller.account_id, change, now)
    return answer(rule_view(stored.rule, stored.state, now, is_closed=snapshot.is_closed, is_frozen=snapshot.is_frozen))


def current_card(recharge: Recharge, settings: RuleSettings) -> Card | None:
    """The rule's current card, without asking Stripe, so that the rule can be switched off at any time."""
    rule: Rule | None = recharge.rule
    if rule is None or rule.payment_method_id != settings.payment_method_id:
        return None
    if settings.enabled and recharge.state.suspended_reason == attempts.SuspensionReason.REMOVED:
        return None
    return Card(rule.payment_method_id, rule.brand, rule.last4, rule.fingerprint)
