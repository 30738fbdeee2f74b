"""A redrive that ends at any request loses no message, and refused messages stay dead letters."""

import json
from collections.abc import Callable

import pytest
from botocore.exceptions import ReadTimeoutError

from ops import redrive
from tests.domain.examples import EVENT
from tests.functions.queues_bench import Queues, queues, redriven

__all__ = ["queues"]

pytestmark = pytest.mark.dynamodb


def interrupted(queues: Queues, at: int, end: BaseException, *, is_done: bool) -> Callable[[str], None]:
    """Fail at a request, before or after it is done, and check at each that no message is lost."""
    bodies = set(queues.bodies("dead"))
    seen = 0

    def between(moment: str) -> None:
        nonlocal seen
        assert set(queues.bodies("dead")) | set(queues.bodies("calls")) >= bodies
        if moment == ("after" if is_done else "before"):
            seen += 1
            if seen == at:
                raise end

    return between


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("end", [ReadTimeoutError(endpoint_url="https://sqs"), KeyboardInterrupt()])
def test_no_message_is_lost_when_a_command_ends_at_any_request(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, end: BaseException, is_done: bool
) -> None:
    monkeypatch.setattr(redrive, "MAX_LOAD", 10)
    calls = [json.dumps(EVENT | {"call_id": f"c_{number}"}) for number in range(25)]
    for at in range(1, 40):
        queues.clear()
        queues.put("dead", [*calls, "x"])
        queues.between = interrupted(queues, at, end, is_done=is_done)
        ended = redriven(monkeypatch, "--yes")
        queues.between = lambda _: None
        assert ended in (0, 1, 130)
        assert set(queues.bodies("dead")) | set(queues.bodies("calls")) == {*calls, "x"}, at
        queues.show_all()
        assert redriven(monkeypatch, "--yes") == 0
        assert (queues.bodies("dead"), set(queues.bodies("calls"))) == (["x"], set(calls)), at
        if ended == 0:
            break
    else:
        pytest.fail("no run came to its end")
    assert at > 10


def test_a_message_that_the_target_refuses_stays_a_dead_letter(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = [json.dumps(EVENT | {"call_id": f"c_{number}"}) for number in range(25)]
    queues.put("dead", calls)
    queues.refused = {calls[3], calls[17]}
    assert redriven(monkeypatch, "--yes") == 1
    assert "The queue refused 2 messages, which are unchanged." in capsys.readouterr().err
    assert set(queues.bodies("dead")) == queues.refused
    assert queues.visible("dead") == 2
    assert set(queues.bodies("calls")) == set(calls) - queues.refused


def test_what_sqs_refuses_for_the_moment_is_sent_again(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [json.dumps(EVENT | {"call_id": f"c_{number}"}) for number in range(25)]
    queues.put("dead", calls)
    queues.slow = {calls[3]: 2, calls[17]: 2}
    assert redriven(monkeypatch, "--yes") == 0
    assert sorted(queues.bodies("calls")) == sorted(calls)


@pytest.mark.parametrize("options", [("--peek", "--drop"), ("--drop", "--malformed"), ("--queue", "proof", "--drop")])
def test_options_that_exclude_each_other_are_refused(options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    assert redriven(monkeypatch, *options) == 1


def test_a_queue_that_the_stack_does_not_have_is_named(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redriven(monkeypatch, "--queue", "proof", "--yes") == 1
    assert "The stack staging has no queue proof." in capsys.readouterr().err
