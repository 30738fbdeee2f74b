"""An SDK client that calls a stand-in without a socket, and a clock that only tests advance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from local.stripe_stand_in.faults import ConnectionLost
from local.stripe_stand_in.stand_in import StandIn


@dataclass
class Clock:
    """A frozen clock."""

    at: datetime = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        """Advance the clock, for example by `hours=24`."""
        self.at += timedelta(**amount)


class InProcessClient(stripe.HTTPClient):
    """Passes each SDK request to `StandIn.handle` and raises the SDK's error for a lost connection."""

    name = "in-process"

    def __init__(self, stand_in: StandIn) -> None:
        super().__init__()
        self._stand_in = stand_in

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_options: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """Handle one request."""
        address = urlsplit(url)
        pairs = parse_qsl(address.query, keep_blank_values=True) + parse_qsl(post_data or "", keep_blank_values=True)
        try:
            answer = self._stand_in.handle(method.upper(), address.path, pairs, headers or {})
        except ConnectionLost as lost:
            raise stripe.APIConnectionError(str(lost), should_retry=True) from lost  # type: ignore[no-untyped-call]
        return answer.body.decode(), answer.status, {name.lower(): text for name, text in answer.headers.items()}

    def close(self) -> None:
        """Do nothing; no connection is open."""


def client_of(stand_in: StandIn, **options: Any) -> stripe.StripeClient:
    """An SDK client of the stand-in."""
    return stripe.StripeClient(stand_in.api_key, http_client=InProcessClient(stand_in), **options)
