"""Suspensions by reversals and warnings: what they name, and what ends them.

A refund of a payment that the rule made, a dispute, and a warning of fraud suspend the rule in the transaction that
takes the credit back, without reading its state first. They are therefore kept as a set of causes, to which an update
adds without a condition. A dispute outweighs a refund, and both outweigh what else the rule is suspended for, which
continues after them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from calling_credit.recharge.attempts import State, SuspensionReason
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from collections.abc import Callable

BY_REVERSAL: Final = frozenset({SuspensionReason.REFUNDED, SuspensionReason.DISPUTED})
_SEPARATOR: Final = "#"


@dataclass(frozen=True, slots=True)
class Cause:
    """The payment whose reversal or warning suspended the rule. `amount_micros` is what its card paid."""

    reason: SuspensionReason
    topup_id: str
    amount_micros: int
    created_at: str

    def __str__(self) -> str:
        return _SEPARATOR.join((self.reason, self.topup_id, str(self.amount_micros), self.created_at))


def cause_of(topup: TopUp, reason: SuspensionReason) -> Cause:
    """The cause of a suspension by a top-up."""
    return Cause(reason, topup.topup_id, topup.gross_micros, topup.created_at)


def parse_causes(texts: Iterable[str]) -> list[Cause]:
    """The causes of a stored suspension, the latest payment first."""
    causes = []
    for text in texts:
        reason, topup_id, amount, created_at = text.split(_SEPARATOR)
        causes.append(Cause(SuspensionReason(reason), topup_id, int(amount), created_at))
    return sorted(causes, key=lambda cause: (cause.created_at, cause.topup_id), reverse=True)


def suspending_cause(reason: str | None, texts: Iterable[str]) -> Cause | None:
    """The payment that a suspension for this reason names; None for other reasons."""
    return next((cause for cause in parse_causes(texts) if cause.reason == reason), None)


def end_refund(state: State, topup_id: str) -> State:
    """Apply that every refund of a payment failed."""
    return _remove(state, lambda cause: (cause.reason, cause.topup_id) == (SuspensionReason.REFUNDED, topup_id))


def clear_disputes(state: State, topup_ids: Iterable[str]) -> State:
    """Apply that the operator cleared the card of these payments."""
    cleared = frozenset(topup_ids)
    return _remove(state, lambda cause: cause.reason == SuspensionReason.DISPUTED and cause.topup_id in cleared)


def forgive_refunds(state: State) -> State:
    """Apply that a billing admin armed the rule: refunds no longer suspend it, disputes do."""
    return _remove(state, lambda cause: cause.reason == SuspensionReason.REFUNDED)


def _remove(state: State, is_over: "Callable[[Cause], bool]") -> State:
    """The state without the causes that are over. Without any cause left, what else suspends the rule continues, and
    so does a wait after declines: the end of a reversal says nothing about the card.
    """
    causes = parse_causes(state.suspended_by)
    left = [cause for cause in causes if not is_over(cause)]
    if len(left) == len(causes):
        return state
    texts = frozenset(map(str, left))
    if texts:
        return replace(state, suspended_by=texts, suspended_reason=strongest_reason(None, texts))
    return replace(state, suspended_by=texts, suspended_reason=state.suspended_before, suspended_before=None)


def strongest_reason(reason: str | None, texts: Iterable[str]) -> str | None:
    """The reason of a suspension with these causes: a dispute before a refund before any other."""
    reasons = {cause.reason for cause in parse_causes(texts)}
    return next((by for by in (SuspensionReason.DISPUTED, SuspensionReason.REFUNDED) if by in reasons), reason)
