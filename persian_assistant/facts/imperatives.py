"""Whether something is asked to be done: «من گیاه‌خوارم، یه غذا پیشنهاد بده».

By the form of the verb, wherever it stands. What is taken for a request by mistake («مامانم می‌گه درس بخون»)
is answered in the model's own words, and no harm done. Knows nothing of facts.
"""

from __future__ import annotations

from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import tokens
from persian_assistant.facts.wordset import wordset

_IMPERATIVES = wordset(
    "کن بکن بنویس بگو بخون بخوان بزن بساز بنداز بینداز بذار بگذار بشمار بیار بیاور بفرست بپرس ببین بچین بیا "
    "بگرد برگردون برگردان لطفا لطفاً خواهشا خواهشاً بی‌زحمت"
)
"""Of one person, and words that go with them; verbs.py reads the forms of several."""
_THINGS_GIVEN = wordset(
    "پیشنهاد توضیح یاد یادم نشون نشونم نشان نشانم ادامه جواب جوابم نظر نظرت دلداری دلداریم ایده راهکار "
    "راهنمایی انجام خبر خبرم دستور لیست فهرست مشاوره مثال برنامه بهم"
)
"""With one of these «بده» is «give», else it may be «is bad»: «حالم بده»."""


def asks_to_do(text: str) -> bool:
    """Whether `text` asks the assistant to do something."""
    words = tokens(text)
    return (
        not _IMPERATIVES.isdisjoint(words)
        or ("بده" in words and not _THINGS_GIVEN.isdisjoint(words[: words.index("بده")]))
        or any(
            form.tense == "subjunctive" and form.person in (2, 5)
            for one in words
            for form in readings(one)[:1]
        )
    )
