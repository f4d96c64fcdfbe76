"""Moments as people read them: the Jalali calendar and Persian digits in Persian, ISO dates in English.

For the screen only: files keep unix seconds and ISO dates.
"""

from __future__ import annotations

import time
from datetime import datetime

from persian_assistant.wording import language


def when(moment: float) -> str:
    """A moment (unix seconds) in local time, to the minute: «۱۴۰۵/۰۸/۳۰ ۱۶:۱۲», "2026-11-21 16:12"."""
    return _written(moment, "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M")


def date(moment: float) -> str:
    """The local day of a moment (unix seconds): «۱۴۰۵/۰۸/۳۰», "2026-11-21"."""
    return _written(moment, "%Y/%m/%d", "%Y-%m-%d")


def day(moment: float) -> str:
    """The local day of a moment (unix seconds) in words: «۳۰ آبان ۱۴۰۵», "21 November 2026"."""
    return _written(moment, "%d %B %Y", "%d %B %Y").lstrip("0۰")


def _written(moment: float, jalali: str, gregorian: str) -> str:
    if language() != "fa":
        return time.strftime(gregorian, time.localtime(moment))
    from persiantools.jdatetime import JalaliDateTime

    local = datetime.fromtimestamp(moment)
    return str(JalaliDateTime.to_jalali(local).strftime(jalali, locale="fa"))
