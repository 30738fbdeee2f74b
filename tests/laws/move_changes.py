"""Law 13 for moves of credit: the changes that new claims, refunds, and approvals stand for, and those of their ends.

What each kind of item records is spelled here again, without the code that writes it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

Image = Mapping[str, Any]
Images = Mapping[tuple[str, str], tuple[Image | None, Image | None]]
Found = Counter[tuple[str, str, str, str]]
REFUNDS = {"asking": "refund_started", "refunded": "refund_made", "failed": "refund_failed"}
APPROVALS = {"waiting": "approval_requested", "approved": "approval_approved", "rejected": "approval_rejected"}
"""The action that records each status."""
FIRST = {"REFUND": "asking", "APPROVAL": "waiting"}
"""The status in which each kind of item begins; two readings may miss it."""


def changes_of_moves(images: Images) -> Found:
    """The changes that moves of credit stand for: `(partition, action, subject, actor)`."""
    found: Found = Counter()
    for (pk, sk), (before, after) in images.items():
        if after is None:
            continue
        kind = sk.split("#")[0]
        if kind == "MOVE" and before is None:
            found.update(_of_claim(pk, after))
        elif kind in ("REFUND", "APPROVAL"):
            begun = [FIRST[kind]] if before is None else []
            ended = [after["status"]] if after["status"] not in (FIRST[kind], (before or {}).get("status")) else []
            found.update(_of_status(pk, sk, {**after, "status": status}) for status in begun + ended)
    return found


def _of_claim(pk: str, claim: Image) -> list[tuple[str, str, str, str]]:
    if claim["kind"] == "goodwill":
        return [(pk, "goodwill_given", f"call:{claim['call_key']}", "")]
    receiver = claim["to_account_id"]
    return [
        (pk, "credit_sent", f"account:{receiver}", ""),
        (f"ACCOUNT#{receiver}", "credit_received", f"account:{pk.split('#')[1]}", ""),
    ]


def _of_status(pk: str, sk: str, item: Image) -> tuple[str, str, str, str]:
    if sk == "APPROVAL":
        account = f"ACCOUNT#{item['account_id']}" if item["account_id"] else f"PROMOTION#{item['request']['code']}"
        return account, APPROVALS[item["status"]], f"approval:{pk.split('#')[1]}", ""
    return pk, REFUNDS[item["status"]], f"top_up:{item['topup_id']}", ""
