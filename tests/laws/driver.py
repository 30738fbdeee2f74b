"""The seeded driver picks operations, runs each on the handlers and on the model, and rechecks every law after each."""

import copy
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.harness.http import Answer, http_event
from tests.harness.queue import failures
from tests.harness.table import Stack, sample_event
from tests.harness.wire import Sent, Wire
from tests.laws import checks, lot_checks, move_checks
from tests.laws.budget_model import Budgets
from tests.laws.calls import EMERGENCY, INCLUDED, PREMIUM, SOMETIMES, UNCOVERED, Calls, Message
from tests.laws.change_checks import law_13_each_change_is_recorded
from tests.laws.model import Model
from tests.laws.spending import Spending, law_17_spending_is_that_of_entries_and_holds

MOST_ACCOUNTS = 12
Operation = Callable[["Driver"], None]
KINDS: dict[str, tuple[int, Operation]] = {}


def operation(kind: str, weight: int) -> Callable[[Operation], Operation]:
    """Register a kind of operation and its weight."""

    def register(carry_out: Operation) -> Operation:
        KINDS[kind] = (weight, carry_out)
        return carry_out

    return register


@dataclass(frozen=True)
class Letter:
    """The e-mail to a waiting address: its account, the request that its link confirms, until when, and the token."""

    account: str
    request_id: str
    expires_at: str
    token: str


