"""The agent reads a file that grows, is rotated, truncated, and replaced."""

import gzip
import subprocess
from pathlib import Path

import pytest

from tests.connectors.agents import Agent, wait_until
from tests.connectors.fake_service import FakeService


def follow(folder: Path, service: FakeService, *arguments: str) -> Agent:
    """An agent that reads Master.csv."""
    return Agent(folder, service.url, "--file", str(folder / "Master.csv"), "--format", "asterisk_csv", *arguments)


def lines(first: int, end: int) -> list[str]:
    """Made-up records."""
    return [f'"call {number}","2026-11-29 12:00:00","{number:040d}"' for number in range(first, end)]


def write(file: Path, *added: str, end: str = "\n") -> None:
    """Append lines."""
    with file.open("a", encoding="utf-8") as log:
        log.write("\n".join(added) + end)


def test_agent_continues_where_it_stopped_and_waits_for_whole_lines(tmp_path: Path, service: FakeService) -> None:
    file = tmp_path / "Master.csv"
    with follow(tmp_path, service) as agent:
        write(file, *lines(0, 3))
        write(file, '"half', end="")
        wait_until(lambda: len(service.committed) == 3)
        assert agent.stop() == 0
    write(file, ' a line"', *lines(3, 5))
    with follow(tmp_path, service):
        wait_until(lambda: len(service.committed) == 6)
    assert service.committed == [*lines(0, 3), '"half a line"', *lines(3, 5)]


@pytest.mark.parametrize("is_running", [True, False])
def test_agent_follows_rotation(tmp_path: Path, service: FakeService, is_running: bool) -> None:
    file = tmp_path / "Master.csv"
    write(file, *lines(0, 3))
    agent = follow(tmp_path, service)
    with agent:
        wait_until(lambda: len(service.committed) == 3)
        if not is_running:
            agent.stop()
        with file.open("a", encoding="utf-8") as still_open:
            file.rename(tmp_path / "Master.csv.1")
            write(file, *lines(5, 7))
            still_open.write("\n".join(lines(3, 5)))
        if is_running:
            wait_until(lambda: len(service.committed) == 7)
    if not is_running:
        (tmp_path / "Master.csv.1").rename(tmp_path / "Master.csv.2")
        file.rename(tmp_path / "Master.csv.1")
        write(file, *lines(7, 9))
        with follow(tmp_path, service):
            wait_until(lambda: len(service.committed) == 9)
    assert service.committed == lines(0, 7 if is_running else 9)


@pytest.mark.parametrize("is_running", [True, False])
def test_agent_reads_the_copy_that_copytruncate_made(tmp_path: Path, service: FakeService, is_running: bool) -> None:
    file = tmp_path / "Master.csv"
    write(file, *lines(0, 5))
    with follow(tmp_path, service) as agent:
        wait_until(lambda: len(service.committed) == 5)
        agent.stop()
    write(file, *lines(5, 7))
    if is_running:  # Truncated while it runs: what it did not read is in the copy.
        (tmp_path / "Master.csv.1").write_bytes(file.read_bytes())
        with file.open("r+b") as open_file:
            open_file.truncate(0)
    else:  # Truncated and grown beyond the old size while it is away.
        (tmp_path / "Master.csv-20261129").write_bytes(file.read_bytes())
        file.write_text("")
        write(file, *lines(7, 30))
    with follow(tmp_path, service):
        if is_running:
            wait_until(lambda: len(service.committed) == 7)
            write(file, *lines(7, 30))
        wait_until(lambda: len(service.committed) == 30)
    assert service.committed == lines(0, 30)


def test_agent_reads_a_truncated_file_from_its_start(tmp_path: Path, service: FakeService) -> None:
    file = tmp_path / "Master.csv"
    write(file, *lines(0, 5))
    with follow(tmp_path, service) as agent:
        wait_until(lambda: len(service.committed) == 5)
        file.write_text("")
        write(file, *lines(5, 20))
        wait_until(lambda: len(service.committed) == 20)
        assert "was truncated" in agent.text
    assert service.committed == lines(0, 20)


def test_agent_says_so_if_the_file_it_read_is_gone(tmp_path: Path, service: FakeService) -> None:
    file = tmp_path / "Master.csv"
    write(file, *lines(0, 3))
    with follow(tmp_path, service) as agent:
        wait_until(lambda: len(service.committed) == 3)
        agent.stop()
    (tmp_path / "Master.csv.1.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    write(file, *lines(3, 5))
    with follow(tmp_path, service) as agent:
        wait_until(lambda: len(service.committed) == 5)
        assert "the file that was read last is gone" in agent.text
    assert service.committed == lines(0, 5)


def test_agent_reads_a_file_once(tmp_path: Path, service: FakeService) -> None:
    service.faults = ["500"]
    write(tmp_path / "Master.csv", *lines(0, 150), end="")
    with follow(tmp_path, service, "--once") as agent:
        assert agent.process.wait(timeout=60) == 0
    assert service.committed == lines(0, 150)


def test_agent_skips_what_was_there_before_its_first_start(tmp_path: Path, service: FakeService) -> None:
    file = tmp_path / "Master.csv"
    write(file, *lines(0, 5))
    with follow(tmp_path, service, "--skip-existing") as agent:
        wait_until(lambda: "started" in agent.text)
        wait_until(lambda: any((tmp_path / "spool" / "queue").iterdir()))
        write(file, *lines(5, 6))
        wait_until(lambda: service.committed)
        agent.stop()
    write(file, *lines(6, 7))
    with follow(tmp_path, service, "--skip-existing"):
        wait_until(lambda: len(service.committed) == 2)
    assert service.committed == lines(5, 7)


def test_agent_keeps_bytes_that_are_not_text(tmp_path: Path, service: FakeService) -> None:
    (tmp_path / "Master.csv").write_bytes(b'"M\xfcller","1"\n"next","2"\n')
    with follow(tmp_path, service, "--once") as agent:
        assert agent.process.wait(timeout=60) == 0
    assert service.committed == ['"M\udcfcller","1"', '"next","2"']


def test_two_agents_never_share_a_spool(tmp_path: Path, service: FakeService) -> None:
    with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0") as first:
        assert first.port
        with Agent(tmp_path, service.url, "--stdin", stdin=subprocess.DEVNULL) as second:
            assert second.process.wait(timeout=60) == 3
            assert "another agent uses this spool" in second.text
        assert first.send({"call_id": "c1"}) == 202
        first.drain()
        first.kill()
    with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0") as third:
        assert third.health()["pending_bytes"] == 0
