"""Entering billing details with each fault at each request, twice at once, and beside another change: the details are
stored and recorded once, a rule that waited for them is decided again, and the answer is what the request stored.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.functions.tax_bench import DETAILS, FIFTEEN, NEW_YORK, enter, turn_on
from tests.harness.bench import Bench
from tests.harness.faults import ask_until_answered, points
from tests.harness.http import Answer, http_event
from tests.harness.recharging import leave
from tests.harness.till import ACCOUNT, Till
from tests.harness.wire import Pass, Sent, Wire

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
WANTED = DETAILS | {"po_number": "PO 7", "tax_id": {"kind": "us_ein", "value": "91-1144442"}}


@dataclass
class Entering:
    """An account whose rule waits for correct details, over a table that can be put back."""

    till: Till
    bench: Bench

    def event(self, **changes: Any) -> dict[str, Any]:
        """A PUT of the details."""
        body, claims = WANTED | changes, {"custom:account_id": ACCOUNT}
        return http_event("change_settings", "PUT", "/billing-details", body=body, claims=claims)

    def put(self, **changes: Any) -> Answer:
        """Its answer."""
        return self.till.world.invoke("change_settings", self.event(**changes))

    def details(self) -> dict[str, Any]:
        """The stored details."""
        [item] = self.till.world.of_kind("BILLING_DETAILS")
        return item

    def recorded(self) -> list[dict[str, Any]]:
        """The recorded changes of the details, oldest first."""
        return self.till.world.changes("billing_details_changed")

    def check_consistent(self, label: str) -> None:
        """The version counts the recorded changes, and the last one led to the stored details."""
        item, changes = self.details(), self.recorded()
        assert item["details_version"] == len(changes), label
        assert changes[-1]["new"].get("po_number") == item.get("po_number"), label


@pytest.fixture
def entering(till: Till, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Entering:
    """A rule that waits: its account moved to a country without a rate."""
    turn_on(monkeypatch, till, FIFTEEN)
    assert enter(till, country="FR", region=None).status == 200
    leave(till, "5.00")
    till.set_rule(till.card())
    till.stream()
    assert till.state()["stopped"] == "tax_unavailable"
    till.later(seconds=1)
    monkeypatch.setattr("time.sleep", lambda _: None)
    bench = Bench(till.world.stack, wire)
    bench.keep()
    return Entering(till, bench)


def alone(entering: Entering) -> tuple[list[Sent], list[dict[str, Any]]]:
    """The requests of the change without faults, and the table after it."""
    entering.bench.put_back()
    with entering.bench.wire.recording() as sent:
        answer = entering.put()
    assert (answer.status, answer.body["version"], answer.body["po_number"]) == (200, 2, "PO 7")
    assert "stopped" not in entering.till.state(), "the rule is decided again"
    assert len(entering.recorded()) == 2
    return list(sent), entering.till.world.stack.items()


def test_a_change_that_fails_anywhere_and_is_repeated_happens_once(entering: Entering) -> None:
    scenario, expected = alone(entering)
    for point in points(scenario):
        entering.bench.put_back()
        with entering.bench.wire.interfering(point):
            answer = ask_until_answered(
                entering.till.world.stack, entering.bench.wire, "change_settings", entering.event()
            )
        entering.bench.wire.dead = False
        for late in point.late:
            late()
        assert answer["statusCode"] == 200, point.name
        assert point.hits, f"{point.name} met nothing"
        assert entering.till.world.stack.items() == expected, point.name


def test_the_same_change_twice_at_once_happens_once(entering: Entering) -> None:
    scenario, expected = alone(entering)
    for at in range(len(scenario)):
        entering.bench.put_back()
        with entering.bench.wire.interfering(between(entering, at, entering.put)):
            assert entering.put().status == 200, f"gap {at}"
        assert entering.till.world.stack.items() == expected, f"gap {at}"


def test_each_of_two_changes_at_once_is_answered_with_its_own(entering: Entering) -> None:
    scenario, _ = alone(entering)
    for at in range(len(scenario)):
        entering.bench.put_back()
        other = between(entering, at, lambda: entering.put(po_number="PO 8", address=NEW_YORK | {"region": "CA"}))
        with entering.bench.wire.interfering(other):
            answer = entering.put()
        assert (answer.status, answer.body["po_number"]) == (200, "PO 7"), f"gap {at}"
        assert answer.body["address"]["region"] == "NY", f"gap {at}"
        recorded = [change for change in entering.recorded() if change["new"].get("po_number") == "PO 7"]
        assert len(recorded) == 1, f"gap {at}"
        assert len(entering.recorded()) == 3, f"gap {at}"
        entering.check_consistent(f"gap {at}")


def test_of_two_changes_at_once_of_one_version_one_is_refused(entering: Entering) -> None:
    scenario, _ = alone(entering)
    for at in range(len(scenario)):
        entering.bench.put_back()
        answers: list[Answer] = []
        other = between(entering, at, lambda: entering.put(po_number="PO 8", version=1), answers)
        with entering.bench.wire.interfering(other):
            answers.append(entering.put(version=1))
        assert sorted(answer.status for answer in answers) == [200, 409], f"gap {at}"
        [refused] = [answer for answer in answers if answer.status == 409]
        assert refused.code == "changed_meanwhile"
        assert len(entering.recorded()) == 2, f"gap {at}"
        entering.check_consistent(f"gap {at}")


def between(
    entering: Entering, at: int, other: Callable[[], Answer], answers: list[Answer] | None = None
) -> Callable[[Sent, Pass], Any]:
    """Make another change before the `at`-th request of this one."""
    seen = 0

    def interfere(_: Sent, passed: Pass) -> Any:
        nonlocal seen
        seen += 1
        if seen == at + 1:
            entering.bench.wire.interfere = None
            answer = copy.deepcopy(other())
            assert answer.status in (200, 409), answer.text
            if answers is not None:
                answers.append(answer)
        return passed()

    return interfere
