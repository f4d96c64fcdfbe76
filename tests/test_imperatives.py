"""Requests are told from what is only told."""

from __future__ import annotations

import pytest

from persian_assistant.facts.imperatives import asks_to_do


@pytest.mark.parametrize(
    "text",
    [
        "من گیاه‌خوارم، یه غذا پیشنهاد بده",
        "دخترم پنج سالشه، برام یه قصه تعریف کن",
        "من معلمم. لطفاً یک برنامه‌ی درسی می‌خواهم.",
        "فردا امتحان ریاضی دارم، کمکم کن درس بخونم",
        "برادرم علی دکتره، می‌خوام یه جوک دکتری براش بگی",
        "مامانم مریضه بیا باهام حرف بزنیم",
        "تولد خواهرم جمعه‌ست، یه شعر کوتاه بنویسید",
        "من تو شیرازم، نظرتو راجع به حافظ بهم بده",
    ],
)
def test_who_wants_something_done(text: str) -> None:
    assert asks_to_do(text)


@pytest.mark.parametrize(
    "text",
    [
        "اسم قناری‌ام نغمه است.",
        "حال مادربزرگم بده، بردنش بیمارستان",
        "برادرم قراره هفته‌ی دیگه بیاد تهران",
        "قرض داداشمو پس دادم",
        "دکتر گفته باید نمک کم بخورم",
        "من و نازنین آخر تابستون عقد می‌کنیم",
    ],
)
def test_who_only_tells(text: str) -> None:
    assert not asks_to_do(text)
