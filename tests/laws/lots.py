"""Granted credit and promotion codes in the seeded driver. The expected table follows from the contract alone."""

from datetime import datetime, timedelta
from typing import Any

from tests.functions.moves_bench import CLIENT
from tests.harness.http import Answer
from tests.laws import checks
from tests.laws.driver import Driver, expect, operation
from tests.laws.lot_model import charged, lots_of, moment_of_lot, unused
from tests.laws.moves import identifier, takes_part
from tests.laws.prices import instant, moment, money

GRACE = timedelta(0)
"""The parameter LotGraceHours of this run: one of six hours would outlast most of it."""
PATIENCE = timedelta(days=7)


def add_lot(driver: Driver, account: str, lot_id: str, micros: int, kind: str, ends: datetime | None) -> None:
    """Let the model have another lot."""
    said: dict[str, Any] = {"lot_id": lot_id, "amount_micros": micros, "kind": kind}
    said["charged_at_grant"] = charged(driver, account)
    granted_at = moment_of_lot(driver, account)
    if ends is not None:
        warnings = [ends - timedelta(days=days) for days in (7, 2) if instant(ends - timedelta(days=days)) > granted_at]
        due = warnings[0] if warnings else ends
        said |= {"ends_at": instant(ends), "sweep_sk": f"{instant(due)}#{account}#{lot_id}"}
    driver.model.put(account, f"LOT#{granted_at}#{lot_id}", **said)
    lots = driver.model.items[f"ACCOUNT#{account}", "BALANCE"].get("lots", 0)
    driver.model.put(account, "BALANCE", lots=lots + 1)


@operation("give credit on terms", 60)
def give_credit(driver: Driver) -> None:
    """Give little or much credit that expires soon, later, or never."""
    account, key = driver.account(), f"terms {driver.now.timestamp()}"
    most = driver.rng.choice((300_000, 30_000_000))  # Much credit is not used up before it expires.
    amount, kind = driver.rng.randint(1, most) * 100, driver.rng.choice(("granted", "promotional"))
    hours = driver.rng.choice((None, 0.5, 1, 2, 5, 60, 200))
    ends = None if hours is None else moment(instant(driver.now + timedelta(hours=hours)))
    body: dict[str, Any] = {"amount": money(amount), "reason": "Terms", "kind": kind}
    if ends is not None:
        body["expires_at"] = instant(ends)
    shown = expect(driver.operate("POST", f"/accounts/{account}/adjustments", body, key=key), 201)
    add_lot(driver, account, shown["id"], amount, kind, ends)
    driver.model.adjust(account, shown["id"], amount, "Terms", driver.now)
    driver.adjustments.append((account, key, body, shown["id"]))


