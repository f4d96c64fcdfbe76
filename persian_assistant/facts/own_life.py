"""Whether a question is about the user's own life: then what is not remembered was never told.

Told by a small network, trained by benchmarks/life_weights.py on what people asked of what they had told
(data/recall) and on what else is asked of an assistant (data/seed, data/questions). Rather too seldom than
too often: «نگفته‌ای» is no answer to somebody who asks for advice. Knows nothing of what was told.
"""

from __future__ import annotations

import re
from functools import lru_cache

from persian_assistant.config import data_dir
from persian_assistant.facts.meaning import word_vectors
from persian_assistant.facts.passages import read_question
from persian_assistant.facts.question import Asked
from persian_assistant.facts.question_life import asks_of_life, speaks_of_me
from persian_assistant.facts.question_near import is_question
from persian_assistant.facts.stems import content
from persian_assistant.facts.text_net import TextNet

LONGEST = 14
"""Words; longer ones tell something, too."""
OF_ME, OF_OTHERS = 3.0, 4.0
"""Log odds from which on a question that speaks of the user, or of somebody told of, is about their life; and
one that does neither («جشن کجاست؟»)."""


_ADVICE = re.compile(
    r"(?:چی|چه(?: \S+)?) (?:بپوش|بپز|بخور|بخر|بخون|بخوان|ببین|درست کن|بازی کن)(?:م|یم)\b"
    r"|\b(?:چیکار|چی ?کار|چکار|چه کار|چه کاری) (?:کن|بکن)(?:م|یم)\b|\bکجا (?:بر|برو)(?:م|یم)\b"
)
_SETTLED = re.compile("باید|قرار|خوا[مهی]|خواست|آرزو|دلم|دوست دار|اصرار|بود|یادت|می\u200cترک|که چی|درد|به هم")
"""«چی بپوشم؟»: what to do, not what was told; «قراره کجا بریم؟» was told."""


def about_own_life(question: str, asked: Asked, *, named: bool = False, surely: bool = False) -> bool:
    """Of «سن برادرم چقدر است؟» and «قرصمو کی باید بخورم؟», not of «کجا بروم؟» or «پایتخت کجاست؟».

    `named`: somebody of whom the user told is asked about by name; `surely`: only where the user is spoken
    of and rules say so, too.
    """
    if len(question.split()) > LONGEST or not is_question(question, asked):
        return False
    if _ADVICE.search(question) and not _SETTLED.search(question):
        return False
    if surely and not asks_of_life(question, asked, named):
        return False
    bar = OF_ME if speaks_of_me(question, named) else OF_OTHERS
    return life_net().log_odds(question, numbers(question, asked)) >= bar


def numbers(question: str, asked: Asked) -> list[float]:
    """What the network is given besides the text: its marks, and where its words point."""
    direction = word_vectors().direction(tuple(content(question, quick=True)))
    return [*read_question(question, asked, False).marks, *map(float, direction)]


@lru_cache
def life_net() -> TextNet:
    """The one that ships."""
    return TextNet(data_dir() / "words" / "life.safetensors")
