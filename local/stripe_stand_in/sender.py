"""Delivers events to the webhook, signed like Stripe's, and retries until a 2xx answer or the last attempt."""

import json
from datetime import datetime
from threading import Event, Thread
from typing import Final

import httpx
import stripe

from local.stripe_stand_in.outbox import Delivery, Outbox, mark_delivered
from local.stripe_stand_in.refusals import Fields

RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Stripe waits hours between attempts, too long for local work."""
TIMEOUT_SECONDS: Final = 300.0
"""A delivery that times out too early is repeated, which slows down a busy machine further."""
STOP_SECONDS: Final = 5.0
WORKERS: Final = 4


def body_of(event: Fields) -> str:
    """Return the body that is signed and sent."""
    return json.dumps(event, indent=2)


def signature(body: str, secret: str, now: datetime) -> str:
    """Return the Stripe-Signature header of a body."""
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, int(now.timestamp()))
    return header


class Sender:
    """Threads that deliver the events of the outbox. `host` is the Host header, if the URL does not select the API."""

    def __init__(self, outbox: Outbox, url: str, secret: str, *, host: str | None = None) -> None:
        self._outbox = outbox
        self._url = url
        self._secret = secret
        self._headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (local stand-in)"}
        if host is not None:
            self._headers["Host"] = host
        self._ending = Event()
        self._threads: list[Thread] = []
        self.results: dict[str, list[int]] = {}
        """The status of each delivery by event; 0 is no answer."""

    def start(self) -> None:
        """Start the deliveries."""
        self._threads = [Thread(target=self._work, name=f"webhook-{n}", daemon=True) for n in range(WORKERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the deliveries in progress and start no others."""
        self._ending.set()
        with self._outbox.changed:
            self._outbox.changed.notify_all()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _work(self) -> None:
        with httpx.Client(trust_env=False, timeout=TIMEOUT_SECONDS) as client:
            while not self._ending.is_set():
                delivery = self._outbox.take()
                if delivery is None:
                    wait = self._outbox.seconds_until_next(0.5)
                    with self._outbox.changed:
                        self._outbox.changed.wait(wait)
                    continue
                try:
                    self._deliver(client, delivery)
                finally:
                    self._outbox.done()

    def _deliver(self, client: httpx.Client, delivery: Delivery) -> None:
        body = body_of(delivery.event)
        headers = {**self._headers, "Stripe-Signature": signature(body, self._secret, self._outbox.now())}
        try:
            status = client.post(self._url, content=body, headers=headers).status_code
        except httpx.HTTPError:
            status = 0
        self.results.setdefault(delivery.event["id"], []).append(status)
        if 200 <= status < 300:
            mark_delivered(delivery.event)
        if not 200 <= status < 300 and delivery.attempt < len(RETRY_SECONDS):
            self._outbox.put_again(delivery, RETRY_SECONDS[delivery.attempt])
