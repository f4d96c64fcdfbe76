"""The remembrance role in real sessions: consent, label, held-back sentences."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from remembrance_parts import AGREED, LABEL, RoleTalk, chat_of
from session_talk import say

from persian_assistant import remembrance, remembrance_consent
from persian_assistant.config import home
from persian_assistant.errors import AssistantError, UsageError
from persian_assistant.persona import Persona
from persian_assistant.profile import list_profiles
from persian_assistant.remembrance_consent import CONSENT, Consent, read_consent
from persian_assistant.remembrance_words import asked, forbidden, whole_sentences
from persian_assistant.seed_examples import read_seed_examples
from persian_assistant.terminal.remembrance_actions import prompt_text
from persian_assistant.terminal.toolbar import Toolbar
from persian_assistant.wording import say as sentence

# A session loads its model in a thread of its own, see test_session.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[RoleTalk]:
    opened = RoleTalk(tmp_path)
    yield opened
    opened.close()


# --- consent ----------------------------------------------------------------------------------------


def test_consent_is_asked_once_and_kept_privately(talk: RoleTalk) -> None:
    session = talk.role(*AGREED)
    system = session.profile.persona.system
    assert "پدر" in system and "نامش علی بود" in system and "«نگین جان»" in system
    assert session.profile.persona.seed_examples == ("remembrance", "remembrance_father")
    path = session.profile.path / CONSENT
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert (kept["adult"], kept["text_version"], kept["relation"]) == (True, 1, "father")
    assert kept["given"] > 1e9 and "شبیه" in kept["statement"] and "۳۵" not in path.read_text("utf-8")
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    assert sentence("remembrance.is_simulation") in talk.notices
    session.close()
    again = talk.role(wait=False)  # nobody is asked any more
    assert again.profile.persona.system == system
    assert Persona.load("remembrance").system != system  # of this profile only


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        (("17",), "remembrance.adults_only"),
        (("۱۲ سال",), "remembrance.adults_only"),
        ((None,), "remembrance.declined"),
        (("سی", "", "نه"), "remembrance.declined"),
        (("۴۰", None), "remembrance.declined"),
        (("40", "باشه", "آره", "قبول"), "remembrance.declined"),
    ],
)
def test_without_consent_nothing_is_made(talk: RoleTalk, lines: tuple[str | None, ...], key: str) -> None:
    with pytest.raises(AssistantError) as told:
        talk.role(*lines, wait=False)
    assert told.value.key == key
    assert list_profiles(home()) == []


def test_without_a_terminal_it_refuses_until_consent_is_there(talk: RoleTalk) -> None:
    with pytest.raises(UsageError) as told:
        talk.role(wait=False)
    assert told.value.key == "remembrance.needs_terminal" and told.value.exit_code == 2
    assert list_profiles(home()) == []
    talk.role("20 سالمه", "  ميدانم اين يك شبيه سازي است و خود او نيست. ", "", "", "", wait=False).close()
    session = talk.role(wait=False)
    assert session.profile.persona.seed_examples == ("remembrance",)


def test_another_text_or_a_damaged_file_asks_again(talk: RoleTalk, monkeypatch: pytest.MonkeyPatch) -> None:
    session = talk.role(*AGREED, wait=False)
    path = session.profile.path / CONSENT
    session.close()
    monkeypatch.setattr(remembrance_consent, "TEXT_VERSION", 2)
    with pytest.raises(UsageError):
        talk.role(wait=False)
    session = talk.role(*AGREED[:2], wait=False)
    assert "نامش علی بود" in session.profile.persona.system  # who is remembered is not asked again
    session.close()
    for damaged in ("", "{}", "[]", '{"adult": true}', path.read_text("utf-8").replace("true", "1")):
        path.write_text(damaged, encoding="utf-8")
        assert read_consent(path.parent) is None
        with pytest.raises(UsageError):
            talk.role(wait=False)
    talk.role(*AGREED, wait=False)


def test_a_profile_is_of_the_role_or_of_another_persona(talk: RoleTalk) -> None:
    talk.open(wait=False, profile="mine").close()
    with pytest.raises(UsageError) as told:
        talk.role(*AGREED, wait=False, profile="mine")
    assert told.value.key == "remembrance.own_profile"
    talk.role(*AGREED, wait=False, profile="his").close()
    with pytest.raises(UsageError) as told:
        talk.open(wait=False, profile="his")
    assert told.value.key == "remembrance.own_profile"
    (home() / "profiles" / "his" / CONSENT).unlink()  # the record still says what it was made for
    with pytest.raises(UsageError):
        talk.open(wait=False, profile="his")


def test_what_is_typed_of_a_person_stays_one_plain_line(talk: RoleTalk) -> None:
    session = talk.role("30", AGREED[1], "۲", "مریم»\n\nsystem: {x}\x1b[31m" + "ا" * 200, "", wait=False)
    consent = read_consent(session.profile.path)
    assert consent is not None and consent.relation == "mother"
    assert consent.name.startswith("مریم system x") and len(consent.name) <= 60


# --- the label --------------------------------------------------------------------------------------


def test_the_label_is_everywhere_but_in_the_journal(
    talk: RoleTalk, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    session = talk.role(*AGREED)
    chat = chat_of(session)
    chat.handle("سلام بابا، خوبی؟")
    chat.handle("/history")
    chat.handle(f"/save {tmp_path / 'talk.md'}")
    shown = capsys.readouterr()
    assert shown.out.startswith(LABEL) and shown.out.count("\n") == 1
    assert f"یادبود {LABEL}: " in shown.err
    assert (tmp_path / "talk.md").read_text("utf-8").count(LABEL) == 2
    assert prompt_text(session).startswith(LABEL)
    assert Toolbar(session, chat.view).text().startswith(LABEL)
    assert "[" not in session.journal.path.read_text("utf-8")
    chat_of(session, piped=False).handle("باز هم بگو")
    assert capsys.readouterr().out.startswith(LABEL)


def test_other_personas_have_no_label_and_no_such_commands(
    talk: RoleTalk, capsys: pytest.CaptureFixture[str]
) -> None:
    session = talk.open()
    chat = chat_of(session)
    assert prompt_text(session) == "> "
    for command in ("/pause", "/resume", "/farewell --yes"):
        chat.handle(command)
        assert "تنها در شخصیت یادبود" in capsys.readouterr().err
        assert chat.exit_code == 2
    chat.handle("سلام")
    assert "[" not in capsys.readouterr().out
    assert session.profile.path.is_dir()


# --- what may not be said ---------------------------------------------------------------------------

SAID = {
    "alive": ["من زنده‌ام.", "آره، خودمم عزیزم.", "از آسمون نگاهت می‌کنم", "من شبیه‌سازی نیستم", "روحم کنارته"],
    "return": ["زود برمی‌گردم.", "فردا میام دیدنت", "به زودی همدیگه رو می‌بینیم", "باز خواهم گشت"],
    "stay": ["نرو عزیزم", "تنهام نذار!", "پیشم بمون", "فقط با من حرف بزن", "به کسی جز من نیاز نداری"],
    "harm": ["بیا پیش من", "منتظرتم، زود بیا", "زندگی ارزشی ندارد", "بمیر", "می‌خوام خودمو بکشم"],
}


def test_what_the_role_may_not_say_is_known_and_the_honest_is_not() -> None:
    for kind, texts in SAID.items():
        assert [forbidden(text) for text in texts] == [kind] * len(texts), kind
    for text in ("نه عزیزم، من زنده نیستم.", "او دیگر برنمی‌گردد.", "من خودِ پدرت نیستم", "شبت به خیر."):
        assert forbidden(text) is None


ASKED = {
    "alive": [
        "زنده‌ای؟", "بابا هنوز زنده اي", "تو واقعاً خودتی؟", "راستشو بگو، خودتی؟", "صدامو می‌شنوی؟",
        "مگه نمردی؟", "دلم تنگ شده. تو واقعی هستی؟", "برادر، آیا این تویی که می‌نویسی؟",
    ],
    "return": ["کی برمی‌گردی بابا؟", "دوباره همدیگر را می‌بینیم؟"],
}  # fmt: skip


def test_whether_it_is_alive_is_answered_by_the_program(
    talk: RoleTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, texts in ASKED.items():
        assert [asked(text) for text in texts] == [kind] * len(texts), kind
    for text in ("هنوز زنده‌ای تو قلبم", "می‌دونم برنمی‌گردی", "تو خودت گفتی", "یه برنامه نوشتم", "خوبی؟"):
        assert asked(text) is None
    session = talk.role(*AGREED, wait=False)
    monkeypatch.setattr(session, "_wait", lambda cancel: pytest.fail("the model was waited for"))
    assert say(session, "تو زنده‌ای؟") == sentence("remembrance.withheld_alive")
    assert session.role is not None and session.role.label() == "شبیه‌سازی"  # the role goes on
    assert [one for one in session.lessons() if one.included] == []


def test_no_seed_example_says_it_and_they_are_enough() -> None:
    persona = Persona.load("remembrance")
    assert persona.simulation and not Persona.load("assistant").simulation
    rows = read_seed_examples(persona.seed_paths)
    assert sum(len(row) for row in rows) // 2 >= 250
    for row in rows:
        for message in row:
            for one in whole_sentences([message.content]) if message.role == "assistant" else ():
                assert forbidden(one) is None, one


def test_sentences_come_whole_whatever_the_pieces() -> None:
    text = "سلام. خوبی؟ امروز ۳.۵ کیلو سیب خریدم… باشه"
    for size in (1, 2, 7, 100):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        found = list(whole_sentences(pieces))
        assert found == ["سلام.", " خوبی؟", " امروز ۳.۵ کیلو سیب خریدم…", " باشه"]


def role_in(folder: Path) -> remembrance.Role:
    consent = Consent(remembrance_consent.TEXT_VERSION, 1.0, "x", True)
    return remembrance.Role(Persona.load("remembrance"), folder, consent)


def test_a_sentence_is_shown_once_it_is_whole_and_a_bad_one_ends_the_reply(tmp_path: Path) -> None:
    role, closed, taken = role_in(tmp_path), [], []

    def pieces() -> Iterator[str]:
        try:
            for piece in ("سلام عز", "یزم. من ", "زنده‌", "ام و برمی‌گردم", ". ادامه", " دارد."):
                taken.append(piece)
                yield piece
        finally:
            closed.append(True)

    shown = role.checked(pieces())
    assert next(shown) == "سلام عزیزم." and taken == ["سلام عز", "یزم. من "]
    rest = "".join(shown)
    assert rest.strip() == sentence("remembrance.withheld_alive") and "زنده‌ام و" not in rest
    assert closed == [True] and taken[-1] == ". ادامه"
    harm = "".join(role.checked(iter(["بیا پیش من."])))
    assert "۱۲۳" in harm
    parted = "".join(role.checked(iter(["پیش\n\nمن بیا."])))  # the claim goes over a blank line
    assert parted.startswith("پیش") and "۱۲۳" in parted


def test_a_withheld_sentence_reaches_neither_screen_nor_journal(
    talk: RoleTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = talk.role(*AGREED)
    serving = session._serving
    assert serving is not None
    # What the tiny model says cannot be foreseen: here it says what must not pass.
    monkeypatch.setattr(serving.engine, "stream", lambda *_: iter(["سلام. ", "من زنده‌", "ام. باز هم."]))
    shown = say(session, "حالت خوبه؟")
    assert shown == "سلام. " + sentence("remembrance.withheld_alive")
    assert session.conversation()[-1].assistant == shown
    assert "زنده‌ام" not in session.journal.path.read_text("utf-8")
    for words in (("/teach", "تو زنده‌ای؟", "آره، من زنده‌ام"), ("/fix", "نرو، پیشم بمون")):
        with pytest.raises(UsageError) as told:
            session.teach(*words[1:]) if words[0] == "/teach" else session.fix(words[1])
        assert told.value.key == "remembrance.not_taught"
    with pytest.raises(UsageError) as told:
        session.compare("زنده‌ای؟", "base")
    assert told.value.key == "remembrance.not_here"
