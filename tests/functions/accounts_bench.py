"""Requests of the operator that several tests share."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

ADJUSTMENTS = "/accounts/acct_1/adjustments"


def at_once(*requests: Any) -> list[Any]:
    """Send requests at the same time; their responses in order."""
    with ThreadPoolExecutor(len(requests)) as pool:
        return [future.result() for future in [pool.submit(request) for request in requests]]
