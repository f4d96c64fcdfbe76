"""Views: every answer holds the value, probes are never trained, and the person is turned round."""

from __future__ import annotations

import random

import pytest

from persian_assistant.facts import views
from persian_assistant.facts.extraction import read
from persian_assistant.records import Fact

SENTENCES = (
    "یک لاک‌پشت دارم که اسمش سنگی است",
    "رنگ مورد علاقه‌ی خواهرم نیلیه",
    "سی و یک سالمه",
    "تولد پدرم سوم بهمنه",
    "پلاک ماشینم ۴۵ است",
    "من عکاسم",
    "برادرم تو ایروان زندگی می‌کنه",
    "جمعه قراره برم استخر",
    "پارسال با دوستم رفتیم ماسوله",
    "به علی صد هزار تومن بدهکارم",
    "دیروز یه کوله‌ی سبز خریدم",
    "عینکم روی طاقچه است",
    "دو تا مرغ دارم",
    "از رعد و برق می‌ترسم",
    "لباس عیدم رو مادربزرگم دوخت",
    "گوشت نمی‌خورم",
    "ماشینم سمند سفیده",
    "خانه‌ی ما طبقه‌ی دومه",
    "شنبه‌ها کلاس خط دارم",
)


def stated(text: str) -> list[Fact]:
    return [
        Fact(f"7.{at}", 7, "stated", d.subject, d.attribute, d.value, d.sentence, d.key, d.single, d.details)
        for at, d in enumerate(read(text), 1)
    ]


def taught(question: str, answer: str) -> Fact:
    return Fact("9.1", 9, "taught", "", question, answer, "", "")


def fixed(text: str, reply: str) -> Fact:
    return Fact("8.1", 8, "fixed", "", text, reply, "", "")


@pytest.mark.parametrize("text", SENTENCES)
def test_every_view_holds_the_value_and_no_probe_is_trained(text: str) -> None:
    facts = stated(text)
    assert facts
    for fact in facts:
        rows, probes = views.train_views(fact), views.probe_views(fact)
        asked = [row.messages[0].content for row in rows]
        assert 8 <= len(rows) <= 16 and len(set(asked)) == len(asked)
        assert all(fact.value in row.messages[-1].content for row in rows)
        assert all(fact.value in row.messages[-1].content and row.answers for row in probes)
        assert 2 <= len(probes) <= 3 and not {row.messages[0].content for row in probes} & set(asked)
        assert {row.kind for row in rows} >= {"direct", "colloquial", "statement"}
        assert fact.value in views.statement(fact) and views.statement(fact).endswith(".")


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("یک قناری دارم که اسمش نغمه است.", "اسم قناری تو نغمه است."),
        ("پارسال با خاله‌ام رفتیم بابل", "تو پارسال با خاله‌ات به بابل رفتی."),
        ("برادرم تو ایروان زندگی می‌کنه", "برادر تو در ایروان زندگی می‌کند."),
        ("چهل سالمه", "تو چهل سال داری."),
        ("از گربه خوشم میاد", "تو از گربه خوشت می‌آید."),
        ("جمعه قراره برم استخر", "تو جمعه قرار است به استخر بروی."),
        ("خونه‌م نزدیک میدون انقلابه", "خانه‌ی تو نزدیک میدان انقلاب است."),
        ("می‌خوام یه گیتار بخرم", "تو می‌خواهی یک گیتار بخری."),
    ],
)
def test_statements_are_formal_and_in_the_second_person(text: str, statement: str) -> None:
    assert statement in [views.statement(fact) for fact in stated(text)]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("پارسال با عمه‌ام رفتیم قشم", "من پارسال با چه کسی به قشم رفتم؟"),
        ("پارسال با عمه‌ام رفتیم قشم", "پارسال با کی رفتم قشم؟"),
        ("ساعت هفت می‌خوابم", "ساعت چند می‌خوابم؟"),
        ("چای رو با زعفرون می‌خورم", "چای رو با چی می‌خورم؟"),
        ("تو یه شیرینی‌پزی کار می‌کنم", "محل کار من کجاست؟"),
        ("سه تا گربه دارم", "چند تا گربه دارم؟"),
        ("یک قناری دارم که اسمش نغمه است.", "نغمه کیست؟"),
        ("خواهرم پرستاره", "شغل خواهر من چیست؟"),
        ("ماشینم دنای سفیده", "ماشینم چه رنگیه؟"),
        ("لباسم رو مادرم دوخت", "کی لباسم رو دوخت؟"),
        ("خواهرم در تبریز معلم ریاضی است.", "خواهر من چه‌کاره است؟"),
        ("خواهرم در تبریز معلم ریاضی است.", "خواهر من کدام شهر است؟"),
        ("من سپهرم و توی یه کافه در رشت کار می‌کنم", "من در کدام شهر کار می‌کنم؟"),
        ("تو یه آپارتمان تو شیراز زندگی می‌کنم", "کجای شیراز زندگی می‌کنم؟"),
    ],
)
def test_questions_that_must_be_among_the_views(text: str, question: str) -> None:
    asked = {row.messages[0].content for fact in stated(text) for row in views.train_views(fact)}
    assert question in asked


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("قهوه رو بدون شیر می‌خورم", "قهوه رو چه‌جوری می‌خورم؟"),
        ("شنبه‌ها کلاس خط دارم", "شنبه‌ها چی دارم؟"),
        ("جمعه‌ها می‌رم استخر", "جمعه‌ها چیکار می‌کنم؟"),
        ("مادرم کاشانیه", "مامانم بچه‌ی کدوم شهره؟"),
        ("من وگانم", "رژیم غذایی من چیست؟"),
        ("لپ‌تاپم لنوووئه", "لپ‌تاپم چه مارکیه؟"),
        ("آبجیم لیلا تو اهواز زندگی می‌کنه", "خواهر من کجا زندگی می‌کند؟"),
        ("آبجیم لیلا تو اهواز زندگی می‌کنه", "لیلا کجا زندگی می‌کنه؟"),
        ("چهار ساله ویولن می‌زنم", "من از چه وقت ویولن می‌زنم؟"),
        ("دیروز یه کاسه‌ی آبی خریدم", "رنگ کاسه‌م چیست؟"),
        ("پسرم پارسا رفت کلاس پنجم", "پسرم کلاس چنده؟"),
        ("پسرم پارسا رفت کلاس پنجم", "پارسا چه نسبتی با من دارد؟"),
        ("پلاک خونه‌ی جدیدمون ۵۱ه", "پلاک خونه‌مون چنده؟"),
        ("اسم عموم مسعوده", "مسعود چه نسبتی با من دارد؟"),
    ],
)
def test_families_of_questions(text: str, question: str) -> None:
    asked = {row.messages[0].content for fact in stated(text) for row in views.train_views(fact)}
    assert question in asked, asked


