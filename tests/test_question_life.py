"""Which questions are plainly about the user's own life, so that «نگفته‌ای» is true of them."""

from __future__ import annotations

import pytest

from persian_assistant.facts.question import understand
from persian_assistant.facts.question_life import asks_of_life


def asks(question: str) -> bool:
    return asks_of_life(question, understand(question))


@pytest.mark.parametrize(
    "question",
    [
        "اسم مادربزرگم چیه؟",
        "عمویم چند سال دارد؟",
        "کجا به دنیا آمده‌ام؟",
        "من چند تا خواهر دارم؟",
        "تولد پسرم چه روزیه؟",
        "یادته کجا زندگی می‌کنم؟",
        "شماره‌ی پلاک خانه‌مان چند است?",
        "قد من چقدر است؟",
        "گروه خونی من چیست؟",
    ],
)
def test_questions_about_ones_life(question: str) -> None:
    assert asks(question)


@pytest.mark.parametrize(
    "question",
    [
        "پایتخت لیتوانی کجاست؟",
        "کجا برم سفر؟",
        "ماشینم روشن نمی‌شه، چیکار کنم؟",
        "چرا خوابم نمی‌بره؟",
        "اسم تو چیه؟",
        "نظرت درباره‌ی برادرم چیه؟",
        "از من چه یاد گرفته‌ای؟",
        "معنی «دست و دلم به کار نمی‌رود» چیست؟",
        "برای تولد همسرم چه هدیه‌ای مناسب است؟",
        "اسم مادربزرگم گلنار است.",
        "برای تولد دوستم چی بخرم؟",
        "سهراب پسر کیست؟",
        "سلام، حالت خوبه؟ من که خوبم.",
        "دیروز با برادرم رفتیم کوه و کلی خندیدیم و آخرش هم بارون گرفت، تو کجا بودی؟",
    ],
)
def test_advice_the_world_and_the_assistant_are_not(question: str) -> None:
    assert not asks(question)
