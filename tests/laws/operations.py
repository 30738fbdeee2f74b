"""The operations of the seeded driver: requests of the operator, and calls from the queue. Each changes the model."""

from typing import Any

from tests.laws.calls import OTHER_FACTS, UNCOVERED, ZONES, Message
from tests.laws.driver import MOST_ACCOUNTS, Driver, expect, operation
from tests.laws.numbers import number_for
from tests.laws.prices import LEAD, Prices, money
from tests.laws.recipients import listed_by_the_operator

# ----------------------------------------------------------------------------------------------------------------------
# The operator
# ----------------------------------------------------------------------------------------------------------------------


@operation("create an account", 8)
def create_account(driver: Driver) -> None:
    """Create an account with a time zone, a user, and a line, or create an existing one again."""
    number = len(driver.accounts()) + 1
    account = f"acct_{number}" if number <= MOST_ACCOUNTS else driver.account()
    settings = {"time_zone": driver.rng.choice(ZONES), "currency": "USD"}
    expect(driver.operate("PUT", f"/accounts/{account}", settings), 201 if number <= MOST_ACCOUNTS else 200)
    driver.model.store_account(account, **settings)
    if number <= MOST_ACCOUNTS:
        keep_user(driver, account, "user_1", "Ada")
        keep_line(driver, account, "line_1", "user_1", enabled=True)


@operation("configure an account", 30)
def configure_account(driver: Driver) -> None:
    """Set the addresses and the status; finished calls of a closed account still post."""
    account = driver.account()
    emails = [f"billing{number}@example.com" for number in range(driver.rng.randint(0, 3))]
    settings = {"billing_emails": emails, "status": driver.rng.choice(("open", "open", "open", "closed"))}
    shown = expect(driver.operate("PUT", f"/accounts/{account}", settings), 200)
    if settings["status"] == "closed":
        driver.model.store_account(account, status="closed")  # A change of its own
    driver.model.store_account(account, **settings | listed_by_the_operator(driver.model, account, emails))
    assert shown["billing_emails"] == emails


@operation("change a time zone", 40)
def change_time_zone(driver: Driver) -> None:
    """Change the time zone; existing entries keep their dates."""
    account, zone = driver.account(), driver.rng.choice(ZONES)
    expect(driver.operate("PUT", f"/accounts/{account}", {"time_zone": zone}), 200)
    driver.model.store_account(account, time_zone=zone)


@operation("create or rename a user", 40)
def change_user(driver: Driver) -> None:
    """Rename a user; the name also appears beside earlier calls."""
    name = driver.rng.choice(("Ada", "Lin", "José", "=SUM(A1)", "李雷", "O'Neil"))
    keep_user(driver, driver.account(), f"user_{driver.rng.randint(1, 4)}", name)


def keep_user(driver: Driver, account: str, user: str, name: str) -> None:
    """Create or rename a user."""
    known = driver.model.get(account, f"USER#{user}")
    expect(driver.operate("PUT", f"/accounts/{account}/users/{user}", {"name": name}), 200 if known else 201)
    driver.model.put(account, f"USER#{user}", name=name)


@operation("create or configure a line", 40)
def change_line(driver: Driver) -> None:
    """Configure a line, with or without international calling."""
    enabled = driver.rng.choice((None, True, True, False))
    line, user = f"line_{driver.rng.randint(1, 4)}", f"user_{driver.rng.randint(1, 4)}"
    keep_line(driver, driver.account(), line, user, enabled=enabled)


def keep_line(driver: Driver, account: str, line: str, user: str, *, enabled: bool | None) -> None:
    """Configure a line of a known user; an omitted switch stays unchanged, or off for a new line."""
    known = driver.model.get(account, f"LINE#{line}")
    said: dict[str, Any] = {"number": number_for(driver, account, line), "user_id": user}
    switched = enabled if enabled is not None else bool(known and known["international_calling"])
    body = said if enabled is None else {**said, "international_calling": enabled}
    answer, operator = driver.operate("PUT", f"/accounts/{account}/lines/{line}", body), "client:3n4exampleoperator"
    if driver.model.get(account, f"USER#{user}") is None:
        assert (answer.status, answer.code) == (422, "unknown_user")
        return
    expect(answer, 200 if known else 201)
    driver.model.keep_line(account, line, operator, driver.now, **said, international_calling=switched)


