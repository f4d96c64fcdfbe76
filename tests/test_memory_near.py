"""Questions that share hardly a word with what was told: met by concepts and sense, of the right owner."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_parts import assert_first_line_holds, store_of

from persian_assistant.facts import memory as memory_module
from persian_assistant.facts import question_index
from persian_assistant.facts.memory import Memory
from persian_assistant.facts.question_concepts import asked, stated
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal

TOLD = (
    "توی یه کتاب‌فروشی کار می‌کنم",
    "مادرم میگرن داره",
    "عموم تو کانادا رستوران زده",
    "برادر کوچیکم سربازه، افتاده کرمانشاه",
    "شبا تا دو بیدارم",
    "قراره آخر آذر اسباب‌کشی کنیم",
    "آرزومه یه روز برم ژاپن",
    "سه‌شنبه‌ها میرم استخر",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FactStore:
    return store_of(tmp_path_factory.mktemp("p"), TOLD)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("از چه راهی پول درمیارم؟", "کتاب"),
        ("مامانم چشه؟", "میگرن"),
        ("داداشم کجا خدمت می‌کنه؟", "کرمانشاه"),
        ("شب‌ها کی می‌خوابم؟", "دو"),
        ("کی خونه عوض می‌کنیم؟", "آذر"),
        ("آرزوی من چیه؟", "ژاپن"),
        ("چه روزایی شنا می‌رم؟", "سه‌شنبه"),
    ],
)
def test_a_question_in_other_words_finds_what_was_told(store: FactStore, question: str, value: str) -> None:
    assert_first_line_holds(store, question, value)


@pytest.mark.parametrize(
    "question",
    [
        *("پدرم چشه؟", "کار داییم چیه؟", "جمعه‌ها کجا میرم؟", "عموم چند سالشه؟", "رنگ محبوبم چیه؟"),
        *("از چی می‌ترسم؟", "اسم مادرم چیه؟", "پلاک ماشینم چنده؟", "آخر بهمن چه خبره؟", "هوا خوبه"),
    ],
)
def test_another_owner_attribute_or_day_finds_nothing(store: FactStore, question: str) -> None:
    assert Memory(store).recall(question) == []


def test_a_kind_is_asked_for_by_the_whole_and_not_by_another_kind() -> None:
    sport = set().union(*asked("چه ورزشی می‌کنم؟").values())
    assert "+sport" in sport & stated("هفته‌ای دو بار فوتبال بازی می‌کنم")
    assert "+sport" not in set().union(*asked("کی فوتبال بازی می‌کنم؟").values())


def test_after_opening_only_candidates_are_looked_at_and_warm_does_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "FACTS_AT_ONCE", 10)
    store = FactStore(Journal.open(tmp_path / "p" / "journal.jsonl"))
    for number in range(60):
        store.teach(f"رمز صندوق شمارهٔ {number + 100} چیست؟", f"رمزش {number + 500} است")
    store.observe(store.journal.append_user("اسم خواهرم مینا است."))
    made: list[str] = []
    profile = question_index.profile

    def counted(fact: question_index.Fact, quick: bool = False) -> question_index.Profile:
        made.append(fact.id)
        return profile(fact, quick)

    monkeypatch.setattr(question_index, "profile", counted)
    memory = Memory(store)
    assert "مینا" in memory.recall("خواهرم اسمش چیه؟")[0]
    assert 0 < len(made) <= question_index.ROUGH * 2
    memory.warm()
    looked = len(made)
    assert {fact.id for fact in store.live()} <= set(made)
    assert "مینا" in memory.recall("آبجیم اسمش چیه؟")[0]
    assert len(made) == looked
    store.teach("رمز گاوصندوق چیست؟", "رمزش آبی است")
    assert "آبی" in memory.recall("رمز گاوصندوق چی بود؟")[0]
    assert len(made) == looked + 1


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("چی درس میدم؟", "فیزیک"),
        ("شغلم چیه؟", "معلم"),
        ("کجا درس میدم؟", "شیراز"),
        ("کجا کار می‌کنم؟", "شیراز"),
    ],
)
def test_of_facts_of_one_sentence_the_one_that_is_asked_for(
    tmp_path: Path, question: str, value: str
) -> None:
    assert_first_line_holds(store_of(tmp_path, ["سلام، من پویام و توی شیراز معلم فیزیکم"]), question, value)
