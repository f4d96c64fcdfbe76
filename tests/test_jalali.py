"""Dates on the screen: the Jalali calendar in Persian, ISO in English, the same moment in both."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from persian_assistant import transcript, wording
from persian_assistant.calendar_fa import date, day, when
from persian_assistant.commands.selftrain import _status_rows
from persian_assistant.errors import UsageError
from persian_assistant.figures import listed
from persian_assistant.records import Exchange
from persian_assistant.selftraining.status import Status

DAYS = [
    ("1978-02-05", "۱۳۵۶/۱۱/۱۶", "۱۶ بهمن ۱۳۵۶"),
    ("1979-02-11", "۱۳۵۷/۱۱/۲۲", "۲۲ بهمن ۱۳۵۷"),
    ("2021-03-20", "۱۳۹۹/۱۲/۳۰", "۳۰ اسفند ۱۳۹۹"),  # the last day of a leap year
    ("2021-03-21", "۱۴۰۰/۰۱/۰۱", "۱ فروردین ۱۴۰۰"),
    ("2024-02-29", "۱۴۰۲/۱۲/۱۰", "۱۰ اسفند ۱۴۰۲"),
    ("2025-03-20", "۱۴۰۳/۱۲/۳۰", "۳۰ اسفند ۱۴۰۳"),
    ("2026-11-21", "۱۴۰۵/۰۸/۳۰", "۳۰ آبان ۱۴۰۵"),
]
"""Days as the calendars printed in Iran have them: (Gregorian, figures, words)."""


@pytest.fixture(params=["Asia/Tehran", "UTC", "America/Los_Angeles"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be set here")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("gregorian", "figures", "words"), DAYS)
def test_days(gregorian: str, figures: str, words: str, zone: str) -> None:
    moment = datetime.fromisoformat(f"{gregorian}T16:05:59").timestamp()
    assert when(moment) == f"{figures} ۱۶:۰۵"
    assert date(moment) == figures
    assert day(moment) == words
    wording.set_language("en")
    assert when(moment) == f"{gregorian} 16:05"
    assert date(moment) == gregorian
    assert day(moment).split()[2] == gregorian[:4] and day(moment).split()[0] == gregorian[8:].lstrip("0")


def test_a_saved_conversation_says_the_day_once_for_each(zone: str) -> None:
    moments = [datetime.fromisoformat(f"2026-11-{day}").timestamp() for day in ("21T23:58", "21T23:59", "22")]
    turns = [Exchange(at, moment, f"پرسش {at}", "پاسخ") for at, moment in enumerate(moments)]
    lines = transcript.markdown(turns, "دستیار", lambda seq: "دستیار").splitlines()
    assert lines[:3] == ["# دستیار", "", "*۳۰ آبان ۱۴۰۵*"]
    days = [(at, line) for at, line in enumerate(lines) if line.startswith("*") and line[1] != "*"]
    assert [line for _, line in days] == ["*۳۰ آبان ۱۴۰۵*", "*۱ آذر ۱۴۰۵*"]
    assert lines[days[1][0] + 2].endswith("پرسش 2")


def test_where_self_training_stands_is_told_in_the_calendar_of_the_language() -> None:
    rows = dict(_status_rows("assistant-mini", Status(cycle=3, updated=1_790_000_000.0), running=False))
    assert rows["updated"] == when(1_790_000_000.0) and rows["updated"].startswith("۱۴۰۵/")


def test_whole_numbers_in_sentences_get_the_digits_of_the_language() -> None:
    error = UsageError("disk.no_such_version", number=12, known=listed([1, 20]))
    skipped = {"number": 3, "reason": error}
    assert str(error) == "نسخهٔ ۱۲ نیست. نسخه‌های موجود: ۱، ۲۰."
    assert not re.search("[0-9]", wording.say("learning.version_skipped", **skipped))
    wording.set_language("en")
    assert str(UsageError("disk.no_such_version", number=1200, known=listed([1, 20]))) == (
        "There is no version 1200. Versions here: 1, 20."
    )


def test_the_day_ends_at_local_midnight(zone: str) -> None:
    midnight = datetime.fromisoformat("2025-03-21T00:00:00").timestamp()
    assert when(midnight) == "۱۴۰۴/۰۱/۰۱ ۰۰:۰۰"
    assert when(midnight - 1) == "۱۴۰۳/۱۲/۳۰ ۲۳:۵۹"
