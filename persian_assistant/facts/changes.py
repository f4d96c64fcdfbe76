"""A turn that says how something is no longer: «پیلاتسو ول کردم، از این هفته می‌رم زومبا».

No rule may have read what it ends; whoever is told of the earlier turn should hear of this one instead. Knows
nothing of what is kept.
"""

from __future__ import annotations

import re

from persian_assistant.text import normalise

_CHANGED = re.compile(
    r"\b(?:دیگه|دیگر)\b(?:(?!\b(?:یه|یک|هم)\b).){0,25}\b(?:نیست\w*|نمی ?\w+|ندار\w+|نه)\b"
    r"|\b(?:ول|عوض|منتقل|لغو|کنسل)\w*(?: ?(?:ش|شو|شون))? ?(?:کرد|شد)|\bکنار گذاشت|\bگذاشت\w* کنار"
    r"|\bبه ?جای (?:آن|اون|این|همون)\b|\bجاش یه|\bجایش|\bدر عوض\b"
    r"|\bاز (?:این|همین) (?:هفته|ماه|ترم|سال|پس|به بعد)\b|\bاز (?:امروز|فردا|الان|حالا) (?:به بعد|دیگ)"
    r"|\bبه پایان رسید\w* و\b|\bنقل ?مکان|\bاسباب ?کشی|\bاستعفا|\bتغییر (?:کرد|داد)|\bمنصرف|\bپشیمون شد"
)


def tells_a_change(text: str) -> bool:
    """Whether `text` says that something which held before holds no more, or holds otherwise."""
    return bool(_CHANGED.search(normalise(text).replace("\u200c", " ")))
