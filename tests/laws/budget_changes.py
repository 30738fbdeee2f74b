"""Law 13 for budgets: what an item of a line or user says of its budget, and the changes that requests for more stand
for: each request, and each raise with the limits that it changed.

What each kind of item records is spelled here again, without the code that writes it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.laws.prices import money

Image = Mapping[str, Any]
Images = Mapping[tuple[str, str], tuple[Image | None, Image | None]]
Found = Counter[tuple[str, str, str, str]]
ASKED, RAISED = "budget_increase_requested", "budget_raised"
OF_REQUESTS = (ASKED, RAISED)
"""The actions whose values are not those of the line that they name."""


def facts_of_budget(item: Image) -> dict[str, Any]:
    """The budget of a line or user in the form of the API."""
    if "budget_micros" not in item:
        return {}
    return {"budget": money(item["budget_micros"]), "budget_at": item["budget_at"]}


def changes_of_requests(images: Images) -> Found:
    """The changes that requests for more stand for: `(partition, action, subject, actor)`."""
    found: Found = Counter()
    for (pk, sk), before, after in _requests(images):
        subject = f"line:{sk.split('#')[1]}"
        found[pk, ASKED, subject, ""] += after["number_in_month"] - before.get("number_in_month", 0)
        found[pk, RAISED, subject, ""] += "closed_at" in after and "closed_at" not in before
    return +found


def check_values(images: Images, recorded: list[Image]) -> None:
    """Check the amounts of each recorded request and raise against the request's item and the limits of counters."""
    for (pk, sk), _, after in _requests(images):
        _, line, month = sk.split("#")
        names = {"line": f"LINE#{line}", "user": f"USER#{after['user_id']}"}
        amounts: dict[str, int] = {of: after[f"{of}_micros"] for of in names if f"{of}_micros" in after}
        for change in recorded:
            if (change["PK"], change["subject"]) != (pk, f"line:{line}"):
                continue
            if change["action"] == ASKED:
                shown = {one["budget"]: one["amount"] for one in change["new"]["increases"]}
                assert shown == {of: money(micros) for of, micros in amounts.items()}, f"law 13: {change['SK']}"
            elif change["action"] == RAISED:
                counters = {of: images[pk, f"SPENT#{month}#{names[of]}"] for of in amounts}
                old, new = (
                    {of: money((pair[at] or {})["limit_micros"]) for of, pair in counters.items()} for at in (0, 1)
                )
                assert change["old"] == old, f"law 13: {change['SK']}"
                assert change["new"] == new | {"month": month}, f"law 13: {change['SK']}"
                limits = {of: [(image or {})["limit_micros"] for image in pair] for of, pair in counters.items()}
                raised = {of: now - was for of, (was, now) in limits.items()}
                assert raised == amounts, f"law 13: {change['SK']}"


def _requests(images: Images) -> list[tuple[tuple[str, str], Image, Image]]:
    return [
        (key, before or {}, after)
        for key, (before, after) in images.items()
        if key[1].startswith("BUDGET_REQUEST#") and after is not None
    ]
