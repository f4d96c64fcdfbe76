"""Which questions are about the user's own life, so that «نگفته‌ای» is true of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from json_lines import rows_of

from persian_assistant.config import data_dir
from persian_assistant.facts.own_life import about_own_life, numbers
from persian_assistant.facts.question import understand
from persian_assistant.facts.text_net import TextNet
from persian_assistant.text import answer_key

OWN = """
اسم مادربزرگ پدریم چی بود؟ | رمز وای‌فای خونه‌مون چی بود؟ | حقوقم چقدره؟ | با کی رفتم سینما؟
شماره‌ی پلاکم چند است؟ | قرصمو کی باید بخورم؟ | عید دو سال پیش کجا بودیم؟ | رنگ دوچرخه‌م چیه؟
برادرم در کدام شهر سرباز است؟ | بدنم به چی حساسه؟ | خواهرم چند تا بچه دارد؟ | دندونمو کدوم دکتر کشید؟
نوروز قراره کجا بریم؟ | قسط وام ما چقدر بود؟ | سگم چند سالشه؟ | از کِی سیگارو ترک کردم؟
"""
OTHERS = """
کجا برم سفر؟ | ماشینم روشن نمی‌شه، چیکار کنم؟ | چرا خوابم نمی‌بره؟ | تو رو چی صدا کنم؟ | پایتخت لیتوانی کجاست؟
چی بپوشم واسه جشن بازنشستگیش؟ | رفیقم قهره، چیکار کنم؟
واسه تولد خاله‌م چی کادو ببرم؟ | شام چی بپزم؟ | حافظ کیه؟ | امروز چندم آبانه؟ | حالت چطوره؟ | دوستم داری؟
بلدی شعر بگی؟ | تو هم خواب می‌بینی؟ | گربه چند سال عمر می‌کنه؟ | چطور با رئیسم کنار بیام؟
سگم غذا نمی‌خوره چی کار کنم | ملک‌الشعرای بهار کی بود؟ | علی پروین چند سالشه؟ | رضا صادقی چه سازی می‌زند؟
"""


def each(texts: str) -> list[str]:
    return [text.strip() for line in texts.strip().splitlines() for text in line.split("|")]


def own(question: str, **how: bool) -> bool:
    return about_own_life(question, understand(question), **how)


def test_none_of_these_was_trained_on() -> None:
    recall = [row for path in (data_dir() / "recall").glob("*.jsonl") for row in rows_of(path)]
    asked = [question for row in recall for question in (*(one for one, _ in row["asks"]), *row["near"])]
    assert {*map(answer_key, asked)}.isdisjoint(map(answer_key, each(OWN)))
    others = [row["question"] for row in rows_of(data_dir() / "questions" / "general.jsonl")]
    for path in (data_dir() / "seed").glob("*.jsonl"):
        others += [turn["content"] for row in rows_of(path) for turn in row["messages"]]
    assert {*map(answer_key, others)}.isdisjoint(map(answer_key, each(OTHERS)))


@pytest.mark.parametrize("question", each(OWN))
def test_questions_about_ones_life(question: str) -> None:
    assert own(question)


@pytest.mark.parametrize("question", each(OTHERS))
def test_advice_the_world_and_the_assistant(question: str) -> None:
    assert not own(question) and not own(question, surely=True)


def test_for_who_knows_the_world_it_must_be_plain() -> None:
    assert own("اسم مادربزرگم چیه؟", surely=True)
    assert own("رمز وای‌فای خونه چیه؟") and not own("رمز وای‌فای خونه چیه؟", surely=True)


def test_nothing_is_certain_without_the_weights(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    question = "اسم مادربزرگم چیه؟"
    given = numbers(question, understand(question))
    assert TextNet(tmp_path / "none").log_odds(question, given) == float("-inf")
    assert "no weights" in caplog.text
