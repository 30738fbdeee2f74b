"""Limits on how often one caller may send a request: an account, an address, or a link.

The counts live in the process of a warm function. They cost no request to the table, so a flood costs none either, and
they are approximate: a caller whose requests reach several processes at once may send more, and a new process starts
from zero. API Gateway bounds each route for all callers together.
"""

import math
from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final

from calling_credit.errors import ProblemCode, TooManyRequests

MINUTE: Final = timedelta(minutes=1)
MONEY_REQUESTS: Final = 30
"""How many requests that may charge a card an account may send in a minute."""
MAX_CALLERS: Final = 10_000
"""How many callers a process remembers. Of more, it forgets those that were silent longest, which only favors them."""
IPV6_NETWORK: Final = 64
"""A customer of an internet provider has at least a network of this size, so its addresses are one caller."""


class RequestLimit:
    """At most `most` requests of one caller at once, and as many in each further `window`, evenly."""

    def __init__(self, most: int, window: timedelta = MINUTE, max_callers: int = MAX_CALLERS) -> None:
        self._interval = window // most
        self._window = window
        self._max_callers = max_callers
        self._used_until: OrderedDict[str, datetime] = OrderedDict()

    def check(self, caller: str, now: datetime, most: int | None = None) -> None:
        """Count a request of a caller, unless it is refused. `most`: the limit of this caller, if it has its own.

        Raises:
            TooManyRequests: `too_many_requests`, with the seconds until the next request is allowed.
        """
        known = min(self._used_until.pop(caller, now), now + self._window)  # The clock may have been set back.
        used_until = max(known, now) + (self._window // most if most else self._interval)
        over = used_until - now - self._window
        self._used_until[caller] = used_until if over <= timedelta(0) else known
        while len(self._used_until) > self._max_callers:
            self._used_until.popitem(last=False)
        if over > timedelta(0):
            seconds = max(1, math.ceil(over.total_seconds()))
            raise TooManyRequests(
                ProblemCode.TOO_MANY_REQUESTS,
                f"Too many requests in a short time. Nothing was done. Send it again in {seconds} s.",
                seconds,
            )

    def forget(self) -> None:
        """Forget all counts, as a new process."""
        self._used_until.clear()


def caller_of(source_ip: str) -> str:
    """The caller behind an address: itself, or its network if it is of IPv6."""
    if ":" not in source_ip:
        return source_ip
    try:
        return str(ip_network(f"{source_ip}/{IPV6_NETWORK}", strict=False))
    except ValueError:
        return source_ip
