"""What is read as a fact, under which key, and what is not."""

from __future__ import annotations

import pytest

from persian_assistant.facts.extraction import Draft, read
from persian_assistant.text import ZWNJ


def found(text: str, *previous: str) -> dict[str, str]:
    return {draft.key: draft.value for draft in read(text, previous)}


def holds(text: str, value: str) -> bool:
    return any(value.replace(ZWNJ, "") in draft.value.replace(ZWNJ, "") for draft in read(text))


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("اسم طوطی‌ام زمرد است", "اسم|طوطی", "زمرد"),
        ("یه سگ دارم اسمش فندقه", "اسم|سگ", "فندق"),
        ("یک خرگوش دارم که اسمش پنبه است.", "اسم|خرگوش", "پنبه"),
        ("خواهرم که اسمش نسترنه تو قزوین درس می‌خونه", "اسم|خواهر", "نسترن"),
        ("تولد مادرم نهم دیه", "تولد|مادر", "نهم دی"),
        ("بیست و نه سالمه", "سن|کاربر", "بیست و نه سال"),
        ("پسرم هفت سال دارد", "سن|پسر", "هفت سال"),
        ("من نجارم", "شغل|کاربر", "نجار"),
        ("عمه‌ام خیاطه", "شغل|عمه", "خیاط"),
        ("اهل بوشهرم", "اهل|کاربر", "بوشهر"),
        ("سال‌هاست ساکن همدانم", "زندگی کردن|کاربر", "همدان"),
        ("داییم تو سوئد زندگی می‌کنه", "زندگی کردن|دایی", "سوئد"),
        ("توی یه نونوایی کار می‌کنم", "کار کردن|کاربر", "نانوایی"),
        ("رنگ چشم‌های دخترم سبز است", "رنگ|چشم دختر", "سبز"),
        ("نوشیدنی محبوبم شربت آلبالوست", "نوشیدنی مورد علاقه|کاربر", "شربت آلبالو"),
        ("کیفم پشت در است", "جا|کیف", "در"),
        ("سه تا خواهر دارم", "have|کاربر|خواهر", "سه"),
        ("دیگه اصفهان نیستم، اومدم یزد", "زندگی کردن|کاربر", "یزد"),
    ],
)
def test_keys_and_values(text: str, key: str, value: str) -> None:
    assert found(text).get(key) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("هر روز ساعت هفت می‌دوم", "هفت"),
        ("نیمرو رو با گوجه می‌خورم", "گوجه"),
        ("از تاریکی می‌ترسم", "تاریکی"),
        ("به میگو حساسیت دارم", "میگو"),
        ("از موسیقی پاپ متنفرم", "موسیقی پاپ"),
        ("پنجشنبه قراره برم آرایشگاه", "آرایشگاه"),
        ("پارسال با عموم رفتیم قشم", "قشم"),
        ("هفته‌ی پیش یه گلیم دست‌باف خریدم", "گلیم"),
        ("کتاب شعرم رو به لیلا امانت دادم", "لیلا"),
        ("به حمید سی هزار تومن بدهکارم", "سی هزار"),
        ("پریروز انگشترم رو تو استخر گم کردم", "استخر"),
        ("دارم سه‌تار یاد می‌گیرم", "سه‌تار"),
        ("پالتوی مشکیم رو خاله‌م دوخت", "خاله"),
        ("اسم پسرمون رو گذاشتیم رادین", "رادین"),
    ],
)
def test_clauses(text: str, value: str) -> None:
    assert holds(text, value), read(text)


@pytest.mark.parametrize(
    "text",
    [
        "سلام، خوبی؟", "اسم گربه‌ام چیست؟", "یک داستان برایم بنویس", "امروز خیلی خسته شدم",
        "وای چه گرمه", "مرسی که گفتی",
        "به نظرت کدوم بهتره", "کاش بارون بیاد", "حوصله‌م سر رفته", "هوا ابریه", "", "؟؟", "😀", "!!! ...",
    ],
)  # fmt: skip
def test_nothing_lasting(text: str) -> None:
    assert read(text) == []


def test_two_facts_in_one_sentence() -> None:
    facts = found("اسمم نازنینه و تو یه داروخونه کار می‌کنم")
    assert facts == {"اسم|کاربر": "نازنین", "کار کردن|کاربر": "داروخانه"}


def test_talk_around_a_fact() -> None:
    assert found("راستی یادم رفت بگم، رنگ مورد علاقه‌م زرشکیه") == {"رنگ مورد علاقه|کاربر": "زرشکی"}
    assert holds("نه، اشتباه گفتم، تولدم دهم تیره", "دهم تیر")


@pytest.mark.parametrize(
    ("first", "later", "value"),
    [
        ("یک قناری دارم که اسمش نغمه است.", "اسم قناری‌ام را عوض کردم، حالا اسمش آواز است.", "آواز"),
        ("ساکن شیرازم", "ماه پیش نقل مکان کردم به یزد", "یزد"),
        ("تو بانک کار می‌کنم", "دیگه تو بانک کار نمی‌کنم، رفتم یه شرکت بیمه", "بیمه"),
        ("ساعت شش بیدار می‌شوم", "از این به بعد ساعت هشت بیدار می‌شم", "هشت"),
        ("چای را با هل می‌خورم", "حالا چای رو با دارچین می‌خورم", "دارچین"),
        ("غذای محبوبم کباب است", "غذای مورد علاقه‌م ماهیه", "ماهی"),
        ("عاشق قهوه‌ام", "دیگه از قهوه خوشم نمیاد", "قهوه"),
        ("کلیدم توی کشوی میزه", "کلیدم رو گذاشتم تو کیفم", "کیف"),
        ("شنبه جلسه دارم", "جلسه‌م افتاد یکشنبه", "یکشنبه"),
        ("معلمم", "شغلمو عوض کردم، الان راننده‌ام", "راننده"),
    ],
)
def test_a_correction_has_the_key_of_what_it_corrects(first: str, later: str, value: str) -> None:
    keys = set(found(first))
    assert any(draft.key in keys and value in draft.value and draft.single for draft in read(later, [first]))