@operation("adjust a balance", 60)
def adjust(driver: Driver) -> None:
    """Add or deduct credit."""
    account, key = driver.account(), f"key {driver.now.timestamp()}"
    amount = driver.rng.choice((1, -1)) * driver.rng.randint(1, 500_000) * 100
    body = {"amount": money(amount), "reason": driver.rng.choice(("Goodwill", "Opening credit", "Zurückgezahlt"))}
    shown = expect(driver.operate("POST", f"/accounts/{account}/adjustments", body, key=key), 201)
    driver.model.adjust(account, shown["id"], amount, body["reason"], driver.now)
    assert shown["amount"] == body["amount"]
    assert shown["balance"] == money(driver.model.items[f"ACCOUNT#{account}", "BALANCE"]["posted_micros"])
    driver.adjustments.append((account, key, body, shown["id"]))


@operation("repeat an adjustment", 30)
def repeat_adjustment(driver: Driver) -> None:
    """Repeat a key and body, possibly days later: the same adjustment, law 3."""
    if not driver.adjustments:
        adjust(driver)
        driver.settle("adjust a balance")
    account, key, body, identifier = driver.rng.choice(driver.adjustments)
    shown = expect(driver.operate("POST", f"/accounts/{account}/adjustments", body, key=key), 201)
    assert shown["id"] == identifier
    driver.settle("", unchanged=True)


@operation("reuse a key for something else", 20)
def conflicting_adjustment(driver: Driver) -> None:
    """The same key with another amount or reason is refused, law 4."""
    if not driver.adjustments:
        adjust(driver)
        driver.settle("adjust a balance")
    account, key, body, _ = driver.rng.choice(driver.adjustments)
    other = body | driver.rng.choice(({"amount": "0.0001"}, {"reason": "Something else"}))
    shown = expect(driver.operate("POST", f"/accounts/{account}/adjustments", other, key=key), 409)
    assert shown["code"] == "idempotency_key_reused"
    driver.settle("", unchanged=True)


@operation("publish another deck", 25)
def publish(driver: Driver) -> None:
    """Publish other prices, destinations, and later rows. Warm functions find out in time."""
    version = f"deck {driver.now:%Y%m%dT%H%M%S}"
    data = driver.calls.deck()
    driver.stack.publish(data, version, driver.now + LEAD, forget=False)
    driver.model.decks.put(Prices(version, data), driver.now)


@operation("publish a price list of short codes", 12)
def publish_short_codes(driver: Driver) -> None:
    """Price directory assistance for some countries, or for none. Warm functions find out in time."""
    rows = ["country,code,destination,rate,fee,minimum,increment"]
    for country in driver.rng.sample(("US", "CA"), driver.rng.randint(0, 2)):
        rate, fee = driver.rng.randint(0, 9_999), driver.rng.randint(0, 99_999)
        rows.append(f"{country},411,Assistance,0.{rate:04d},0.{fee:05d},{driver.rng.choice((0, 30, 60))},60")
    data = "\n".join(rows).encode()
    driver.stack.publish_short_codes(data, driver.now)
    driver.model.decks.put_short_codes(data, driver.now)


@operation("start cold", 40)
def start_cold(driver: Driver) -> None:
    """Empty the caches of every function."""
    driver.stack.forget()
    driver.model.remembered.clear()


# ----------------------------------------------------------------------------------------------------------------------
# The queue
# ----------------------------------------------------------------------------------------------------------------------


def queue(driver: Driver, messages: list[Message]) -> None:
    """Deliver a batch and keep it for redeliveries."""
    driver.deliver(messages)
    driver.batches.append(messages)


