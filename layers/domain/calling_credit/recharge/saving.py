"""Saves a customer's change of the rule: checks its version, applies the named fields, and names the payment that is
still under way after the rule was switched off.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calling_credit.dynamodb.retries import busy
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import Bounds, format_money, parse_money
from calling_credit.recharge.attempts import State, SuspensionReason
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.rule_card import rule_card
from calling_credit.recharge.settings import (
    MAX_LIMIT_MICROS,
    RuleSettings,
    apply_settings,
    parse_rule_settings,
)
from calling_credit.recharge.store import RECHARGE
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.amounts import amounts_view
from calling_credit.topups.topup import Card, TopUp
from calling_credit.versions import changed_meanwhile, is_outdated, read_version


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A PUT or PATCH of the rule. `version` is the version that it was made from, and `accepted_micros` the most that
    the first charge may cost. `tax` is that on the account's payments.
    """

    fields: Mapping[str, Any]
    version: int | None
    accepted_micros: int | None
    bounds: Bounds
    now: datetime
    tax: Taxation = NO_TAX

    def settings(self, current: Rule | None) -> RuleSettings:
        """The settings after the change. Absent fields keep their value.

        Raises:
            InvalidValue: a field is not allowed.
        """
        return parse_rule_settings(dict(self.fields), current, self.bounds, self.tax)

    def has_result(self, stored: Recharge, view: Callable[[Rule | None, State], dict[str, Any]]) -> bool:
        """Whether the change was made from another version, but the stored rule is already its result, and charges no
        more than this change accepts.

        Raises:
            Conflict: `changed_meanwhile`, with `view` of the current rule.
        """
        rule = stored.rule
        if not is_outdated(self.version, rule.version if rule else 0):
            return False
        try:
            accepted, limit = stored.state.accepted_micros, self.accepted_micros
            accepts_more = accepted is not None and limit is not None and accepted > limit
            if rule is not None and self.settings(rule) == _settings_of(rule) and not accepts_more:
                return True
        except InvalidValue:
            pass  # The fields do not fit the rule that the sender has not seen.
        raise changed_meanwhile("The rule of automatic recharge", view(rule, stored.state))

    def apply(self, stored: Recharge, card: Card) -> tuple[Rule, State]:
        """The new rule and its state. `card` is the one that was checked at Stripe.

        Raises:
            Unavailable: `busy`, the rule has had another card since.
        """
        settings = self.settings(stored.rule)
        if settings.payment_method_id != card.payment_method_id:
            own = current_card(stored, settings)
            if own is None:
                raise busy(RECHARGE)
            card = own
        return apply_settings(settings, card, stored.rule, stored.state, self.now, self.accepted_micros, self.tax)


def parse_rule_change(body: Mapping[str, Any], bounds: Bounds, now: datetime) -> RuleChange:
    """Parse the fields of a change that are not settings: `version` and `accept_charge`.

    Raises:
        InvalidValue: invalid_field, invalid_amount, amount_out_of_range.
    """
    return RuleChange(body, read_version(body), _accepted(body.get("accept_charge")), bounds, now)


def _accepted(value: object) -> int | None:
    if value is None:
        return None
    micros = parse_money(value, field="accept_charge", decimals=2)
    if not 0 <= micros <= MAX_LIMIT_MICROS:
        raise InvalidValue(
            ProblemCode.AMOUNT_OUT_OF_RANGE,
            f"accept_charge must lie between 0.00 and {format_money(MAX_LIMIT_MICROS)} US dollars.",
        )
    return micros


def current_card(recharge: Recharge, settings: RuleSettings) -> Card | None:
    """The rule's current card, without asking Stripe, so that the rule can be switched off at any time."""
    rule = recharge.rule
    if rule is None or rule.payment_method_id != settings.payment_method_id:
        return None
    if settings.enabled and recharge.state.own_reason == SuspensionReason.REMOVED:
        return None
    return rule_card(rule)


def in_flight_view(stored: Recharge, read: Callable[[str], TopUp | None]) -> dict[str, Any] | None:
    """`{amount, top_up_id}` of the rule's payment that is under way and may still charge the card, with `tax` and
    `total` if it is taxed; None if none is. No later payment can begin, because a claim requires the rule that it was
    decided by.
    """
    in_flight = stored.state.in_flight
    topup = read(in_flight.topup_id) if in_flight else None
    if topup is None or not topup.is_open:
        return None
    amounts = amounts_view(topup) if topup.tax_micros else {"amount": format_money(topup.amount_micros)}
    return {**amounts, "top_up_id": topup.topup_id}


def _settings_of(rule: Rule) -> RuleSettings:
    return RuleSettings(
        rule.enabled,
        rule.threshold_micros,
        rule.amount_micros,
        rule.payment_method_id,
        rule.hourly_count,
        rule.daily_limit_micros,
        rule.monthly_limit_micros,
    )
