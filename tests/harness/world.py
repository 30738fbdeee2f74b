"""A small world for tests of handlers: one account with a line and a user, a small rate deck, a frozen clock, and
requests made from the sample events of AWS.
"""

import copy
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from calling_credit.dynamodb import keys
from tests.domain.examples import deck_csv
from tests.harness.clock import Clock
from tests.harness.daily_sums import stored_sums, sums_by_day
from tests.harness.http import Answer, http_event
from tests.harness.queue import delivery, failures
from tests.harness.spending import check_spending
from tests.harness.table import Stack

DECK = deck_csv(
    {"rate_per_minute": "0.10"},
    {"prefix": "447", "destination": "United Kingdom - Mobile", "rate_per_minute": "0.25"},
    {"prefix": "81", "destination": "Japan", "country": "JP", "rate_per_minute": "0.0123", "increment_seconds": "1"},
    {
        "prefix": "1900",
        "destination": "United States - Premium",
        "country": "US",
        "rate_per_minute": "2.00",
        "connection_fee": "0.50",
        "category": "outbound_premium_call",
    },
    {"prefix": "1415", "destination": "United States", "country": "US", "rate_per_minute": "0", "category": "included"},
)
UNITED_KINGDOM, MOBILE, JAPAN, PREMIUM = "+442071838750", "+447700900123", "+81312345678", "+19005550123"
INCLUDED, UNCOVERED, SHORT_CODE = "+14155550199", "+33142685300", "911"


def number_of(account_id: str) -> str:
    """The number of an account's `line_1`: that of acct_1, or one of its own in the same area code."""
    return "+14155550100" if account_id == "acct_1" else f"+1415556{zlib.crc32(account_id.encode()) % 10_000:04d}"


