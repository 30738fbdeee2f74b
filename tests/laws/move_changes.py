"""The changes that moves of credit record: goodwill, transfers, refunds, and approvals."""

from collections.abc import Iterator, Mapping
from typing import Any

Images = Mapping[tuple[str, str], tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]
ENDS = {"refunded": "refund_made", "failed": "refund_failed"}
"""The action that records the end of a refund, by its status."""


def moves_recorded(images: Images) -> Iterator[tuple[str, str, str, str]]:
    """The changes that these items stand for: `(partition, action, subject, "")`."""
    for (pk, sk), (before, after) in images.items():
        if after is None:
            continue
        kind = sk.split("#")[0]
        if kind == "GOODWILL" and before is None:
            yield pk, "goodwill_given", f"call:{sk.split('#')[2]}", ""
        elif kind == "ENTRY" and before is None and after["category"] == "transfer":
            action = "credit_sent" if after["amount_micros"] < 0 else "credit_received"
            yield pk, action, f"account:{after['other_account_id']}", ""
        elif kind == "REFUND":
            yield from _refund(pk, before, after)
        elif kind == "APPROVAL":
            account, subject = f"ACCOUNT#{after['account_id']}", f"approval:{pk.removeprefix('APPROVAL#')}"
            if before is None:
                yield account, "approval_requested", subject, ""
            if after["status"] != "waiting" and (before is None or before["status"] == "waiting"):
                yield account, f"approval_{after['status']}", subject, ""


def _refund(pk: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    subject = f"top_up:{after['topup_id']}"
    if before is None:
        yield pk, "refund_started", subject, ""
    if after["status"] in ENDS and (before is None or before["status"] != after["status"]):
        yield pk, ENDS[after["status"]], subject, ""
