"""What operators watch about credited payments."""

from collections import Counter
from datetime import datetime

from calling_credit.instants import format_instant
from calling_credit.payment_names import MethodType
from calling_credit.topups.topup import TopUp, TopUpKind, TopUpStatus


def count_settled(tally: Counter[str], topup: TopUp, now: datetime) -> None:
    """Count a top-up that this worker has credited, and how long its recharge has taken since it was claimed.

    A recharge that is credited by the invocation that claimed it is timed by the caller, which knows when the balance
    crossed its threshold. Of several recharges, `recharge_seconds` is the slowest. Bank accounts take days and have no
    time here.
    """
    tally["top_ups_settled"] += 1
    tally["top_ups_settled_after_end"] += topup.status in (TopUpStatus.FAILED, TopUpStatus.CANCELED)
    is_recharge = topup.kind == TopUpKind.AUTOMATIC and topup.card.type is not MethodType.BANK_ACCOUNT
    if is_recharge and topup.created_at != format_instant(now):
        seconds = int((now - datetime.fromisoformat(topup.created_at)).total_seconds())
        tally["recharge_seconds"] = max(tally["recharge_seconds"], seconds, 1)
