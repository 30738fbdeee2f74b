"""`make run` on failures: the user receives a sentence with the next step, the log the traceback."""

import ast
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ReadTimeoutError

from local import run
from local.clients import BUSY_ADVICE
from local.errors import ApiError, EmulatorError
from local.http_api import HttpApi
from ops.project import ROOT, SettingsError

TIMEOUT = ReadTimeoutError(endpoint_url="http://127.0.0.1:4566")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (EmulatorError("The emulator ended."), 1, "The emulator ended."),
        (SettingsError("EMULATOR_PORT is wrong."), 2, "EMULATOR_PORT is wrong."),
        (TIMEOUT, 1, "run.log. If other programs keep this machine busy, wait until they end. Then run make run"),
        (
            httpx.ReadTimeout("timed out"),
            1,
            "failed unexpectedly (ReadTimeout: timed out). The details are in",
        ),
        (KeyError("held"), 1, "make run failed unexpectedly (KeyError: 'held')"),
    ],
)
def test_a_failure_is_one_sentence_and_no_traceback(
    error: Exception,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))
    monkeypatch.setattr(run, "run", fail)
    monkeypatch.setattr("signal.signal", lambda *_arguments: None)
    assert run.main() == code
    output = capsys.readouterr()
    assert words in output.err
    assert "Traceback" not in output.out + output.err
    has_log = "run.log" in output.err
    assert has_log == (tmp_path / "run.log").exists()
    assert not has_log or type(error).__name__ in (tmp_path / "run.log").read_text()


def api_with(answers: list[httpx.Response | Exception], retry_for: float) -> tuple[HttpApi, list[httpx.Request]]:
    """A client that receives these responses in order, and its requests."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        reply = answers[min(len(requests), len(answers)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply

    api = HttpApi("http://api.test", "api.test", retry_for=retry_for)
    api._client = httpx.Client(base_url="http://api.test", transport=httpx.MockTransport(answer))
    return api, requests


def test_a_patient_client_repeats_what_a_busy_machine_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.http_api.RETRY_SECONDS", 0)
    answers: list[httpx.Response | Exception] = [
        httpx.ReadTimeout("slow"),
        httpx.Response(503),
        httpx.Response(500),
        httpx.Response(200, json={"a": 1}),
    ]
    api, requests = api_with(answers, 60)
    assert api.send("POST", "/top-ups", "token", {}, {"Idempotency-Key": "k"}) == {"a": 1}
    assert [request.headers["Idempotency-Key"] for request in requests] == ["k"] * 4


@pytest.mark.parametrize("answer", [httpx.ReadTimeout("slow"), httpx.Response(503), httpx.Response(404)])
def test_a_client_without_patience_reports_the_first_failure(answer: httpx.Response | Exception) -> None:
    api, requests = api_with([answer], 0)
    with pytest.raises(ApiError, match="GET /balance"):
        api.get("/balance", "token")
    assert len(requests) == 1


def test_a_refusal_is_never_repeated() -> None:
    api, requests = api_with([httpx.Response(409, text="conflict")], 60)
    with pytest.raises(ApiError, match="409 conflict"):
        api.get("/balance", "token")
    assert len(requests) == 1


def test_advice_names_the_next_step() -> None:
    assert BUSY_ADVICE.endswith("Then run make run again.")


def test_the_operators_commands_do_not_import_the_local_stack() -> None:
    for path in (ROOT / "ops").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "local"], path
