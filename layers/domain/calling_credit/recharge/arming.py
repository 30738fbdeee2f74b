"""Which changes of a rule let it charge again."""

from calling_credit.recharge.decision import Rule


def is_arming(old: Rule | None, new: Rule) -> bool:
    """Whether an admin's change lets the rule charge again: it enables the rule, raises threshold or amount, or gives
    another card. The same card number, saved again, is not another card.
    """
    if not new.enabled or old is None or not old.enabled:
        return new.enabled
    return (
        new.threshold_micros > old.threshold_micros
        or new.amount_micros > old.amount_micros
        or (new.payment_method_id != old.payment_method_id and new.fingerprint != old.fingerprint)
    )