@dataclass
class Driver:
    """The state of one run."""

    seed: int
    stack: Stack
    wire: Wire
    rng: random.Random
    model: Model
    book: checks.Book
    calls: Calls
    now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)
    done: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    batches: list[list[Message]] = field(default_factory=list)
    asks: list[dict[str, Any]] = field(default_factory=list)
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    adjustments: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    budgets: Budgets = field(init=False)

    def __post_init__(self) -> None:
        """Let the budgets be those of the model."""
        self.budgets = Budgets(self.model, Spending())

    def run(self, operations: int) -> None:
        """Run every kind once, then by weight, and check the laws after each."""
        KINDS["create an account"][1](self)
        self.settle("create an account")
        first, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
        for step in range(operations - 1):
            kind = first[step] if step < len(first) else self.rng.choices(list(KINDS), weights)[0]
            self.now += timedelta(milliseconds=self.rng.choice((1, 500, 20_000, 61_000)) + step % 7)
            try:
                KINDS[kind][1](self)
                self.settle(kind)
            except Exception as error:
                told = f"LAWS_SEED={self.seed}, step {step}, {kind}: {type(error).__name__}: {error}"
                raise AssertionError(f"{told}\n{self.table()}") from error
        self.at_the_end()

    def settle(self, kind: str, *, unchanged: bool = False) -> None:
        """Recheck every law on the items touched since the last check."""
        if unchanged:
            assert not self.model.touched, "law 4: the model changed"
        changes = self.book.changes(self.wire.sent)
        assert not (unchanged and changes), f"law 3 or 4: {sorted(changes)} changed"
        accounts = {pk for pk, _ in changes}
        accounts = {pk for pk in accounts if pk.startswith("ACCOUNT#")}
        checks.law_9_entries_never_change(changes)
        self.recorded += law_13_each_change_is_recorded(changes)
        move_checks.transfers_sum_to_zero(changes)
        move_checks.goodwill_is_within_the_charge(self.book, changes)
        move_checks.moves_name_who_acted(changes)
        checks.only_a_removed_address_is_remembered(changes)
        checks.the_table_is_the_models(self.model, changes)
        checks.law_1_posted_is_the_sum_of_entries(self.book, accounts)
        checks.law_2_day_totals_are_the_sums_of_that_days_entries(self.book, set(changes))
        checks.law_2_daily_sums_are_those_of_the_counted_entries(self.book, set(changes))
        checks.law_7_held_is_the_sum_of_live_holds(self.book, accounts)
        lot_checks.law_16_charges_are_those_of_calls(self.book, accounts)
        lot_checks.law_16_lots_give_what_they_hold(self.book, {pk for pk, sk in changes if sk.startswith("LOT#")})
        self.budgets.spending.check(changes)
        self.budgets.check()
        self.model.touched.clear()
        self.wire.sent.clear()
        if not unchanged:
            self.done[kind] += 1

    def at_the_end(self) -> None:
        """Check that the whole table equals the tracked items and the model."""
        table = self.book.whole_table()
        assert table == self.book.images, "law 9: something changed that no request named"
        assert {key for key in table if not checks.is_recorded(key)} == set(self.model.items)
        plain = {key: checks.plain(json.loads(image)) for key, image in table.items()}
        checks.the_index_finds_what_is_there(plain, self.book.index())
        fresh = checks.Book(self.book.client, self.book.table_name, images=table)
        fresh.add({key: (None, fresh.image(key)) for key in table})
        accounts = {pk for pk, _ in table if pk.startswith("ACCOUNT#")}
        checks.law_1_posted_is_the_sum_of_entries(fresh, accounts)
        checks.law_2_day_totals_are_the_sums_of_that_days_entries(fresh, set(table))
        checks.law_2_daily_sums_are_those_of_the_counted_entries(fresh, set(table))
        checks.law_7_held_is_the_sum_of_live_holds(fresh, accounts)
        law_17_spending_is_that_of_entries_and_holds(plain.values())
        lot_checks.law_16_lots_give_what_they_hold(fresh, accounts)
        lot_checks.codes_give_their_total(plain)

    def table(self) -> str:
        """A summary of the operations and of the outcomes of calls."""
        rows = [("operation", "times"), *sorted(self.done.items()), ("in all", self.done.total())]
        rows += [("", ""), ("outcome of a call or message", "times"), *sorted(self.model.outcomes.items())]
        rows += [("", ""), ("answer of a request", "times"), *sorted(self.answers.items())]
        rows += [("", ""), ("recorded change", "times"), *sorted(self.recorded.items())]
        rows += [("", ""), ("items rechecked", self.book.looked_at)]
        return "\n".join(f"  {name:<36}{number:>8}" for name, number in rows)

    # Requests

    def ask(self, function: str, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """Send one HTTP request; options: `claims`, `query`, `headers`."""
        event = http_event(function, method, path, body=body, claims=more.get("claims"))
        event["headers"].pop("idempotency-key", None)
        event["headers"] |= more.get("headers", {})
        query = {name: str(value) for name, value in more.get("query", {}).items() if value is not None}
        event["rawQueryString"] = urlencode(query)
        if query:
            event["queryStringParameters"] = query
        raw = self.stack.invoke(function, event)
        headers = {name.lower(): value for name, value in raw["headers"].items()}
        answer = Answer(raw["statusCode"], headers, raw["body"])
        self.answers[str(answer.status)] += 1
        return answer

    def operate(self, method: str, path: str, body: Any, key: str | None = None, **claims: Any) -> Answer:
        """Send a request of the operator."""
        return self.ask("manage_accounts", method, path, body, claims=claims, headers=keyed(key))

    def customer(self, account: str, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """Send a request of a customer and check law 8."""
        function = "list_usage" if method == "GET" else "change_settings"
        claims = {"custom:account_id": account, "cognito:groups": more.pop("group", ["billing_admin"])}
        claims |= more.pop("claims", {})
        before = len(self.wire.sent)
        answer = self.ask(function, method, path, body, claims=claims, **more)
        sent: list[Sent] = self.wire.sent[before:]
        checks.law_8_no_other_account_is_named(sent, account)
        return answer

    def deliver(self, messages: list[Message]) -> None:
        """Deliver a batch to handler and model, and check that they return the same messages."""
        sample = sample_event("rate_calls")["Records"][0]
        records = []
        for message in messages:
            record = copy.copy(sample)
            sent = {**sample["attributes"], "SentTimestamp": str(message.told.sent_at)}
            record.update(messageId=message.told.message_id, body=message.body, attributes=sent)
            records.append(record)
        expected = self.model.deliver([message.told for message in messages], self.now)
        back = failures(self.stack.invoke("rate_calls", {"Records": records}))
        assert set(back) == expected, f"went back: {sorted(back)}; expected: {sorted(expected)}"

    # Choices

    def accounts(self) -> list[str]:
        """Every account."""
        return sorted(pk.removeprefix("ACCOUNT#") for pk, sk in self.model.items if sk == "ACCOUNT")

    def account(self) -> str:
        """Pick one."""
        return self.rng.choice(self.accounts())

    def ids(self, account: str, kind: str) -> list[str]:
        """The ids of an account's lines or users."""
        return [sk.split("#")[1] for sk, _ in self.model.of(account, f"{kind}#")]

    def new_call(self, **facts: Any) -> dict[str, Any]:
        """A call of an account on one of its lines or on an unknown one."""
        account = str(facts.pop("account", None) or self.account())
        known = (f"ACCOUNT#{account}", "ACCOUNT") in self.model.items
        zone = self.model.zone(account) if known else "UTC"
        line = self.rng.choice([*self.ids(account, "LINE") * 5, "line_x"])
        user = self.rng.choice([*self.ids(account, "USER") * 5, "user_x"])
        return self.calls.call(account, line, user, self.calls.started(self.now, zone), self.now, **facts)

    def some_calls(self, most: int = 6) -> list[Message]:
        """A few calls of every kind."""
        kinds: list[dict[str, Any]] = [{}, {}, {}, {}, {"to": PREMIUM}, {"to": SOMETIMES}, {"to": UNCOVERED}]
        kinds += [
            {"to": self.rng.choice(INCLUDED)},
            {"to": self.rng.choice((*EMERGENCY, "411"))},
            {"direction": "inbound"},
        ]
        kinds += [{"disposition": word} for word in ("no_answer", "busy", "failed", "canceled")]
        return [self.message(self.new_call(**self.rng.choice(kinds))) for _ in range(self.rng.randint(1, most))]

    def message(self, facts: dict[str, Any]) -> Message:
        """A message sent just now."""
        return self.calls.message(facts, self.now - timedelta(milliseconds=self.rng.randint(0, 60_000)))

    def period(self) -> tuple[str, str]:
        """Two dates, in order."""
        last = self.now + timedelta(days=self.rng.choice((0, 1, 2, -5, -30)))
        first = last - timedelta(days=self.rng.choice((0, 1, 7, 31, 120)))
        return first.date().isoformat(), last.date().isoformat()


def keyed(key: str | None) -> dict[str, str]:
    """The header of an Idempotency-Key."""
    return {} if key is None else {"idempotency-key": key}


def expect(answer: Answer, status: int) -> Any:
    """The body of an answer of this status."""
    assert answer.status == status, f"{answer.status} {answer.text}"
    return json.loads(answer.text) if "json" in answer.headers["content-type"] else answer.text