@dataclass
class World:
    """The handlers over a fresh table, and their clock."""

    stack: Stack
    clock: Clock = field(default_factory=Clock)

    # Requests

    def invoke(self, name: str, event: dict[str, Any]) -> Answer:
        """Invoke a function with an HTTP event."""
        answer = self.stack.invoke(name, event)
        headers = {key.lower(): value for key, value in answer["headers"].items()}
        headers |= {key.lower(): values[0] for key, values in answer.get("multiValueHeaders", {}).items()}
        return Answer(answer["statusCode"], headers, answer["body"])

    def get(self, path: str, *, account: str = "acct_1", accept: str = "application/json", **query: Any) -> Answer:
        """The answer to a member of an account, or on the public `/rates` to anyone (`from_` is `from`)."""
        parameters = {name.rstrip("_"): str(value) for name, value in query.items() if value is not None}
        claims = {"custom:account_id": account, "cognito:groups": ["member"]}
        function = "public_rates" if path == "/rates" else "list_usage"
        event = http_event(function, "GET", path, claims=claims)
        event["headers"]["accept"] = accept
        event["rawQueryString"] = urlencode(parameters)
        event["queryStringParameters"] = parameters
        return self.invoke(function, event)

    def operate(self, method: str, path: str, body: Any = None, *, key: str | None = None, **claims: Any) -> Answer:
        """The answer of `manage_accounts` to the operator; `key` is the Idempotency-Key."""
        event = http_event("manage_accounts", method, path, body=body, claims=claims)
        event["headers"].pop("idempotency-key")
        if key is not None:
            event["headers"]["idempotency-key"] = key
        return self.invoke("manage_accounts", event)

    def desk(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, group: str = "finance", **claims: Any
    ) -> Answer:
        """The answer of `manage_accounts` to a member of the staff; `path` begins after `/operator`."""
        token: dict[str, Any] = {"client_id": None, "scope": None, "token_use": "id", "cognito:groups": [group]}
        token |= {"sub": "staff-1", "email": "femi@phone.example"}
        return self.operate(method, f"/operator{path}", body, key=key, **token | claims)

    def change(self, path: str, body: Any, **claims: Any) -> Answer:
        """The answer of `change_settings` to a billing admin of acct_1, or to the given claims."""
        event = http_event("change_settings", "PUT", path, body=body, claims={"custom:account_id": "acct_1", **claims})
        return self.invoke("change_settings", event)

    def ask(
        self, function: str, method: str, path: str, body: Any = None, *, key: str | None = None, **claims: Any
    ) -> Answer:
        """The answer of a function to a billing admin of acct_1, or to the given claims."""
        event = http_event(function, method, path, body=body, claims={"custom:account_id": "acct_1", **claims})
        event["headers"].pop("idempotency-key", None)
        if key is not None:
            event["headers"]["idempotency-key"] = key
        return self.invoke(function, event)

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Every page of a list."""
        cursor = None
        while True:
            page = self.get(path, **query, cursor=cursor)
            assert page.status == 200, page.text
            yield page.body
            cursor = page.body["next_cursor"]
            if cursor is None:
                return

    def authorize(self, call_id: str = "c_1", to: str = UNITED_KINGDOM, seconds: int = 600, **more: Any) -> Answer:
        """The answer of `authorize_call` to the switch."""
        body = {"call_id": call_id, "account_id": "acct_1", "line_id": "line_1", "to": to, "requested_seconds": seconds}
        return self.invoke("authorize_call", http_event("authorize_call", "POST", "/calls/authorize", body=body | more))

    # The account and its calls

    def create_account(self, account_id: str = "acct_1", **settings: Any) -> None:
        """Create an account with one user and one line with international calling."""
        assert self.operate("PUT", f"/accounts/{account_id}", {"time_zone": "UTC"} | settings).status == 201
        self.operate("PUT", f"/accounts/{account_id}/users/user_1", {"name": "Ada"})
        line = {"number": number_of(account_id), "user_id": "user_1", "international_calling": True}
        assert self.operate("PUT", f"/accounts/{account_id}/lines/line_1", line).status == 201

    def deliver(self, *bodies: str | dict[str, Any]) -> list[str]:
        """Deliver messages m_0, m_1, … (bodies or changes to the example call); return the ids of the refused ones."""
        return failures(self.stack.invoke("rate_calls", delivery(*bodies, sent_at=self.clock.now)))

    def adjust(self, amount: str, key: str, account_id: str = "acct_1") -> str:
        """Adjust a balance; return the id of the adjustment."""
        body = {"amount": amount, "reason": "test"}
        answer = self.operate("POST", f"/accounts/{account_id}/adjustments", body, key=key)
        assert answer.status == 201, answer.text
        return str(answer.body["id"])

    # The table

    def of_kind(self, kind: str, account_id: str = "acct_1") -> list[dict[str, Any]]:
        """The items of a kind of an account, in order."""
        return [item for item in self.stack.items(account_id) if item["SK"].split("#")[0] == kind]

    def changes(self, *actions: str, account_id: str = "acct_1") -> list[dict[str, Any]]:
        """The recorded changes of an account with these actions (any without one), in order."""
        changes = [item for item in self.of_kind("ACTIVITY", account_id) if item.get("kind") == "CHANGE"]
        return [change for change in changes if not actions or change["action"] in actions]

    def entries(self, account_id: str = "acct_1") -> list[dict[str, Any]]:
        """The entries of an account in time order."""
        return self.of_kind("ENTRY", account_id)

    def balance(self, account_id: str = "acct_1") -> int:
        """The posted balance in micros, after checking the sums of the account."""
        return check_sums(self.stack.items(account_id))

    @contextmanager
    def recorded(self, function: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
        """The requests of a function to DynamoDB in this context: operation and parameters."""
        requests: list[tuple[str, dict[str, Any]]] = []

        def record(params: dict[str, Any], model: Any, **_: Any) -> None:
            requests.append((model.name, copy.deepcopy(params)))

        events = self.stack.apps[function].dynamodb.meta.events
        events.register("provide-client-params.dynamodb", record)
        try:
            yield requests
        finally:
            events.unregister("provide-client-params.dynamodb", record)


def check_sums(of_account: list[dict[str, Any]]) -> int:
    """Check the sums of an account's items; return its posted balance in micros."""
    items: dict[str, list[dict[str, Any]]] = {"ENTRY": [], "DAY": []}
    for item in of_account:
        items.setdefault(item["SK"].split("#")[0], []).append(item)
    [balance] = items["BALANCE"]
    entries = items["ENTRY"]
    posted = balance["posted_micros"]
    assert posted == sum(entry["amount_micros"] for entry in entries)
    charged = [entry["amount_micros"] for entry in entries if entry["kind"] in ("call_charged", "call_taken_back")]
    assert balance.get("charged_micros", 0) == -sum(charged)
    check_lots(items.get("LOT", []), entries, balance)
    held = [hold["amount_micros"] for hold in items.get("HOLD", []) if hold["status"] == "live"]
    refunds = sum(refund["amount_micros"] for refund in items.get("REFUND", []) if refund["status"] == "asking")
    assert (balance["held_micros"], balance["live_holds"]) == (sum(held) + refunds, len(held))
    assert balance["available_micros"] == posted - sum(held) - refunds
    for topup in items.get("TOPUP", []):
        of_topup = [one for one in items.get("REFUND", []) if one["topup_id"] == topup["topup_id"]]
        live = sum(one["amount_micros"] for one in of_topup if one["status"] == "asking")
        assert topup.get("refunding_micros", 0) == live
    assert balance["headroom_micros"] == posted + headroom_over_posted(items.get("AUTO_RECHARGE", []), balance)
    days = {keys.day_sk(entry["local_date"], entry["category"]): [0, 0, 0] for entry in entries}
    for entry in entries:
        sums = days[keys.day_sk(entry["local_date"], entry["category"])]
        sums[0] += 1
        sums[1] += entry["billed_seconds"]
        sums[2] += entry["amount_micros"]
    assert days == {day["SK"]: [day["entry_count"], day["billed_seconds"], day["total_micros"]] for day in items["DAY"]}
    assert sums_by_day(entries) == {
        day["SK"]: stored_sums(day) for day in items.get("SPENT_DAY", []) if stored_sums(day)
    }
    check_spending(of_account)
    return int(posted)


def check_lots(lots: list[dict[str, Any]], entries: list[dict[str, Any]], balance: dict[str, Any]) -> None:
    """Check that each lot lost what its entries took, at most its amount, and that the balance counts the lots."""
    assert balance.get("lots", 0) == len(lots)
    expired = [entry for entry in entries if entry["kind"] == "credit_expired"]
    for lot in lots:
        parts = [-entry["amount_micros"] for entry in expired if entry["lot_id"] == lot["lot_id"]]
        assert (lot.get("expired_micros", 0), lot.get("expired_parts", 0)) == (sum(parts), len(parts))
        assert sum(parts) <= lot["amount_micros"]
    assert {entry["lot_id"] for entry in expired} <= {lot["lot_id"] for lot in lots}


def headroom_over_posted(rules: list[dict[str, Any]], balance: dict[str, Any]) -> int:
    """The difference of headroom and posted balance: minus the threshold if the rule is armed, else 10**15."""
    if not rules:
        return 10**15
    [rule] = rules
    armed = balance["headroom_micros"] - balance["posted_micros"] != 10**15
    assert armed <= (rule["enabled"] and "suspended_reason" not in rule), "the rule is armed but must not charge"
    return -rule["threshold_micros"] if armed else 10**15