@operation("take granted credit back", 25)
def take_back(driver: Driver) -> None:
    """Take back a part of the rest of a lot, or all of it; more than that is refused."""
    account, key = driver.account(), f"back {driver.now.timestamp()}"
    left = {lot_id: micros for lot_id, micros in unused(driver, account).items() if micros >= 100}
    if not left:
        return
    lot_id = driver.rng.choice(sorted(left))
    amount = driver.rng.choice((left[lot_id], driver.rng.randint(1, left[lot_id]))) // 100 * 100 or 100
    path, body = f"/accounts/{account}/adjustments", {"reason": "By mistake", "lot_id": lot_id}
    too_much = driver.operate("POST", path, body | {"amount": money(-left[lot_id] // 100 * 100 - 100)}, key=key)
    assert (too_much.status, too_much.code) == (409, "lot_used"), too_much.text
    body["amount"] = money(-amount)
    at, sum_of_charges = moment_of_lot(driver, account), charged(driver, account)
    shown = expect(driver.operate("POST", path, body, key=key), 201)
    [lot] = [lot for lot in lots_of(driver, account) if lot["lot_id"] == lot_id]
    part = {"at": at, "amount_micros": amount, "charged_micros": sum_of_charges, "adjustment_id": shown["id"]}
    removed = [*lot.get("removed", ()), part]
    driver.model.put(account, lot["SK"], removed=removed, removed_parts=len(removed))
    driver.model.adjust(account, shown["id"], -amount, "By mistake", driver.now)
    driver.model.count("granted credit taken back")
    driver.settle("take granted credit back")
    assert expect(driver.operate("POST", path, body, key=key), 201) == shown
    driver.settle("", unchanged=True)
    driver.done["take granted credit back"] -= 1


def sweep_lots(driver: Driver) -> dict[str, int]:
    """Let the model take the steps of all lots that are due; what they did."""
    steps: dict[str, int] = {}
    due = [
        (lot["sweep_sk"], pk.removeprefix("ACCOUNT#"), sk)
        for (pk, sk), lot in driver.model.items.items()
        if sk.startswith("LOT#") and lot.get("sweep_sk", "~") <= f"{instant(driver.now)}~"
    ]
    for _, account, sk in sorted(due):
        step = step_lot(driver, account, sk)
        steps[f"lots_{step}"] = steps.get(f"lots_{step}", 0) + 1
    return steps


def step_lot(driver: Driver, account: str, sk: str) -> str:
    """Take the step of one lot: warn, wait for the grace, or expire."""
    model, now = driver.model, driver.now
    lot = model.items[f"ACCOUNT#{account}", sk]
    ends, lot_id = moment(lot["ends_at"]), lot["lot_id"]
    left = unused(driver, account)[lot_id]

    def wait(due: datetime, **said: Any) -> None:
        model.put(account, sk, sweep_sk=f"{instant(due)}#{account}#{lot_id}", **said)

    if now < ends:
        days = 2 if ends - timedelta(days=2) <= now else 7
        following = ends if days == 2 else ends - timedelta(days=2)
        said = {"warned_days": days, "warned_micros": left, "warned_at": instant(now)} if left else {}
        wait(following, **said)
        return "warned" if left else "postponed"
    if now < ends + GRACE:
        wait(ends + GRACE)
        return "postponed"
    balance = model.items[f"ACCOUNT#{account}", "BALANCE"]
    taken = min(left, max(0, balance["posted_micros"] - balance["held_micros"]))
    held_back = max(0, min(left, balance["posted_micros"]) - taken)
    at, sum_of_charges = moment_of_lot(driver, account), charged(driver, account)
    if taken:
        parts = lot.get("expired_parts", 0) + 1
        part = {"at": at, "amount_micros": taken, "charged_micros": sum_of_charges}
        model.put(account, sk, expired_micros=lot.get("expired_micros", 0) + taken, expired_parts=parts)
        model.put(account, sk, parts=[*lot.get("parts", ()), part])
        said = {"category": "credit_expired", "kind": "credit_expired", "lot_id": lot_id}
        model.post(account, f"ENTRY#{instant(now)}#{lot_id}#{parts}", now, model.zone(account), -taken, 0, **said)
        model.count("credit expired")
    if held_back and now < ends + GRACE + PATIENCE:
        wait(now + timedelta(hours=1))
        if gone := left - taken - held_back:
            part = {"at": at, "amount_micros": gone, "charged_micros": sum_of_charges, "adjustment_id": ""}
            removed = [*lot.get("removed", ()), part]
            model.put(account, sk, removed=removed, removed_parts=len(removed))
        return "expired" if taken else "postponed"
    model.put(account, sk, ended_at=at, charged_at_end=sum_of_charges)
    del model.items[f"ACCOUNT#{account}", sk]["sweep_sk"]
    return "expired" if taken else "ended"


@operation("redeem a promotion code", 25)
def redeem_code(driver: Driver) -> None:
    """Create a code whose total is one or two amounts, and let accounts redeem it: once each, and never above its
    total. Then repeat the requests, law 3.
    """
    code, amount = f"CODE-{int(driver.now.timestamp() * 1000)}", driver.rng.randint(1, 2_000) * 10_000
    total, ends = amount * driver.rng.choice((1, 2)) + driver.rng.choice((0, 10_000)), driver.now + timedelta(hours=9)
    body = {"code": code, "amount": money(amount), "expires_at": instant(ends), "total": money(total)}
    expect(driver.ask("move_credit", "POST", "/operator/promotions", body, claims=CLIENT), 201)
    said: dict[str, Any] = {"amount_micros": amount, "total_micros": total, "left_micros": total, "redeemed": 0}
    promotion = (f"PROMOTION#{code}", "PROMOTION")
    driver.model.items[promotion] = said
    driver.model.touched.add(promotion)
    driver.model.take(total, driver.now)
    driver.settle("redeem a promotion code")
    accounts = [one for one in driver.accounts() if takes_part(driver.model.items[f"ACCOUNT#{one}", "ACCOUNT"])]
    for account in driver.rng.sample(accounts, min(3, len(accounts))):
        redeem(driver, account, code, moment(instant(ends)))
        driver.settle("redeem a promotion code")
    driver.done["redeem a promotion code"] -= 1


def redeem(driver: Driver, account: str, code: str, ends: datetime) -> None:
    """Redeem a code for an account, and repeat the request."""
    model, day = driver.model, instant(driver.now)[:10]
    promotion = model.items[f"PROMOTION#{code}", "PROMOTION"]
    tries = (model.get(account, f"CODE_TRIES#{day}") or {"tries_left": 10})["tries_left"]
    answer = ask_to_redeem(driver, account, code)
    if tries == 0:
        assert answer.status == 429
        return
    model.put(account, f"CODE_TRIES#{day}", tries_left=tries - 1)
    amount = promotion["amount_micros"]
    if promotion["left_micros"] < amount:
        assert (answer.status, answer.code) == (409, "promotion_spent")
        return
    lot_id = identifier("pr", account, code)
    said = {"left_micros": promotion["left_micros"] - amount, "redeemed": promotion["redeemed"] + 1}
    model.items[f"PROMOTION#{code}", "PROMOTION"] = promotion | said
    model.touched.add((f"PROMOTION#{code}", "PROMOTION"))
    model.put(account, f"REDEEMED#{code}", amount_micros=amount, lot_id=lot_id)
    add_lot(driver, account, lot_id, amount, "promotional", ends)
    entry = {"category": "promotion", "kind": "promotion_redeemed"}
    model.post(account, f"ENTRY#{instant(driver.now)}#{lot_id}", driver.now, model.zone(account), amount, 0, **entry)
    shown = expect(answer, 201)
    assert shown["balance"] == money(model.items[f"ACCOUNT#{account}", "BALANCE"]["posted_micros"])
    driver.settle("redeem a promotion code")
    assert expect(ask_to_redeem(driver, account, code), 201) == shown
    driver.settle("", unchanged=True)


def ask_to_redeem(driver: Driver, account: str, code: str) -> Answer:
    """Send the request of a billing admin, and check law 8."""
    claims = {"custom:account_id": account, "cognito:groups": ["billing_admin"]}
    path, before = f"/promotions/{code}/redeem", len(driver.wire.sent)
    answer = driver.ask("move_credit", "POST", path, claims=claims, headers={"idempotency-key": code})
    checks.law_8_no_other_account_is_named(driver.wire.sent[before:], account)
    return answer
