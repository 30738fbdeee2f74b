"""Laws 10 and 16 for granted credit: killing the function at any request of a grant, a take-back, a promotion code, its
redemption, or an expiry, losing any response, or refusing any write, followed by retries, ends as a run without faults.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.moves_bench import CLIENT, desk_event
from tests.harness.faults import Point, ask_anew, ask_until_answered, points
from tests.harness.http import http_event
from tests.harness.wire import Sent
from tests.laws.ledger_bench import Ledger, LedgerBench, report
from tests.laws.lot_checks import codes_give_their_total
from tests.laws.payment_sampling import AT_WRITES, SHARE
from tests.laws.test_move_faults import WAIVE, approval, at_accounts, at_desk, beside, send, timeless

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
Request = tuple[str, dict[str, Any]]

TERMS = {"reason": "Test", "kind": "promotional", "expires_at": "2026-11-24T12:00:00Z"}
GRANT = at_accounts("/accounts/acct_1/adjustments", TERMS | {"amount": "60.00"}, "k_3")
WAITING = at_accounts("/accounts/acct_1/adjustments", TERMS | {"amount": "160.00"}, "k_4")
CODE = {"code": "WELCOME-10", "amount": "10.00", "expires_at": "2026-11-30", "total": "10.00"}
CREATE = at_desk("/promotions", CODE, key=None)
OVER = timedelta(days=1, hours=7)
"""After this time the grants expire."""


def redemption(account: str = "acct_1", key: str = "k_5") -> Request:
    """A customer redeems the code."""
    claims = {"custom:account_id": account, "cognito:groups": ["billing_admin"], "sub": "ada"}
    event = http_event("move_credit", "POST", "/promotions/WELCOME-10/redeem", claims=claims)
    event["headers"]["idempotency-key"] = key
    return "move_credit", event


def created(bench: LedgerBench) -> bool:
    """Create the code."""
    return bool(send(bench, CREATE)["statusCode"] == 201)


def take_back(bench: LedgerBench) -> Request:
    """Give credit; the request that takes a part of it back."""
    lot_id = json.loads(send(bench, GRANT)["body"])["id"]
    body = {"amount": "-20.00", "reason": "Test", "lot_id": lot_id}
    return at_accounts("/accounts/acct_1/adjustments", body, "k_9")


def waive(bench: LedgerBench) -> Request:
    """Give credit after a call was charged; the request that takes the charge back."""
    assert send(bench, GRANT)["statusCode"] == 201
    return WAIVE


REQUESTS: dict[str, Callable[[LedgerBench], Request]] = {
    "grant": lambda _: GRANT,
    "approve a grant": lambda bench: approval(bench, "approve", WAITING),
    "take back": take_back,
    "waive an older call": waive,
    "create a code": lambda _: CREATE,
    "redeem": lambda bench: (created(bench), redemption())[1],
}


def some_points(scenario: list[Sent]) -> tuple[list[Point], str]:
    """Every crash and lost answer, every fourth of the others, and how many there are; all with FAULTS_SHARE=1."""
    generated = list(points(scenario))
    chosen = [one for at, one in enumerate(generated) if SHARE == 1 or at % 4 == 0 or is_of_crash(one)]
    return chosen, f"{len(chosen)} of {len(generated)}"


def is_of_crash(point: Point) -> bool:
    """Whether the function ends, or never hears that its write was done."""
    return point.fault in AT_WRITES and not point.lasting


def comparable(ledger: Ledger) -> Ledger:
    """The ledger without the number of tries, which a retry needs, too."""
    codes_give_their_total(ledger)
    return {key: item for key, item in ledger.items() if not key[1].startswith("CODE_TRIES#")}


@pytest.mark.parametrize("name", REQUESTS)
def test_law_10_credit_asked_for_until_answered_is_given_once(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    function, event = REQUESTS[name](bench)
    bench.keep()
    bench.put_back()
    answer = bench.stack.invoke(function, event)
    assert answer["statusCode"] in (200, 201), answer["body"]
    scenario, expected = list(bench.wire.sent), comparable(bench.ledger())
    covered: Counter[str] = Counter()
    chosen, drawn = some_points(scenario)
    for point in chosen:
        bench.put_back()
        with bench.wire.interfering(point):
            again = ask_until_answered(bench.stack, bench.wire, function, event)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert again["statusCode"] == answer["statusCode"], f"{point.name}: {again['body']}"
        assert timeless(again) == timeless(answer), point.name
        assert comparable(bench.ledger()) == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"{drawn}, {function} ({name}), {len(scenario)} requests", covered)


def sweep(bench: LedgerBench) -> None:
    """Run rounds until no lot is due."""
    for _ in range(6):
        done = ask_anew(bench.stack, bench.wire, "expire_holds", {})
        if not done.get("failed") and not done.get("skipped"):
            return
        bench.stack.let_leases_expire()
    raise AssertionError("never done")


def test_law_10_a_sweep_repeated_until_done_expires_once(
    bench: LedgerBench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send(bench, GRANT)["statusCode"] == 201
    bench.now += OVER
    bench.keep()
    bench.put_back()
    bench.stack.invoke("expire_holds", {})
    scenario, expected = list(bench.wire.sent), bench.ledger()
    assert [key for key in expected if key[1].endswith("#1")], "an entry took the credit back"
    covered: Counter[str] = Counter()
    chosen, drawn = some_points(scenario)
    for point in chosen:
        bench.put_back()
        with bench.wire.interfering(point):
            sweep(bench)
        for passed in point.late:
            passed()
        sweep(bench)
        assert point.hits, point.name
        assert bench.ledger() == expected, point.name
        covered[point.fault.__name__.split("_at_")[0]] += 1
    report(capsys, f"{drawn}, expire_holds (lots), {len(scenario)} requests", covered)


@pytest.mark.parametrize(
    ("one", "other"), [(redemption(), redemption("acct_2", "k_6")), (redemption(), redemption(key="k_7"))]
)
def test_a_code_whose_total_is_nearly_spent_gives_once(bench: LedgerBench, one: Request, other: Request) -> None:
    assert created(bench)
    bench.keep()
    for sums, statuses in beside(bench, one, other):
        assert sums["promotion_redeemed"] == 10_000_000
        assert sorted(statuses) == [201, 409]


def test_a_grant_beside_a_transfer_leaves_granted_credit(bench: LedgerBench) -> None:
    bought = at_accounts("/accounts/acct_1/adjustments", {"amount": "5.00", "reason": "Test"}, "k_8")
    assert send(bench, bought)["statusCode"] == 201
    body = {"from_account_id": "acct_1", "to_account_id": "acct_2", "amount": "3.00", "reason": "Test"}
    transfer = ("move_credit", desk_event("POST", "/transfers", body, **CLIENT))
    bench.keep()
    for one, other in ((GRANT, transfer), (transfer, GRANT)):
        for sums, statuses in beside(bench, one, other):
            assert statuses == [201, 201]
            assert sums["balance_adjusted"] == 65_000_000
