"""Which questions are about the user's own life, so that «نگفته‌ای» is true of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from persian_assistant.config import data_dir
from persian_assistant.facts.own_life import about_own_life, numbers
from persian_assistant.facts.question import understand
from persian_assistant.facts.text_net import TextNet

OWN = """
اسم مادربزرگ پدریم چی بود؟ | رمز وای‌فای خونه‌مون چی بود؟ | حقوقم چقدره؟ | با کی رفتم سینما؟
شماره‌ی پلاکم چند است؟ | قرصمو کی باید بخورم؟ | پارسال عید کجا رفتیم؟ | رنگ دوچرخه‌م چیه؟
برادرم در کدام شهر سرباز است؟ | به چی حساسیت دارم؟ | خواهرم چند تا بچه دارد؟ | دندونمو کدوم دکتر کشید؟
قسط وام ما چقدر بود؟ | سگم چند سالشه؟ | از کِی سیگارو ترک کردم؟
"""
OTHERS = """
کجا برم سفر؟ | ماشینم روشن نمی‌شه، چیکار کنم؟ | چرا خوابم نمی‌بره؟ | اسم تو چیه؟ | پایتخت لیتوانی کجاست؟
برای تولد مامانم چی بخرم؟ | شام چی بپزم؟ | حافظ کیه؟ | امروز چندمه؟ | حالت چطوره؟ | دوستم داری؟
بلدی شعر بگی؟ | چند سالته؟ | گربه چند سال عمر می‌کنه؟ | چطور با رئیسم کنار بیام؟ | سگم غذا نمی‌خوره چی کار کنم
"""


def each(texts: str) -> list[str]:
    return [text.strip() for line in texts.strip().splitlines() for text in line.split("|")]


def own(question: str, **how: bool) -> bool:
    return about_own_life(question, understand(question), **how)


def test_none_of_these_was_trained_on() -> None:
    path = data_dir() / "questions" / "general.jsonl"
    recall = "".join(one.read_text(encoding="utf-8") for one in (data_dir() / "recall").glob("*.jsonl"))
    assert not any(f'"{question}"' in recall for question in each(OWN))
    trained = {json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()}
    assert trained.isdisjoint(each(OTHERS))


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
