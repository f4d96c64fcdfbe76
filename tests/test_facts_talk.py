"""Facts as people of all ages type them, corrections, what several facts ask alike, and names for a list."""

from __future__ import annotations

import pytest

from persian_assistant.facts import curriculum, telling
from persian_assistant.facts.extraction import read
from persian_assistant.facts.labels import label
from persian_assistant.facts.said_views import said_lessons
from persian_assistant.records import Exchange, Fact


def found(text: str, *previous: str) -> dict[str, str]:
    return {draft.key: draft.value for draft in read(text, previous)}


def stated(text: str) -> list[Fact]:
    return [
        Fact(f"3.{at}", 3, "stated", d.subject, d.attribute, d.value, d.sentence, d.key, d.single, d.details)
        for at, d in enumerate(read(text), 1)
    ]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("سلام پسرم، من بازنشسته‌ی پستم، هشتاد سالمه، ساکن ملایر",
         {"شغل|کاربر": "بازنشسته‌ی پست", "سن|کاربر": "هشتاد سال", "زندگی کردن|کاربر": "ملایر"}),
        ("باجناقم تو میدون بار میوه‌فروشه", {"شغل|باجناق": "میوه‌فروش", "کار کردن|باجناق": "میدان بار"}),
        ("مدیرم ژاپنیه اسمش کنجیه", {"چیستی|مدیر": "ژاپنی", "اسم|مدیر": "کنجی"}),
        ("مامانم خیاطه بابام کشاورزه", {"شغل|مادر": "خیاط", "شغل|پدر": "کشاورز"}),
        ("سه ساله اومدم وین", {"زندگی کردن|کاربر": "وین"}),
        ("من هفتمم، معدلم ۱۸.۵", {"پایه|کاربر": "کلاس هفتم", "معدل|کاربر": "۱۸.۵"}),
        ("داشتم می‌رفتم که خواهرم مهسا زنگ زد", {"اسم|خواهر": "مهسا"}),
        ("با نگار نامزدم", {"نامزد بودن|کاربر": "نگار"}),
        ("گارانتی گوشیم تا مهر ۱۴۰۵ اعتبار داره", {"have|گارانتی گوشی|اعتبار": "مهر ۱۴۰۵"}),
        ("دیروز سر کلاس استادم، آقای راد، خوابم برد", {}),
        ("دکتر گفت باید رژیم بگیرم", {"گرفتن|کاربر|رژیم": "رژیم"}),
        ("امروز با رئیسم بحثم شد", {}),
    ],
)  # fmt: skip
def test_as_people_type_it(text: str, facts: dict[str, str]) -> None:
    told = found(text)
    assert {key.removesuffix("|بانگار"): value for key, value in told.items()} == facts


@pytest.mark.parametrize(
    ("first", "second"),
    [("باید برم مشهد", "از پله میرم"), ("پیانو می‌زنم", "تار می‌زنم"), ("چای می‌خورم", "قهوه می‌خورم")],
)
def test_what_does_not_exclude_holds_beside(first: str, second: str) -> None:
    assert not found(first).keys() & found(second).keys()


def test_hours_and_homes_exclude_each_other() -> None:
    assert found("ساعت هفت بیدار میشم").keys() == found("ساعت نه بیدار میشم").keys()
    assert found("تو یزد زندگی می‌کنم").keys() == found("تو رشت زندگی می‌کنم").keys()


def test_a_language_given_up_ends_its_class() -> None:
    told = found("دوشنبه‌ها میرم کلاس آلمانی")
    assert told.keys() < found("آلمانی رو ول کردم، دارم ایتالیایی می‌خونم").keys()


@pytest.mark.parametrize(
    ("before", "after", "facts"),
    [
        ("حقوقم سالانه ۲۰۰ میلیونه", "نه ببخشید، ماهانه ۲۰ میلیونه", {"حقوق|کاربر": "ماهانه ۲۰ میلیون"}),
        ("پیانو می‌زنم", "نه ببخشید، گیتار می‌زنم", {"زدن|کاربر|پیانو": "گیتار"}),
        ("اسم سگم پشمکه", "ببخشید، برفیه", {"اسم|سگ": "برفی"}),
        ("اسم سگم پشمکه", "ببخشید، هوا سرده", {}),
    ],
)
def test_a_correction_takes_the_key_of_what_it_corrects(
    before: str, after: str, facts: dict[str, str]
) -> None:
    assert found(after, before) == facts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("سلام خوبی؟", ""),
        ("تو خیلی مهربونی", ""),
        ("منم بد نیستم", "گفتی تو هم بد نیستی."),
        ("دارم میرم سفر، نظرت چیه؟", "گفتی داری میری سفر."),
    ],
)
def test_only_what_the_user_states_is_said_back(text: str, said: str) -> None:
    assert telling.said(text) == said
    assert bool(said) or not said_lessons(Exchange(1, 0.0, text, "باشه."))


def test_a_question_of_several_facts_is_answered_with_all() -> None:
    facts = [*stated("از سوسک می‌ترسم"), *stated("از آسانسور می‌ترسم")]
    views = {str(at): telling.lessons(fact) for at, fact in enumerate(facts)}
    answers: dict[str, set[str]] = {}
    for rows in curriculum.settled(views).values():
        for row in rows:
            if row.kind != "statement":
                answers.setdefault(row.messages[0].content, set()).add(row.messages[-1].content)
    assert all(len(each) == 1 for each in answers.values())
    assert any("سوسک" in answer and "آسانسور" in answer for each in answers.values() for answer in each)


def test_no_fact_asks_what_relation_its_owner_has() -> None:
    for fact in stated("داداشم مهرداد گیتار می‌زنه"):
        if fact.attribute != "اسم":
            assert not any("نسبتی" in view.messages[0].content for view in telling.lessons(fact))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("تو کرج زندگی می‌کنم", ["محل زندگی"]),
        ("تو تهران به دنیا اومدم", ["محل تولد"]),
        ("از بامیه متنفرم", ["بیزاری"]),
        ("خواهرم اهل یزده", ["اصالت خواهر"]),
        ("دو تا بچه دارم", ["تعداد بچه"]),
        ("کلیدم تو کشوی میزه", ["جای کلید"]),
        ("پیاز دوست ندارم", ["دوست نداشتن"]),  # not «علاقه»
        ("دیگه تو بانک کار نمی‌کنم", ["کار نکردن"]),
        ("از سوسک بدم نمیاد", ["بد نیامدن"]),
        ("خواهرم ماشین نداره", ["نداشتن خواهر"]),
        ("رنگ مورد علاقم سبزه", ["رنگ مورد علاقه"]),
    ],
)
def test_names_for_a_list(text: str, names: list[str]) -> None:
    assert [label(fact) for fact in stated(text)] == names
