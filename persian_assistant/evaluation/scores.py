"""Answers against references, as text: SQuAD's exact match and F1 for Persian, and chrF.

Knows nothing of models.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from sacrebleu.metrics.chrf import CHRF

from persian_assistant.text import ZWNJ, normalise, to_latin_digits

_EZAFE = re.compile(r"(?<=ه) ی\b")
"""«خانه‌ی» is «خانه» with its link to the next word, often left unwritten: no part of an answer."""
_CHRF = CHRF()


def answer_tokens(text: str) -> list[str]:
    """The words of an answer as they are compared.

    SQuAD's steps (Rajpurkar et al. 2016) for Persian: one code point a letter, Latin digits, lower case,
    vowel signs away, punctuation and the half space as spaces; where SQuAD drops English articles, the
    written ezafe after «ه» is dropped.
    """
    text = to_latin_digits(normalise(text)).lower().replace(ZWNJ, " ")
    text = _EZAFE.sub("", text)
    kept = [
        " " if unicodedata.category(char)[0] in "PSZ" else char
        for char in text
        if not unicodedata.combining(char)
    ]
    return "".join(kept).split()


def exact_match(answer: str, references: Sequence[str]) -> float:
    """1.0 where `answer` is one of `references` word for word, else 0.0. No references: silence is right."""
    return max(float(answer_tokens(answer) == answer_tokens(one)) for one in references or ("",))


def f1(answer: str, references: Sequence[str]) -> float:
    """Overlap of words with the best of `references`, 0..1, as SQuAD counts it."""
    return max(_f1(answer_tokens(answer), answer_tokens(one)) for one in references or ("",))


def _f1(said: list[str], right: list[str]) -> float:
    if not said or not right:
        return float(said == right)
    common = (Counter(said) & Counter(right)).total()
    return 2 * common / (len(said) + len(right))


def contains(answer: str, references: Sequence[str]) -> float:
    """1.0 where one of `references` stands in `answer` word for word, else 0.0: right, if wordy."""
    said = f" {' '.join(answer_tokens(answer))} "
    if not references:
        return float(not said.strip())
    return max(float(f" {' '.join(answer_tokens(one))} " in said) for one in references)


def chrf(answer: str, reference: str) -> float:
    """Sentence chrF2, 0..100 (Popović 2015, as sacrebleu counts it)."""
    return float(_CHRF.sentence_score(answer, [reference]).score)


def corpus_chrf(answers: Sequence[str], references: Sequence[str]) -> float:
    """chrF2 over all pairs together, 0..100, the figure that papers give."""
    return float(_CHRF.corpus_score(list(answers), [list(references)]).score)
