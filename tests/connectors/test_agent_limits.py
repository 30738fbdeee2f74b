"""What the agent refuses: a full disk, a full spool, wrong settings, and requests from others."""

import base64
import json
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.connectors.agents import KEY, Agent, load_agent, wait_until
from tests.connectors.fake_service import FakeService

AWAY = "http://127.0.0.1:1/connector/calls/events"
LISTEN = ("--listen", "127.0.0.1:0")


def limited_files() -> None:
    """Let no file of a process grow beyond 20,000 bytes, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def fill(agent: Agent) -> list[str]:
    """Send events until the agent refuses one; return the ids of the accepted ones."""
    accepted: list[str] = []
    while len(accepted) < 10_000:
        name = f"c{len(accepted):05d}"
        if agent.send({"call_id": name, "note": "x" * 300}) == 503:
            return accepted
        accepted.append(name)
    return accepted


def test_agent_reaches_names_that_mean_this_machine(tmp_path: Path, service: FakeService) -> None:
    """The local stack's API has such a name, which not every resolver knows."""
    name = service.url.replace("127.0.0.1", "ca11c0de.execute-api.localhost")
    with Agent(tmp_path, name, *LISTEN) as agent:
        assert agent.send({"call_id": "local"}) == 202
        agent.drain()
    assert [json.loads(line)["call_id"] for line in service.committed] == ["local"]
    assert service.requests[0].headers["host"].startswith("ca11c0de.execute-api.localhost:")


def test_agent_refuses_beyond_its_limit_and_drops_nothing(tmp_path: Path, service: FakeService) -> None:
    with Agent(tmp_path, AWAY, *LISTEN, "--limit-mb", "0.02") as agent:
        accepted = fill(agent)
        assert len(accepted) > 30
        body = json.dumps({"call_id": "refused", "note": "x" * 300})
        status, answer = agent.request("POST", "/events", body)
        assert (status, answer["code"]) == (503, "spool_full")
        assert agent.request("GET", "/health")[0] == 503
    with Agent(tmp_path, service.url, *LISTEN, "--limit-mb", "0.02") as agent:
        agent.drain()
        assert agent.send({"call_id": "next"}) == 202
        agent.drain()
    taken = [json.loads(line)["call_id"] for line in service.committed]
    assert taken == [*accepted, "next"]


def test_agent_on_a_full_disk_refuses_and_keeps_what_it_accepted(tmp_path: Path, service: FakeService) -> None:
    (tmp_path / "log").touch()
    with Agent(tmp_path, AWAY, *LISTEN, preexec_fn=limited_files) as agent:
        body = {"call_id": "big", "note": "x" * 15_000}
        assert agent.send(body) == 202
        assert agent.send({**body, "call_id": "refused"}) == 503
        assert agent.send({"call_id": "small"}) == 202
        agent.kill()
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        agent.drain()
    taken = " ".join(service.committed)
    assert '"big"' in taken
    assert '"small"' in taken
    assert '"refused"' not in taken


def test_agent_waits_for_room_before_it_reads_on(tmp_path: Path, service: FakeService) -> None:
    file = tmp_path / "calls"
    lines = [f'{{"call_id": "{number}", "note": "{"x" * 300}"}}' for number in range(200)]
    file.write_text("\n".join(lines) + "\n")
    service.faults = ["500"] * 20
    with Agent(tmp_path, service.url, "--file", str(file), "--limit-mb", "0.1") as agent:
        time.sleep(0.1)
        wait_until(lambda: len(service.committed) == 200 or "reading waits" in agent.text)
    with Agent(tmp_path, service.url, "--file", str(file), "--limit-mb", "0.2") as agent:
        wait_until(lambda: set(service.committed) == set(lines))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://calls.example/connector/calls/events", "must begin with https://"),
        ("ftp://127.0.0.1/", "must begin with https://"),
        ("http://localhost.calls.example/", "must begin with https://"),
        ("http://calls.notlocalhost/", "must begin with https://"),
        ("https://ck_secret@calls.example/", "without a user"),
        ("https://calls.example/?key=1", "a query"),
    ],
)
def test_agent_refuses_a_url_that_would_show_its_key(tmp_path: Path, url: str, problem: str) -> None:
    with Agent(tmp_path, url, "--stdin", stdin=subprocess.DEVNULL) as agent:
        assert agent.process.wait(timeout=60) == 2
        assert problem in agent.text


def test_agent_needs_a_key_and_reads_it_from_a_file(tmp_path: Path, service: FakeService) -> None:
    without = {"CALLING_CREDIT_KEY": ""}
    with Agent(tmp_path, service.url, "--stdin", stdin=subprocess.DEVNULL, env=without) as agent:
        assert agent.process.wait(timeout=60) == 2
        assert "CALLING_CREDIT_KEY_FILE" in agent.text
    file = tmp_path / "key"
    file.write_text("ck_old\n")
    with Agent(tmp_path, service.url, *LISTEN, env={"CALLING_CREDIT_KEY_FILE": str(file)}) as agent:
        agent.send({"call_id": "c1"})
        agent.drain()
        file.write_text("ck_new\n")
        agent.send({"call_id": "c2"})
        agent.drain()
        command = Path(f"/proc/{agent.process.pid}/cmdline").read_bytes()
    assert [request.headers["authorization"] for request in service.requests] == ["Bearer ck_old", "Bearer ck_new"]
    assert b"ck_" not in command
    assert KEY.encode() not in command


def test_agent_needs_a_secret_to_listen_beyond_its_machine(tmp_path: Path, service: FakeService) -> None:
    with Agent(tmp_path, service.url, "--listen", "0.0.0.0:0") as agent:
        assert agent.process.wait(timeout=60) == 2
        assert "CALLING_CREDIT_AGENT_SECRET" in agent.text
    with Agent(tmp_path, service.url, "--listen", "0.0.0.0:0", env={"CALLING_CREDIT_AGENT_SECRET": "s3"}) as agent:
        basic = base64.b64encode(b"freeswitch:s3").decode()
        assert agent.send({"call_id": "c1"}) == 403
        assert agent.request("POST", "/events", "{}", {"Authorization": "Bearer wrong"})[0] == 403
        assert agent.request("POST", "/events", "{}", {"Authorization": "Bearer s3"})[0] == 202
        assert agent.request("POST", "/events", "{}", {"Authorization": f"Basic {basic}"})[0] == 202
        assert agent.request("POST", "/authorize", "{}")[0] == 403


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_agent_stops_cleanly(tmp_path: Path, number: int) -> None:
    with Agent(tmp_path, AWAY, *LISTEN) as agent:
        assert agent.send({"call_id": "c1"}) == 202
        agent.process.send_signal(number)
        assert agent.process.wait(timeout=60) == 0
        assert "stopped; " in agent.text


def test_agent_verifies_certificates_of_the_service() -> None:
    module = load_agent()
    service = module.Service("https://calls.example/connector/calls/events", lambda: "ck_1", None)
    assert service._tls.check_hostname
    assert service._tls.verify_mode == module.ssl.CERT_REQUIRED


def test_agent_puts_a_damaged_record_aside(tmp_path: Path, service: FakeService) -> None:
    with Agent(tmp_path, AWAY, *LISTEN) as agent:
        for name in ("c1", "c2", "c3"):
            assert agent.send({"call_id": name}) == 202
        agent.kill()
    (segment,) = (tmp_path / "spool" / "queue").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b"c2", b"c9") + b"0123abcd {torn")
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        agent.drain()
        (rejected,) = agent.rejected()
    assert rejected["code"] == "damaged_record"
    assert [line[13:15] for line in service.committed] == ["c1", "c3"]
