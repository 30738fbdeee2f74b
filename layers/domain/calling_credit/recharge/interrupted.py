"""The outcome of an attempt that was interrupted, or whose card was replaced meanwhile."""

from dataclasses import replace
from datetime import datetime

from calling_credit.instants import local_date
from calling_credit.recharge.acceptance import exceeds_accepted
from calling_credit.recharge.attempts import State, SuspensionReason, spent_micros
from calling_credit.recharge.decision import Rule, amount_to_close
from calling_credit.topups.topup import TopUp, TopUpKind


def is_unwanted(rule: Rule | None, state: State, posted_micros: int, topup: TopUp, time_zone: str) -> bool:
    """Whether an interrupted attempt must not continue: the rule is off, suspended, or has another card, or it would
    now charge less, because the balance rose or a limit was lowered, or an admin accepted less.
    """
    if rule is None or not rule.enabled or state.suspended_reason is not None:
        return True
    if exceeds_accepted(state, topup.gross_micros):
        return True
    if rule.payment_method_id != topup.card.payment_method_id and not topup.is_backup:
        return True
    needed = amount_to_close(rule, rule.threshold_micros - posted_micros)
    return topup.amount_micros > needed or _exceeds_limit(rule, state, topup, time_zone)


def _exceeds_limit(rule: Rule, state: State, topup: TopUp, time_zone: str) -> bool:
    """Whether its day or month exceeds the rule's limits. The attempt itself counts since its claim."""
    made = local_date(datetime.fromisoformat(topup.created_at), time_zone)
    dated = [(local_date(datetime.fromisoformat(attempt.at), time_zone), attempt) for attempt in state.recent]
    of_day = spent_micros(attempt for date, attempt in dated if date == made)
    of_month = spent_micros(attempt for date, attempt in dated if date[:7] == made[:7])
    return of_day > rule.daily_limit_micros or of_month > rule.monthly_limit_micros


def after_payment(rule: Rule, before: State, after: State, topup: TopUp) -> State:
    """Apply the end of a payment to the state. An attempt with a card that the rule no longer uses ends, but does not
    affect the current card. A renewed number is the same card if it is the same payment method. The state after an
    attempt with the backup card says nothing about the rule's card.
    """
    if topup.is_backup:
        return after
    card = topup.card
    was_removed = after.suspended_reason == SuspensionReason.REMOVED and before.suspended_reason is None
    is_other_card = card.payment_method_id != rule.payment_method_id
    if not was_removed:
        is_other_card = is_other_card and card.fingerprint != rule.fingerprint
    if topup.kind != TopUpKind.AUTOMATIC or not is_other_card:
        return after
    return replace(before, in_flight=after.in_flight, recent=after.recent)