def test_a_pronoun_means_who_was_spoken_of_last() -> None:
    assert found("اسمش آرشه", "یه برادر دارم") == {"اسم|برادر": "آرش"}
    assert found("اسمش زهراست", "مادرم معلمه", "هوا خوبه") == {"اسم|مادر": "زهرا"}
    assert found("اسمش ساراست") == {}


def test_half_spaces_do_not_matter() -> None:
    variants = ("قناری ام اسمش نغمه است", "قناری‌ام اسمش نغمه است", "قناریم اسمش نغمه‌ست")
    assert {tuple(found(text).items()) for text in variants} == {(("اسم|قناری", "نغمه"),)}


def test_journeys_do_not_supersede_each_other() -> None:
    drafts: list[Draft] = read("پارسال رفتم مشهد") + read("پارسال رفتم کیش")
    assert not any(draft.single for draft in drafts) and len({draft.key for draft in drafts}) == 2


def test_the_sentence_is_kept_as_it_was_said() -> None:
    assert read("  من   اهل  رشتم ")[0].sentence == "من اهل رشتم"


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("یادت نره که من به پنیر حساسیت دارم", "حساسیت داشتن|کاربر|پنیر", "پنیر"),
        ("بهت بگم، پسرم معلمه", "شغل|پسر", "معلم"),
        ("می‌دونستی من اهل بابلم؟", "اهل|کاربر", "بابل"),
        ("من سیروسم، تو چی می‌تونی بهم یاد بدی؟", "اسم|کاربر", "سیروس"),
        ("رنگ محبوبم آبیه مخصوصا وقتی آسمون صافه", "رنگ مورد علاقه|کاربر", "آبی"),
        ("آبجیم لیلا شش ساله رفته اهواز زندگی می‌کنه", "زندگی کردن|خواهر", "اهواز"),
        ("هفت ساله پیانو می‌زنم", "زدن|کاربر", "پیانو"),
        ("دو ماهه که تو یه کافه مشغولم", "کار کردن|کاربر", "کافه"),
        ("قصد دارم بهار به یونان بروم", "رفتن|کاربر", "یونان"),
        ("عادت دارم هر صبح دو لیوان آب بخورم", "خوردن|کاربر", "دو لیوان آب"),
        ("هفته‌ی دیگه تولد برادرمه", "تولد|برادر", "هفته‌ی دیگر"),
        ("بابک، پسرخاله‌م، رفت کانادا", "اسم|پسرخاله", "بابک"),
        ("یه همسایه دارم، خانم کاشفی، هر هفته برام آش میاره", "اسم|همسایه", "خانم کاشفی"),
        ("دوستم بهناز وکیله", "شغل|دوست", "وکیل"),
        ("رنگ دلخواهم بنفشه", "رنگ مورد علاقه|کاربر", "بنفش"),
        ("بچه‌ی تربت‌جامم", "بچه|کاربر", "تربت‌جام"),
        ("دوست دارم معمار بشم", "شدن|کاربر", "معمار"),
        ("مادر بزرگم خیاط بود", "شغل|مادربزرگ", "خیاط"),
        ("عموم تو قم کارگاه داره", "have|عمو|کارگاه", "کارگاه"),
    ],
)
def test_facts_inside_everyday_talk(text: str, key: str, value: str) -> None:
    assert found(text).get(key) == value, found(text)


@pytest.mark.parametrize(
    "text",
    [
        "بعداً بهت سر می‌زنم", "اگه فردا تعطیل باشه میریم شمال", "سر شام همیشه دعواست",
        "از خونه اومدم بیرون", "دیروز با حمید رفتیم", "فعلا دوباره میام",
    ],
)  # fmt: skip
def test_what_would_be_half_a_sentence_is_dropped(text: str) -> None:
    assert read(text) == []


def test_we_with_friends_is_told_of_the_user() -> None:
    (draft,) = read("شنبه‌ها با چند نفر از همکارها می‌رویم استخر")
    assert draft.value == "استخر" and '"person": 1' in draft.details["frame"]


def test_relatives_share_a_key_in_every_register() -> None:
    for spoken, written in (("مامانم", "مادرم"), ("داداشم", "برادرم"), ("آبجیم", "خواهرم")):
        assert set(found(f"{spoken} تو ساری زندگی می‌کنه")) == set(found(f"{written} در ساری زندگی می‌کند"))


def test_that_a_named_thing_is_had_goes_without_saying() -> None:
    assert [draft.key for draft in read("یه همستر دارم که اسمش نخودیه")] == ["اسم|همستر"]
    assert "have|کاربر|همستر" in [draft.key for draft in read("یه همستر دارم")]
    counted = [draft.key for draft in read("دو تا همستر دارم به اسم نخودی و لپه")]
    assert "have|کاربر|همستر" in counted