def an_old_batch(driver: Driver) -> list[Message]:
    """A delivered batch, recent ones more often."""
    if not driver.batches:
        queue(driver, driver.some_calls())
        driver.settle("deliver new calls")
    recent = driver.batches[-20:] if driver.rng.random() < 0.5 else driver.batches
    return driver.rng.choice(recent)


@operation("deliver new calls", 420)
def deliver_new(driver: Driver) -> None:
    """Deliver calls of every kind: answered, unrated, late, early, near midnight."""
    queue(driver, driver.some_calls())


@operation("deliver a large batch", 5)
def deliver_many(driver: Driver) -> None:
    """More calls of one account than fit one transaction."""
    account = driver.account()
    queue(driver, [driver.message(driver.new_call(account=account)) for _ in range(driver.rng.randint(60, 110))])


@operation("deliver twice at once", 90)
def deliver_twice(driver: Driver) -> None:
    """Deliver new calls, then the same messages repeatedly in any order, law 3."""
    batch = driver.some_calls()
    queue(driver, batch)
    driver.settle("deliver new calls")
    for _ in range(driver.rng.randint(1, 2)):
        driver.deliver(driver.rng.sample(batch * 2, k=len(batch) * 2) if driver.rng.random() < 0.3 else batch)
        driver.settle("", unchanged=True)


@operation("redeliver an old batch", 160)
def redeliver(driver: Driver) -> None:
    """Redeliver a batch shuffled or in part; new prices do not change existing entries."""
    batch = an_old_batch(driver)
    driver.deliver(driver.rng.sample(batch, k=driver.rng.randint(1, len(batch))))


@operation("redeliver among new calls", 90)
def redeliver_among_new(driver: Driver) -> None:
    """Deliver old and new calls in one batch, some twice in equivalent spellings."""
    old = driver.rng.sample(batch := an_old_batch(driver)[:8], k=driver.rng.randint(1, len(batch)))
    retold = [driver.message(message.told.facts) for message in old if message.told.facts]
    messages = [*old, *retold, *driver.some_calls(4)]
    driver.rng.shuffle(messages)
    queue(driver, messages)


@operation("deliver other facts of a call", 70)
def deliver_conflict(driver: Driver) -> None:
    """Deliver a call with another duration, number, or line: the first version stays."""
    facts = [message.told.facts for message in an_old_batch(driver) if message.told.facts] or [driver.new_call()]
    call = driver.rng.choice(facts)
    longer = {"duration_seconds": call["duration_seconds"] + (call["duration_seconds"] > 0)}
    other = call | driver.rng.choice((*OTHER_FACTS, longer))
    messages = [driver.message(other), *(driver.some_calls(2))]
    if driver.rng.random() < 0.4:
        messages.append(driver.message(call))
    queue(driver, messages)


@operation("deliver malformed messages", 60)
def deliver_malformed(driver: Driver) -> None:
    """Deliver broken messages, which go back, beside valid ones, which are charged."""
    broken = [driver.calls.broken(driver.new_call(), driver.now) for _ in range(driver.rng.randint(1, 3))]
    messages = [*broken, *driver.some_calls(3)]
    driver.rng.shuffle(messages)
    queue(driver, messages)


@operation("deliver only what is refused", 40)
def deliver_refused(driver: Driver) -> None:
    """Deliver only broken messages: nothing is written, law 4."""
    messages = [driver.calls.broken(driver.new_call(), driver.now) for _ in range(driver.rng.randint(1, 3))]
    messages += [driver.message(driver.new_call(account="acct_nobody")) for _ in range(driver.rng.randint(0, 2))]
    driver.deliver(messages)
    driver.settle("", unchanged=True)


@operation("deliver calls of unknown accounts", 30)
def deliver_unknown(driver: Driver) -> None:
    """Deliver calls of unknown accounts, which go back until the operator creates the account."""
    names = ("acct_nobody", f"acct_{len(driver.accounts()) + 1}")
    strangers = [driver.message(driver.new_call(account=driver.rng.choice(names))) for _ in range(2)]
    strangers.append(driver.message(driver.new_call(account=names[0], to=UNCOVERED)))
    queue(driver, [*strangers, *driver.some_calls(3)])