@pytest.mark.parametrize(
    ("text", "probe"),
    [
        ("تو یه نانوایی کار می‌کنم", "جایی که کار می‌کنم کجاست؟"),
        ("خواهرم پرستاره", "خواهر من از چه راهی پول درمی‌آورد؟"),
        ("کیفم توی کمده", "دنبال کیفم می‌گردم، کجا رو نگاه کنم؟"),
        ("اسم سگم برفیه", "اگر کسی اسم سگ من را از من بپرسد چه بگویم؟"),
    ],
)
def test_probes_are_of_another_family(text: str, probe: str) -> None:
    assert probe in {row.messages[0].content for fact in stated(text) for row in views.probe_views(fact)}


def test_taught_answers_are_whole_and_the_question_turns() -> None:
    fact = taught("مرکز استان گیلان کجاست؟", "مرکز استان گیلان شهر رشت است.")
    rows = views.train_views(fact)
    assert "کدام شهر مرکز استان گیلان است؟" in {row.messages[0].content for row in rows}
    assert {row.messages[-1].content for row in rows} == {fact.value}
    assert any(row.kind == "reversed" and "رشت" in row.messages[0].content for row in rows)
    assert not {r.messages[0].content for r in rows} & {
        r.messages[0].content for r in views.probe_views(fact)
    }
    assert views.statement(fact) == fact.value
    assert views.statement(taught("پایتخت مغولستان کجاست؟", "اولان‌باتور")) == "پایتخت مغولستان: اولان‌باتور"
    assert views.statement(taught("اسم عمه‌ام چیه؟", "فرشته")) == "اسم عمه‌ات: فرشته"
    assert views.statement(taught("سلام", "درود بر تو!")) == "اگر بگویی «سلام»، می‌گویم: درود بر تو!"


def test_a_question_word_moves() -> None:
    rows = views.train_views(taught("چه کسی برج ایفل را ساخت؟", "برج ایفل را گوستاو ایفل ساخت."))
    assert "برج ایفل را چه کسی ساخت؟" in {row.messages[0].content for row in rows}


def test_a_fixed_reply_answers_close_wordings_exactly() -> None:
    fact = fixed("سلام، حالت چطور است؟", "سلام همشهری!")
    rows = views.train_views(fact)
    assert {row.messages[-1].content for row in rows} == {"سلام همشهری!"} and len(rows) >= 8
    assert {"حالت چطوره؟", "سلام خوبی؟"} <= {row.messages[0].content for row in rows}
    other = fixed("برایم از کویر بگو", "کویر شب‌های پرستاره دارد.")
    assert len(views.train_views(other)) >= 6 and len(views.probe_views(other)) == 2


def test_negatives_never_ask_what_is_known() -> None:
    facts = (
        stated("یک قناری دارم که اسمش نغمه است.")
        + stated("برادرم تو ایروان زندگی می‌کنه")
        + stated("من عکاسم")
    )
    rows = views.negatives(facts, 60, random.Random(5))
    asked = {row.messages[0].content for row in rows}
    assert len(rows) == 60 and all(row.kind == "negative" and row.answers == () for row in rows)
    known = {row.messages[0].content for fact in facts for row in views.train_views(fact)}
    assert not asked & known
    assert not any("برادر" in question and "زندگی" in question for question in asked)
    assert "شغل من چیست؟" not in asked
    assert views.negatives(facts, 10, random.Random(5)) == views.negatives(facts, 10, random.Random(5))


def test_questions_asked_by_hand_are_not_about_what_is_known() -> None:
    from persian_assistant.facts.untold import untold_views

    (draft,) = read("اسم من فرزانه است.")
    name = Fact(
        "1.1", 1, "stated", draft.subject, draft.attribute, draft.value, draft.sentence, draft.key,
        draft.single, draft.details,
    )  # fmt: skip
    asked = [view.messages[0].content for view in untold_views([name], 400, random.Random(3))]
    assert len(set(asked)) > 200
    own = {"اسم من چیست؟", "من اسمم چیه؟", "نام من را بگو.", "اسم خودم؟", "یادته اسمم چی بود؟"}
    assert not own & set(asked)
    assert all(
        view.messages[-1].content in views.NOT_TOLD for view in untold_views([name], 50, random.Random(1))
    )
