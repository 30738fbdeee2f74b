"""Law 17, of the counters of spending, over the items of any accounts."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.harness.spending import check_spending


def law_17_spending_is_that_of_entries_and_holds(
    items: Iterable[Mapping[str, Any]],
) -> dict[tuple[str, str], tuple[int | None, int, int, int]]:
    """Check every counter; return its limit, spent, held, and left by partition and sort key."""
    accounts: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        accounts.setdefault(item["PK"], []).append(item)
    return {
        (pk, sort_key): counter
        for pk, of_account in accounts.items()
        if pk.startswith("ACCOUNT#")
        for sort_key, counter in check_spending(of_account).items()
    }
