"""The agent is killed at any moment. Every accepted event reaches the service, and no other one."""

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.agents import Agent, load_agent, wait_until
from tests.connectors.fake_service import FakeService

FAULTS = ["", "", "reset_before", "reset_after", "half", "500", "401", "page", "429"]
CALLS = ("open", "write", "fsync", "replace", "unlink", "ftruncate")


class KilledError(BaseException):
    """The process ends here."""


class Killer:
    """Ends the process at the n-th call of the system; a write then writes a part, or nothing."""

    def __init__(self, at: int) -> None:
        self.left = at

    def wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """A call that counts."""

        def counted(*arguments: Any, **names: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                if name == "write":
                    call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                raise KilledError
            if self.left < 0:
                raise KilledError
            return call(*arguments, **names)

        return counted


def live(module: Any, folder: Path, stored: list[str], delivered: list[list[str]]) -> None:
    """Accept and deliver records, as an agent does; note the stored and the delivered ones."""
    spool = module.Spool(folder, 1_000_000)
    try:
        for name in ("a", "b", "c", "d", "e"):
            texts = [f"{name}{number}" for number in range(3)]
            spool.append([module.Record(text, "") for text in texts])
            stored += texts
            if name in "bde":
                batch = spool.batch(4)
                delivered.append([record.text for record in batch.records])
                spool.set_aside(batch.places[0], batch.records[0], {"code": "x"})
                spool.advance(batch.end)
    finally:
        spool._lock_file.close()


def left_in(module: Any, folder: Path) -> list[str]:
    """What a new process finds in the spool, sent to the end."""
    spool = module.Spool(folder, 1_000_000)
    found: list[str] = []
    try:
        while (batch := spool.batch(100)).records or batch.end != spool.head:
            found += [record.text for record in batch.records]
            spool.advance(batch.end)
        assert spool.pending_bytes() == 0
    finally:
        spool._lock_file.close()
    return found


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], pytest.MonkeyPatch]]:
    """Arms the calls of the system."""

    def arm(at: int) -> pytest.MonkeyPatch:
        killer = Killer(at)
        for name in CALLS:
            monkeypatch.setattr(os, name, killer.wrap(name, getattr(os, name)))
        return monkeypatch

    yield arm
    monkeypatch.undo()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_spool_loses_nothing_if_it_is_killed_at_any_call(tmp_path: Path, killed: Callable[[int], Any]) -> None:
    module: Any = load_agent()
    module.SEGMENT_BYTES = 400
    for at in range(1, 500):
        stored: list[str] = []
        delivered: list[list[str]] = []
        patch = killed(at)
        with suppress(KilledError):
            live(module, tmp_path / str(at), stored, delivered)
            patch.undo()
            break
        patch.undo()
        found = left_in(module, tmp_path / str(at))
        sent = [text for batch in delivered[:-1] for text in batch]
        in_flight = delivered[-1] if delivered else []
        assert set(stored) <= set(found) | set(sent) | set(in_flight), at
        assert not set(found) & set(sent), "what was recorded as sent is not sent again"
        assert found == sorted(found), "the order is kept"
        assert len(found) == len(set(found))
    else:
        pytest.fail("it never ran to its end")
    assert at > 40, "every call was reached"


def test_a_record_is_on_the_disk_before_it_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = load_agent()
    spool = module.Spool(tmp_path / "spool", 1_000_000)
    calls: list[str] = []
    for name in ("write", "fsync", "replace"):
        call = getattr(os, name)

        def noted(target: Any, *rest: Any, name: str = name, call: Callable[..., Any] = call) -> Any:
            path = Path(f"/proc/self/fd/{target}").readlink() if isinstance(target, int) else Path(target)
            calls.append(f"{name} {path.name}")
            return call(target, *rest)

        monkeypatch.setattr(os, name, noted)
    spool.append([module.Record("a", "")])
    first = "000000000001.log"
    assert calls == ["fsync queue", f"write {first}", f"fsync {first}"]
    calls.clear()
    spool.append([module.Record("b", "")])
    assert calls == [f"write {first}", f"fsync {first}"]
    calls.clear()
    spool.advance(spool.batch(1).end)
    assert calls == ["fsync sent.json.new", "replace sent.json.new", "fsync spool"]
    os.close(spool._file)
    spool._lock_file.close()


def test_agent_killed_at_random_delivers_every_accepted_event(tmp_path: Path, service: FakeService) -> None:
    chance = random.Random(15)
    accepted: set[str] = set()
    tried: set[str] = set()

    def send(agent: Agent, thread: int, life: int) -> None:
        with suppress(OSError, AssertionError, ValueError, http.client.HTTPException):
            for number in range(1000):
                name = f"{life}-{thread}-{number}"
                tried.add(name)
                if agent.send({"call_id": name}) == 202:
                    accepted.add(name)

    for life in range(8):
        with service.lock:
            service.faults = [chance.choice(FAULTS) for _ in range(6)]
        with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0") as agent:
            assert agent.port
            threads = [threading.Thread(target=send, args=(agent, thread, life)) for thread in range(2)]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.02, 0.4))
            agent.kill()
            for thread in threads:
                thread.join()
    with service.lock:
        service.faults = []
    with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0") as agent:
        agent.drain()
    taken = {json.loads(line)["call_id"] for line in service.committed}
    assert len(accepted) > 50
    assert accepted <= taken <= tried


def test_agent_killed_at_random_sends_each_line_of_a_file(tmp_path: Path, service: FakeService) -> None:
    chance = random.Random(7)
    file = tmp_path / "Master.csv"
    written = ["first"]
    rotations = 0
    file.write_text("first\n")
    with Agent(tmp_path, service.url, "--file", str(file), "--format", "asterisk_csv"):
        wait_until(lambda: service.committed)  # From now on, it has a position.
    for life in range(8):
        with service.lock:
            service.faults = [chance.choice(FAULTS) for _ in range(4)]
        with Agent(tmp_path, service.url, "--file", str(file), "--format", "asterisk_csv") as agent:
            for number in range(chance.randrange(10, 60)):
                line = f'"{life}","{number}"'
                with file.open("a", encoding="utf-8") as log:
                    log.write(f"{line}\n")
                written.append(line)
                if chance.random() < 0.02:
                    rotations += 1
                    file.rename(tmp_path / f"Master.csv-2026{rotations:04d}")
                time.sleep(chance.uniform(0, 0.015))
            agent.kill()
    with service.lock:
        service.faults = []
    with Agent(tmp_path, service.url, "--file", str(file), "--format", "asterisk_csv"):
        wait_until(lambda: set(written) <= set(service.committed))
    assert rotations
    assert set(service.committed) == set(written)
