"""Signs of acute distress in what a user wrote: two nets over Persian as people type it, outside any model.

Rules (distress_rules.py) know turns of phrase; idioms («مردم از خنده»), other people and stories take a
sign back. Weights of words (data/guard/distress_weights.json) catch wordings that no rule has. Recall first:
where a sentence may be meant, it counts. Spelling is folded before either looks: letters that sound alike,
repeated letters, missing and surplus spaces and half spaces; Latin letters have rules of their own. How often
it is right, and on what: data/guard/README.md. It knows words, not people: its silence means nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from persian_assistant.config import data_dir
from persian_assistant.distress_rules import BUT, DENIAL, LATIN, PIECES, RULES
from persian_assistant.text import ZWNJ, normalise, sanitise

_VEILED, _CLEAR = -1.0, -0.25
"""Log odds above which words alone are a sign: data/guard/README.md says what that costs."""
_SURE = 0.5
"""Log odds from which on words alone leave little doubt."""
_MOST = 5000
"""Characters at each end of a text that are weighed."""
_SHORT = 300
"""Characters up to which a text of several sentences is weighed as a whole, too."""
KINDS = ("wish", "plan", "farewell", "self_harm", "joining", "hopeless", "words")

_FOLDED = str.maketrans(
    "آأإؤئةصثضظذطغحٱ",
    "اااویهسسزززتقها",
)
_MARKS = re.compile("[\u064b-\u065f\u0670\u0640]")
_DETACHED = re.compile(r"\b(ن?می) (?=\w)")
_ENDS = re.compile(r"[.!?؟…\n]+")
_CLAUSES = re.compile("[،؛,;]+")
_COMMAS = str.maketrans(",;", "،؛")
_NOT_WORDS = re.compile(r"[^\w\s،؛]|_")


@dataclass(frozen=True)
class Sign:
    """What was found."""

    kind: str
    """One of KINDS."""
    clear: bool
    """Said outright; else it says so only to somebody who is gone («دارم میام پیشت»)."""


@dataclass(frozen=True)
class _Rule:
    kind: str
    clear: bool
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None


def find_distress(text: str) -> Sign | None:
    """The clearest sign of acute distress in `text`, or None."""
    text = "\n".join(left for one in _ENDS.split(text) if (left := _not_denied(one)).strip())
    rule = by_rules(text)
    if rule is not None and rule.clear:
        return rule
    words = by_score(text)
    if rule is None or (words is not None and words.clear and rule.kind != "joining"):
        return words
    return rule  # «دارم میام پیشت» is an ordinary thing to tell anybody else


def speaks_of_distress(text: str) -> bool:
    """Whether there is a clear sign of it in `text`."""
    sign = find_distress(text)
    return sign is not None and sign.clear


def surely_distressed(text: str) -> bool:
    """Whether what `speaks_of_distress` finds leaves little doubt; 1% of ordinary turns have a sign."""
    sign = find_distress(text)
    return sign is not None and sign.clear and (sign.kind != "words" or _score(text) > _SURE)


def _not_denied(sentence: str) -> str:
    """It without the clauses that say that it is not so («نمی‌خوام بمیرم»), where it has no «ولی»."""
    denial, but = _denial()
    if not fits(denial, but, plain(sentence)):
        return sentence
    clauses = _CLAUSES.split(sentence)
    return "،".join(one for one in clauses if not fits(denial, None, plain(one))) if len(clauses) > 1 else ""


@cache
def _denial() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return _compiled(DENIAL), _compiled(BUT)


def by_score(text: str) -> Sign | None:
    """A sign where the words of a sentence, or of a short text, weigh enough; one word says nothing."""
    most = _score(text)
    return Sign("words", most > _CLEAR) if most > _VEILED else None


def _score(text: str) -> float:
    """Log odds by words alone, of the weightiest part of a text."""
    if len(text) > 2 * _MOST:
        text = f"{text[:_MOST]}\n{text[-_MOST:]}"
    sentences = [sentence for sentence in _ENDS.split(text) if len(sentence.split()) > 1]
    if len(sentences) > 1 and len(text) <= _SHORT:
        sentences.append(text)
    return max(map(_weights(), sentences), default=_VEILED)


def features(text: str) -> set[str]:
    """What the weights speak of: words («=مرگ»), pairs of words, and pieces of 3 to 5 letters."""
    words = [word for word in plain(text)[0].split() if word not in ("،", "؛")]
    line = f" {' '.join(words)} "
    found = {line[at : at + size] for size in (3, 4, 5) for at in range(len(line) - size + 1)}
    return found | {f"={word}" for word in words} | {f"{a}_{b}" for a, b in pairwise(words)}


def scorer(weights: dict[str, float]) -> Callable[[str], float]:
    """The log odds of distress by `weights` (feature → weight, "" the bias)."""

    def score(text: str) -> float:
        known = [weights[name] for name in features(text) if name in weights]
        return sum(known) / max(1, len(known)) ** 0.5 + weights[""]

    return score


@cache
def _weights() -> Callable[[str], float]:
    path = data_dir() / "guard" / "distress_weights.json"
    return scorer(json.loads(path.read_text(encoding="utf-8")))


def by_rules(text: str) -> Sign | None:
    """The clearest sign that a rule of distress_rules.py finds."""
    veiled = None
    for sentence in _ENDS.split(text):
        spellings = plain(sentence)
        for rule in _rules(bool(re.search("[a-z]{3}", spellings[0]))):
            if not fits(rule.pattern, rule.unless, spellings):
                continue
            if rule.clear:
                return Sign(rule.kind, True)
            veiled = veiled or Sign(rule.kind, False)
    return veiled


def fits(pattern: re.Pattern[str], unless: re.Pattern[str] | None, spellings: list[str]) -> bool:
    """Whether a sentence has `pattern` and not `unless`, in any of its spellings."""
    if not any(pattern.search(one) for one in spellings):
        return False
    return unless is None or not any(unless.search(one) for one in spellings)


def fold(text: str) -> str:
    """`text` with one letter for each sound, no marks, and no letter twice in a row."""
    return re.sub(r"([^\W\d])\1+", r"\1", _same_sounds(_MARKS.sub("", text)))


def plain(sentence: str) -> list[str]:
    """`sentence` folded, lower case, of punctuation only commas; half spaces as nothing, and as spaces."""
    text = normalise(sanitise(sentence)).lower().translate(_COMMAS)
    found = []
    for half_space in ("", " "):
        words = _NOT_WORDS.sub(" ", fold(text.replace(ZWNJ, half_space)))
        found.append(_DETACHED.sub(r"\1", " ".join(words.split())))
    return list(dict.fromkeys(found))


def same_letters(pattern: str) -> str:
    """A pattern in ordinary spelling as one for folded text."""
    return re.sub("([\u0621-\u06cc])\\1+", r"\1", _same_sounds(pattern))


def _same_sounds(text: str) -> str:
    return re.sub(r"ع(?!\w)", "ه", text.translate(_FOLDED)).replace("ع", "ا")


@cache
def _rules(latin: bool) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(kind, clear, _compiled(pattern), _compiled(unless) if unless else None)
        for kind, clear, pattern, unless in (*RULES, *(LATIN if latin else ()))
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    for name, piece in PIECES.items():
        pattern = pattern.replace(f"<{name}>", piece)
    return re.compile(same_letters(pattern))
