"""The emulator starts one worker of a function at a time, and its timeouts grow with the load."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from local import emulator_process

KEY = "123456789012:us-east-1:rate_calls:$LATEST"
CONFIG = {"FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:rate_calls"}


def worker(*, in_use: bool, is_starting: bool = False) -> Any:
    """A worker in one state."""
    return SimpleNamespace(in_use=in_use, is_starting=is_starting)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The workers of one function; a new one starts as a leased worker without a process."""
    workers: list[Any] = []

    def acquire(*_arguments: Any, **_options: Any) -> tuple[Any, str]:
        for one in workers:
            if not one.in_use:
                one.in_use = True
                return one, "reused"
        workers.append(worker(in_use=True, is_starting=True))
        return workers[-1], "spawn"

    monkeypatch.setattr("ministack.core.lambda_runtime.acquire_worker", acquire)
    monkeypatch.setattr("ministack.core.lambda_runtime._workers", {KEY: workers})
    return workers


def acquire() -> str:
    """Lease a worker; whether it is reused or new."""
    return str(emulator_process.acquire_worker("rate_calls", CONFIG, b"")[1])


def test_a_free_worker_is_reused_and_none_starts_beside_it(pool: list[Any]) -> None:
    assert acquire() == "spawn"
    pool[0].in_use = pool[0].is_starting = False
    assert (acquire(), len(pool)) == ("reused", 1)


def test_an_event_waits_for_the_worker_that_starts(pool: list[Any]) -> None:
    pool.append(worker(in_use=True, is_starting=True))
    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(acquire()))
    thread.start()
    thread.join(3 * emulator_process.GRACE_SECONDS)
    assert (results, len(pool)) == ([], 1)
    pool[0].is_starting = pool[0].in_use = False
    thread.join(5)
    assert (results, len(pool)) == (["reused"], 1)


def test_a_second_worker_starts_beside_one_that_stays_busy(pool: list[Any]) -> None:
    pool.append(worker(in_use=True))
    assert (acquire(), len(pool)) == ("spawn", 2)


@pytest.mark.parametrize(("load", "factor"), [(0.5, 1.0), (2.0, 1.0), (50.0, 25.0)])
def test_timeouts_grow_with_the_load(load: float, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, load, load))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert emulator_process.slowness() == factor
