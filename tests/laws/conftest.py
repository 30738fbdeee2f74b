"""The benches that play the crash points of the ledger and of payments."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.harness.queue import failures
from tests.harness.table import Stack
from tests.harness.till import Till
from tests.harness.wire import wired
from tests.harness.world import DECK
from tests.laws.ledger_bench import CHARGED, LedgerBench, account_events, batch
from tests.laws.payment_bench import PaymentBench


@pytest.fixture
def bench(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[LedgerBench]:
    """Two accounts, one with a charged call. Accounts are posted in sequence, and the SDK does not sleep between its
    retries.
    """
    monkeypatch.setenv("POSTING_THREADS", "1")
    from calling_credit.config import config  # noqa: PLC0415

    config.cache_clear()
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    with wired(stack) as wire:
        bench = LedgerBench(stack, wire)
        monkeypatch.setattr("calling_credit.clock.now", bench.clock)
        stack.publish(DECK)
        for account in ("acct_1", "acct_2"):
            for event in account_events(account):
                assert stack.invoke("manage_accounts", event)["statusCode"] == 201
        assert failures(stack.invoke("rate_calls", batch([CHARGED]))) == []
        bench.keep()
        wire.sent.clear()
        stack.forget()
        yield bench
    config.cache_clear()


@pytest.fixture
def payment_bench(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[PaymentBench]:
    """A till on a wire; the SDK does not sleep between its retries, and the sweep index has one shard, because the
    sweeper reads every shard in the same way.
    """
    monkeypatch.setattr("calling_credit.dynamodb.sweep_keys.SWEEP_SHARDS", 1)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("time.sleep", lambda _: None)
    till: Till = request.getfixturevalue("till")  # After the patch of the shards, because it lists an account.
    with wired(till.world.stack) as wire:
        made = PaymentBench(till.world.stack, wire, till=till)
        made.keep()
        yield made
