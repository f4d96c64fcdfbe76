"""What the user tells a session: kept, recalled, corrected, forgotten; and versions asked side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from learning_files import FACTS
from session_talk import PATIENCE, QUICK, Talk, answered_by, learn, say
from tiny_models import SENTENCES

from persian_assistant import adapters
from persian_assistant.config import GenerationConfig
from persian_assistant.errors import LearningError, UsageError
from persian_assistant.facts import extraction
from persian_assistant.facts.phrases import NOT_TOLD
from persian_assistant.session import Session
from persian_assistant.terminal.start import ask_name
from persian_assistant.terminal.view import View

# See test_session.py.
pytestmark = pytest.mark.filterwarnings("default")
BIRD = "اسم قناری‌ام نغمه است."
TIRED = "امروز حسابی خسته شدم."
ASKED = "اسم قناری من چیست؟"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk(tmp_path)
    yield opened
    opened.close()


def system_of(session: Session, question: str, **how: bool) -> str:
    messages = session.fresh_messages(question, **how)
    return messages[0].content if messages[0].role == "system" else ""


def told(session: Session) -> list[str]:
    return [fact.value for fact in session.facts.live()]


def test_a_fact_is_kept_told_of_and_in_the_very_next_prompt(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = talk.open()
    noticed: list[str] = []
    session.on_fact = noticed.append
    say(session, "سلام خوبی؟")
    assert noticed == [] and "می‌دانم" not in system_of(session, "سلام خوبی؟")
    say(session, BIRD)
    assert len(noticed) == 1 and "نغمه" in noticed[0] and "به خاطر سپردم" in noticed[0]
    assert told(session) == ["نغمه"] and session.status().facts == 1
    expected = f"{session.profile.persona.system}\n\nاز کاربر می‌دانم:\n- اسم قناری تو نغمه است."
    assert system_of(session, ASKED) == expected
    assert system_of(session, ASKED, memory=False) == session.profile.persona.system
    assert NOT_TOLD[0] in system_of(session, "اسم مادربزرگم چیه؟")  # else the model would make one up
    assert system_of(session, "پایتخت لیتوانی کجاست؟") == session.profile.persona.system
    seq = session.journal.append_user(ASKED)
    assert session._messages(seq)[0].content == expected
    assert session.set("memory", "off") == "false" and session.settings()["memory"] is False
    assert system_of(session, ASKED) == session._messages(seq)[0].content == session.profile.persona.system
    assert len(session._messages(seq)) > 2  # the turns before it, too
    assert session.set("memory", "on") == "true" and len(session._messages(seq)) == 2
    monkeypatch.setattr(session._serving, "is_small", False)
    assert len(session._messages(seq)) > 2  # a larger model finds its way
    session.close()
    again = talk.open(wait=False)
    assert told(again) == ["نغمه"] and "نغمه" in system_of(again, ASKED)


def test_what_was_said_in_this_very_conversation_is_remembered_in_it(talk: Talk) -> None:
    session = talk.open()
    say(session, "جمعه‌ها می‌ریم خونه‌ی مامانم اینا، آش رشته می‌پزه")
    say(session, "چه خوب")
    seq = session.journal.append_user("جمعه‌ها چیکار می‌کنیم؟")
    assert "آش رشته" in session._messages(seq)[0].content
    assert session._messages(seq)[-1].content == "جمعه‌ها چیکار می‌کنیم؟"
    told_now = session.journal.append_user("برادرم نوازنده‌ی سنتور است")
    session._knowledge.observe(told_now, 0)
    assert "سنتور" in session._messages(told_now)[0].content  # a small model acknowledges what it is given


def test_words_are_on_disk_before_they_are_read_and_a_reader_that_fails_breaks_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = talk.open()
    stood: list[bool] = []

    def fails(text: str, previous: object) -> list[extraction.Draft]:
        stood.append(text in session.journal.path.read_text(encoding="utf-8"))
        raise ValueError(text)

    monkeypatch.setattr(session.facts, "_read", fails)
    assert say(session, BIRD) == session.conversation()[-1].assistant
    assert stood == [True] and told(session) == []
    assert "ValueError" in caplog.text and "fails" in caplog.text
    assert "قناری" not in caplog.text, "the log never holds what was said"


def test_a_turn_whose_facts_were_not_written_is_read_at_the_next_start(talk: Talk) -> None:
    session = talk.open()
    session.journal.append_user(BIRD)  # and then the power went
    session.close()
    assert told(talk.open(wait=False)) == ["نغمه"]


def test_teach_fix_rate(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, facts=True))
    for wrong in (lambda: session.fix("سلام"), lambda: session.rate("good"), lambda: session.teach("", "x")):
        with pytest.raises(UsageError):
            wrong()
    session.teach("مركز استان گيلان کجاست؟", "شهر رشت است.")
    assert "رشت" in system_of(session, "مرکز استان گیلان کدام شهر است؟")
    bad = say(session, "سلام، حالت چطور است؟")
    session.rate("good")
    assert session.conversation()[-1].rating == "good"
    fact = session.fix("سلام همشهری!")
    assert (fact.kind, fact.attribute, fact.value) == ("fixed", "سلام، حالت چطور است؟", "سلام همشهری!")
    (turn,) = session.conversation()
    assert (turn.assistant, turn.rating) == ("سلام همشهری!", None)
    assert session.journal.notes()[-2]["rejected"] == bad
    assert "همشهری" in system_of(session, "سلام خوبی؟")
    rows = {(row.text, row.included, row.reason) for row in session.lessons()}
    assert ("سلام، حالت چطور است؟", False, "corrected") in rows and ("سلام همشهری!", True, "fact") not in rows
    assert session.status().pending == 1
    session.rate("bad")
    reasons = {row.text: (row.included, row.reason) for row in session.lessons()}
    assert reasons["سلام، حالت چطور است؟"] == (False, "bad")
    assert (True, "fact") in reasons.values()


def test_lessons_say_what_trains_and_why_the_rest_does_not(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, facts=True))
    say(session, BIRD)
    say(session, TIRED)
    session.rate("good")
    first, second = (turn.assistant for turn in session.conversation())
    rows = {(row.text, row.included, row.reason) for row in session.lessons()}
    assert ("اسم قناری تو نغمه است.", True, "fact") in rows
    assert (BIRD, False, "read") in rows and (first, False, "unrated") in rows
    assert (TIRED, True, "as_said") in rows and (second, True, "good") in rows
    say(session, "اسم قناری‌ام آواز است.")
    assert ("اسم قناری تو نغمه است.", False, "superseded") in {
        (row.text, row.included, row.reason) for row in session.lessons()
    }


def test_what_the_program_left_out_is_not_said_to_be_the_users_doing(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, facts=True))
    hurt = "می‌خواهم خودم را بکشم."
    say(session, hurt)
    say(session, TIRED)
    session.rate("bad")
    for opened in (session, None):
        if opened is None:
            session.close()
            opened = talk.open(wait=False)
        reasons = {row.text: (row.included, row.reason) for row in opened.lessons()}
        assert reasons[hurt] == (False, "distress") and reasons[TIRED] == (False, "bad")


def test_the_program_acknowledges_a_name_and_it_is_learned(talk: Talk) -> None:
    session = talk.open(wait=False, learning=replace(QUICK, facts=True))
    noticed: list[str] = []
    session.on_fact = noticed.append
    asked = ask_name(session, View(apart=False), lambda question: "نگين")
    assert asked == "" and noticed == ["به خاطر سپردم: اسم تو نگین است."]
    (turn,) = session.history()
    assert (turn.user, turn.assistant) == ("اسمم نگینه.", noticed[0])
    reasons = {row.text: (row.included, row.reason) for row in session.lessons()}
    assert reasons["اسم تو نگین است."] == (True, "fact")
    assert reasons[noticed[0]] == (False, "answered")
    assert session.status().pending == 1
    assert session.ready(PATIENCE)
    say(session, "سلام خوبی؟")
    heard = [message.content for message in session._messages(session.conversation()[-1].seq)]
    assert heard[1:] == ["سلام خوبی؟"]  # no model takes up what the program says


def test_forgetting_leaves_no_word_behind(talk: Talk) -> None:
    session = talk.open()
    say(session, BIRD)
    say(session, TIRED)
    matches = session.forget_matches("قناری نغمه")
    assert [fact.value for fact in matches.facts] == ["نغمه"]
    assert [turn.user for turn in matches.exchanges] == [BIRD]
    assert not session.forget_matches("یک چیز دیگر از کرهٔ مریخ")
    session.fix("چه اسم قشنگی!")  # of the turn that stays
    session.forget(matches)
    assert [fact.value for fact in session.forget_matches("حسابی خسته").facts] == ["چه اسم قشنگی!"]
    session.forget(session.forget_matches("قشنگی"))
    say(session, TIRED)
    assert told(session) == [] and [turn.user for turn in session.conversation()] == [TIRED]
    assert "نغمه" not in system_of(session, ASKED)
    assert "نغمه" not in session.journal.path.read_text(encoding="utf-8")
    assert session.wait_for_pass(60)
    assert session.edit_fact(session.teach("الف چیست؟", "ب است").id, "پ است").value == "پ است"
    with pytest.raises(UsageError):
        session.edit_fact("99.1", "x")


def test_other_versions_answer_beside_the_one_that_serves(talk: Talk) -> None:
    rough = replace(QUICK, gate=False, learning_rate=0.05, num_train_epochs=15)
    session = talk.open(generation=GenerationConfig(max_new_tokens=12, do_sample=False), learning=rough)
    question = SENTENCES[0]
    base = session.answer_once(question, memory=False)
    assert base and session.answer_once(question, version="base") == base
    with pytest.raises(UsageError):
        session.answer_once(question, version="last")
    answers: dict[int | None, str] = {None: base}
    for number in (1, 2):
        session.clear()
        say(session, FACTS[number])
        learn(session)
        assert session.status().version == number, talk.notices
        session.clear()
        answers[number] = session.answer_once(question, memory=False)
    assert len(set(answers.values())) > 1, "a pass at this rate was to change what is said"
    for serving in (2, 1, None):
        session.rollback(serving)
        for other in (None, 1, 2):
            which = "base" if other is None else other
            assert session.answer_once(question, version=which, memory=False) == answers[other]
            assert session.answer_once(question, memory=False) == answers[serving]
            assert session.status().version == serving
    session.rollback(2)
    assert session.compare(question, "base") == (answers[None], answers[2])
    assert session.compare(question, "last") == (answers[1], answers[2])
    peft_model = session._serving._peft_model  # type: ignore[union-attr]
    assert list(peft_model.peft_config) == ["v2"] and peft_model.active_adapters == ["v2"]
    assert all(not one.requires_grad for one in adapters.adapter_tensors(peft_model).values())
    with pytest.raises(UsageError):
        session.answer_once(question, version=9)
    assert session.conversation() == [] and answered_by(session) == [None, 1]


def test_another_version_is_not_lent_while_a_pass_runs(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, gate=False))
    say(session, FACTS[0])
    learn(session)
    session.set("num_train_epochs", "100")
    say(session, FACTS[1])
    session.learn()
    with pytest.raises(LearningError):
        session.answer_once("سلام", version="base")
    cancel = threading.Event()
    cancel.set()
    assert session.answer_once("سلام", cancel=cancel) == ""
    session.cancel_pass()
    assert session.wait_for_pass(60)


def test_nothing_waits_to_be_learned_where_learning_is_off(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, enabled=False))
    say(session, TIRED)
    assert session.status().pending == 0


def test_what_is_forgotten_is_out_of_the_serving_weights_at_once(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, num_train_epochs=30))
    say(session, BIRD)
    learn(session)
    assert session.status().version == 1, talk.notices
    say(session, TIRED)
    session.forget(session.forget_matches("نغمه"))
    # The pass over what is left may be done by now, but never is it the version that knew it.
    assert session.status().version != 1 and all(one.number != 1 for one in session.versions())
    assert session.wait_for_pass(60)
