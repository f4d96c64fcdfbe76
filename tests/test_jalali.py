"""Dates on the screen: the Jalali calendar in Persian, ISO in English, the same moment in both."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from persian_assistant import wording
from persian_assistant.calendar_fa import date, day, when

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


def test_the_day_ends_at_local_midnight(zone: str) -> None:
    midnight = datetime.fromisoformat("2025-03-21T00:00:00").timestamp()
    assert when(midnight) == "۱۴۰۴/۰۱/۰۱ ۰۰:۰۰"
    assert when(midnight - 1) == "۱۴۰۳/۱۲/۳۰ ۲۳:۵۹"
