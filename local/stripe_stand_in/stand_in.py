"""The stand-in: answers one request at a time, atomically. Does not depend on sockets or a framework, so that tests can
call it directly.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, Final

from local.stripe_stand_in import card_settings, endpoints, routes
from local.stripe_stand_in.access import check_access, check_right
from local.stripe_stand_in.account import (
    API_VERSION,
    DEFAULT_ACCOUNT_ID,
    DEFAULT_WEBHOOK_URL,
    Account,
    Cause,
    wall_clock,
)
from local.stripe_stand_in.answers import Answer, expand, json_answer
from local.stripe_stand_in.faults import ConnectionLost, Fault, Faults
from local.stripe_stand_in.forms import customer_in, pairs_of, parse
from local.stripe_stand_in.idempotency import Keys
from local.stripe_stand_in.intents import customer_of
from local.stripe_stand_in.outbox import Outbox
from local.stripe_stand_in.refusals import (
    Fields,
    Refusal,
    internal_error,
    lock_timeout,
    rate_limited,
    requested_refusal,
    unknown_parameter,
    unknown_route,
)

DEFAULT_API_KEY: Final = "sk_test_local_stand_in"
DEFAULT_WEBHOOK_SECRET: Final = "whsec_local_stand_in"  # noqa: S105 - protects nothing
DEFAULT_BASE_URL: Final = "http://127.0.0.1:8420"

Parameters = Mapping[str, Any] | Iterable[tuple[str, str]]


@dataclass(slots=True)
class LoggedRequest:
    """One request as the control routes show it; status 0 means dropped or in progress."""

    request_id: str
    method: str
    path: str
    idempotency_key: str | None
    status: int = 0
    fault: str | None = None
    replayed: bool = False


@dataclass(slots=True)
class _Request:
    method: str
    path: str
    form: Fields
    key: str | None
    log: LoggedRequest
    fault: Fault | None


class StandIn:
    """A Stripe account that lives in memory.

    `now` is its clock; `sleep` delays slow answers; `seed` makes its ids repeatable. Its webhook endpoint has the
    address `webhook_url` and wants `enabled_events`; `controls` change it.
    """

    def __init__(
        self,
        *,
        api_key: str = DEFAULT_API_KEY,
        base_url: str = DEFAULT_BASE_URL,
        now: Callable[[], datetime] = wall_clock,
        sleep: Callable[[float], None] = time.sleep,
        seed: int | None = None,
        webhook_url: str = DEFAULT_WEBHOOK_URL,
        webhook_secret: str = DEFAULT_WEBHOOK_SECRET,
        enabled_events: Iterable[str] = ("*",),
    ) -> None:
        self.api_key = api_key
        self.base_url = base_url
        self.now = now
        self.lock = RLock()
        self.faults = Faults()
        self.outbox = Outbox(self.faults, now)
        self.requests: list[LoggedRequest] = []
        self.rights: dict[str, str] = {}
        """The rights of the API key by resource; all others are unrestricted."""
        self._sleep = sleep
        self._seed = seed
        self._webhook_url = webhook_url
        self._webhook_secret = webhook_secret
        self._enabled_events = sorted(enabled_events)
        self.reset()

    def reset(self) -> None:
        """Remove all objects, keys, faults, requests, and undelivered events."""
        with self.lock:
            self.faults.clear()
            self.outbox.clear()
            self.requests.clear()
            self.rights = {}
            self._keys = Keys()
            self._others: dict[str, tuple[Account, Keys]] = {}
            self.account = self._new_account(DEFAULT_ACCOUNT_ID)

    def switch_account(self, account_id: str) -> None:
        """Let the API key belong to another account: a new one with an endpoint, or one left earlier."""
        with self.lock:
            self._others[self.account.own_id] = self.account, self._keys
            kept = self._others.pop(account_id, None)
            self.account, self._keys = kept or (self._new_account(account_id), Keys())

    def _new_account(self, account_id: str) -> Account:
        seed = self._seed if self._seed is None or account_id == DEFAULT_ACCOUNT_ID else f"{self._seed} {account_id}"
        account = Account(self.now, self.base_url, self._publish, seed, account_id, self._webhook_url)
        account.webhook_secret = self._webhook_secret
        endpoint: Fields = {
            "url": self._webhook_url,
            "enabled_events": [*self._enabled_events],
            "api_version": API_VERSION,
        }
        endpoints.create(account, endpoint)
        card_settings.add_configuration(account)
        return account

    def _publish(self, event: Fields) -> None:
        """Queue an event for delivery if an endpoint wants it; apply the fault of its listing."""
        late = self.faults.of_listing(event["type"])
        if late is not None:
            self.account.listed_from[event["id"]] = self.now() + timedelta(seconds=late.seconds)
        if event["pending_webhooks"]:
            self.outbox.put(event)

    def take_events(self) -> list[Fields]:
        """Remove and return the due events, for a test that delivers them itself."""
        return self.outbox.take_events()

    def handle(
        self, method: str, path: str, params: Parameters = (), headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Answer one request to the API. `params` are the pairs of the form or query, or nested Python values.

        Raises:
            ConnectionLost: an injected fault leaves the client without an answer.
        """
        lower_headers = {name.lower(): value for name, value in (headers or {}).items()}
        fault = self.faults.of_request(method, path, customer_in(params) or customer_of(self.account, path))
        key = lower_headers.get("idempotency-key") if method == "POST" else None
        with self.lock:
            log = LoggedRequest(self.account.new_id("req_", 14), method, path, key, fault=fault.kind if fault else None)
            self.requests.append(log)
        if fault is not None and fault.kind == "dropped":
            raise ConnectionLost(f"{method} {path} was dropped")
        answer = self._with_headers(self._answer(log, fault, params, lower_headers), log)
        log.status = answer.status
        if fault is not None and fault.kind == "answer_lost":
            raise ConnectionLost(f"the answer to {method} {path} was lost")
        return answer

    def _answer(self, log: LoggedRequest, fault: Fault | None, params: Parameters, headers: dict[str, str]) -> Answer:
        try:
            if fault is not None and fault.kind in ("rate_limited", "lock_timeout"):
                raise rate_limited() if fault.kind == "rate_limited" else lock_timeout()
            check_access(headers, self.api_key)
            check_right(self.rights, log.method, log.path, self.api_key, self.account.own_id)
            form = parse(pairs_of(params) if isinstance(params, Mapping) else params)
            request = _Request(log.method, log.path, form, log.idempotency_key, log, fault)
            return self._run_once(request) if request.key else self._run(request)
        except Refusal as refusal:
            return self._error_answer(refusal, log)

    def _run_once(self, request: _Request) -> Answer:
        """Run the request under its idempotency key, or replay the stored answer."""
        key = request.key or ""
        replay = self._keys.begin(key, request.path, request.form, request.log.request_id, self.now())
        if replay is not None:
            request.log.replayed = True
            return replay
        try:
            answer = self._run(request)
        except Refusal as refusal:
            answer = self._error_answer(refusal, request.log)
            if not refusal.is_stored:
                self._keys.release(key)
                return answer
        except BaseException:
            self._keys.release(key)
            raise
        self._keys.finish(key, answer)
        return answer

    def _run(self, request: _Request) -> Answer:
        """Run the request, with its injected faults."""
        kind = request.fault.kind if request.fault else ""
        if kind == "error_500":
            raise internal_error()
        if kind == "refused" and request.fault is not None:
            raise requested_refusal(
                request.fault.status, request.fault.message, request.fault.code, request.fault.param
            )
        if kind == "late" and request.fault is not None:
            self._sleep(request.fault.seconds)
        try:
            answer = json_answer(200, self._execute(request))
        except Refusal as refusal:
            if kind == "error_500_after" and refusal.is_stored:
                raise internal_error() from refusal
            raise
        finally:
            if kind == "slow" and request.fault is not None:
                self._sleep(request.fault.seconds)
        if kind == "error_500_after":
            raise internal_error()
        return answer

    def _execute(self, request: _Request) -> Fields:
        match = routes.find(request.method, request.path)
        if match is None:
            raise unknown_route(request.method, request.path)
        route, ids = match
        if "payment_method_types" in request.form:
            raise unknown_parameter("payment_method_types")
        with self.lock:
            given = route.parameters.read(request.form)
            self.account.cause = Cause(request.log.request_id, request.key)
            try:
                content = route.endpoint(self.account, given, *ids)
            finally:
                self.account.cause = Cause()
            return expand(self.account, content, given.get("expand", []))

    def _error_answer(self, refusal: Refusal, log: LoggedRequest) -> Answer:
        shown = {**refusal.error, "request_log_url": f"{self.base_url}/_control/requests?id={log.request_id}"}
        return json_answer(refusal.status, {"error": dict(sorted(shown.items()))}, refusal.headers)

    def _with_headers(self, answer: Answer, log: LoggedRequest) -> Answer:
        headers = {"Request-Id": log.request_id, "Stripe-Version": API_VERSION, **answer.headers}
        if log.idempotency_key:
            headers["Idempotency-Key"] = log.idempotency_key
        return Answer(answer.status, headers, answer.body)
