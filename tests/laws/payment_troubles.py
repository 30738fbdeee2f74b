"""What a request of a payment's worker, or each of its requests from one on, meets: a death, a permission that was
taken away, a table or a Stripe that no longer answers, a key that Stripe no longer accepts.

Unlike the faults of `tests.harness.faults`, most of these last until the worker ends.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
from botocore.exceptions import EndpointConnectionError

from tests.harness.faults import URL
from tests.harness.stripe import response
from tests.harness.wire import Killed, Pass, Sent, refusal

RIGHTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
"""The right that each action of a transaction needs. Each other request needs one of its own name."""
OUR_KEY = b'{"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}'


@dataclass
class Trouble:
    """Interferes with the `at`-th SDK call of a path. A `lasting` one also meets the later calls that `meets` names."""

    at: int
    name: str
    cause: "Cause"
    lasting: bool = False
    meets: Callable[[Sent], bool] = lambda _: True
    hits: int = 0
    _calls: list[str] = field(default_factory=list)

    def __call__(self, sent: Sent, passed: Pass) -> Any:
        """Pass or fail one request."""
        if sent.call not in self._calls:
            self._calls.append(sent.call)
        place = self._calls.index(sent.call)
        if place == self.at or (self.lasting and place > self.at and self.meets(sent)):
            self.hits += 1
            return self.cause(self, passed)
        return passed()


Cause = Callable[[Trouble, Pass], Any]


def dead_before(_trouble: Trouble, _passed: Pass) -> Any:
    """The process dies before it sends the request."""
    raise Killed


def dead_after(_trouble: Trouble, passed: Pass) -> Any:
    """The process dies before it gets the answer."""
    passed()
    raise Killed


def denied(_trouble: Trouble, _passed: Pass) -> Any:
    """The role may not send the request."""
    return refusal(400, "AccessDeniedException")


def without_table(_trouble: Trouble, _passed: Pass) -> Any:
    """The table cannot be reached."""
    raise EndpointConnectionError(endpoint_url=URL)


def without_stripe(_trouble: Trouble, _passed: Pass) -> Any:
    """Stripe cannot be reached."""
    raise requests.ConnectionError("injected")


def without_stripe_after(trouble: Trouble, passed: Pass) -> Any:
    """The first answer is lost, and then Stripe cannot be reached."""
    if trouble.hits == 1:
        passed()
        raise requests.ReadTimeout("injected")
    return without_stripe(trouble, passed)


def without_key(_trouble: Trouble, _passed: Pass) -> Any:
    """Stripe does not accept the key."""
    return response(401, OUR_KEY, {"Content-Type": "application/json"})


def without_key_after(trouble: Trouble, passed: Pass) -> Any:
    """Stripe accepts the key for the last time."""
    return passed() if trouble.hits == 1 else without_key(trouble, passed)


ONCE: tuple[Cause, ...] = (dead_before, dead_after)
OF_STRIPE: tuple[Cause, ...] = (without_stripe, without_stripe_after, without_key, without_key_after)


def troubles(scenario: list[Sent]) -> Iterator[Trouble]:
    """Every trouble at every request of a path."""
    first_tries = {sent.call: sent for sent in reversed(scenario)}
    for at, call in enumerate(dict.fromkeys(sent.call for sent in scenario)):
        sent = first_tries[call]
        place, is_alike = f"{sent.operation} {at}", partial(_is_of, sent.service)
        for cause in ONCE:
            yield Trouble(at, f"{place}: {cause.__name__}", cause)
        if sent.service == "stripe":
            for cause in OF_STRIPE:
                yield Trouble(at, f"{place}: {cause.__name__}, lasting", cause, lasting=True, meets=is_alike)
        elif sent.service == "dynamodb":
            yield Trouble(at, f"{place}: denied once", denied)
            yield Trouble(at, f"{place}: without_table, lasting", without_table, lasting=True, meets=is_alike)
            for right in sorted(_rights(sent)):
                needs_it = partial(_needs, right)
                yield Trouble(at, f"{place}: without {right}, lasting", denied, lasting=True, meets=needs_it)


def _is_of(service: str, sent: Sent) -> bool:
    return sent.service == service


def _needs(right: str, sent: Sent) -> bool:
    return right in _rights(sent)


def _rights(sent: Sent) -> set[str]:
    return {RIGHTS.get(kind, kind) for kind, _ in sent.actions}
