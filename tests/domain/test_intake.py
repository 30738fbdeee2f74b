"""A batch of messages becomes distinct calls; each invalid message is refused without affecting the others."""

import random

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.charging.intake import CONFLICT, Message, accept_messages
from tests.domain.examples import NOW, call, event_body

KEY = call().key


def message(message_id: str, sent_at_ms: int = 1, body: str | None = None) -> Message:
    """A message with the example call or the given body."""
    return Message(message_id, sent_at_ms, event_body() if body is None else body)


def test_an_empty_batch_is_an_empty_intake() -> None:
    intake = accept_messages([], NOW)
    assert (intake.calls, intake.messages, intake.refused) == ([], {}, {})


def test_the_same_call_twice_is_one_call_of_two_messages() -> None:
    intake = accept_messages([message("m_1"), message("m_2", 2)], NOW)
    assert intake.calls == [call()]
    assert intake.messages == {KEY: ["m_1", "m_2"]}
    assert intake.refused == {}


def test_the_same_call_in_another_spelling_is_one_call() -> None:
    other = event_body(started_at="2026-11-23T05:00:00-05:00")
    assert accept_messages([message("m_1"), message("m_2", 2, other)], NOW).messages == {KEY: ["m_1", "m_2"]}


def test_the_message_sent_first_wins_in_any_batch_order() -> None:
    late, early = message("m_late", 20), message("m_early", 10, event_body(to="+442071838751"))
    for batch in ([late, early], [early, late]):
        intake = accept_messages(batch, NOW)
        assert [call.dialled_number for call in intake.calls] == ["+442071838751"]
        assert intake.messages == {KEY: ["m_early"]}
        assert intake.refused == {"m_late": CONFLICT}


def test_only_a_later_message_with_other_facts_is_a_conflict() -> None:
    other = event_body(to="+442071838751")
    batch = [message("m_1", 1), message("m_2", 2, other), message("m_3", 3), message("m_4", 4, other)]
    intake = accept_messages(batch, NOW)
    assert intake.messages == {KEY: ["m_1", "m_3"]}
    assert intake.refused == {"m_2": CONFLICT, "m_4": CONFLICT}


def test_the_same_call_id_may_recur_in_another_account_or_moment() -> None:
    others = [event_body(account_id="acct_2"), event_body(started_at="2026-11-23T10:00:00.001Z")]
    intake = accept_messages([message("m_0"), *(message(f"m_{n}", 1, body) for n, body in enumerate(others, 1))], NOW)
    assert len(intake.calls) == 3
    assert intake.refused == {}


def test_an_invalid_message_is_refused_without_the_others() -> None:
    intake = accept_messages(
        [message("m_1"), message("m_2", body="{"), message("m_3", body=event_body(version="2"))], NOW
    )
    assert intake.messages == {KEY: ["m_1"]}
    assert {name: refusal.code for name, refusal in intake.refused.items()} == {
        "m_2": "malformed_json",
        "m_3": "unknown_version",
    }


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 5)), max_size=12), st.randoms())
def test_every_message_is_accepted_or_refused_in_any_batch_order(
    drawn: list[tuple[int, int, int]], chance: random.Random
) -> None:
    messages = [
        Message(f"m_{number}", sent * 100 + number, event_body(call_id=f"c_{name}", to=f"+44207183875{facts}"))
        for number, (name, facts, sent) in enumerate(drawn)
    ]
    intake = accept_messages(messages, NOW)
    accepted = [name for names in intake.messages.values() for name in names]
    assert sorted(accepted + list(intake.refused)) == sorted(message.message_id for message in messages)
    assert len({call.key for call in intake.calls}) == len(intake.calls) == len(intake.messages)
    shuffled = messages[:]
    chance.shuffle(shuffled)
    again = accept_messages(shuffled, NOW)
    assert again.calls == intake.calls
    assert again.messages == intake.messages
    assert again.refused == intake.refused
