"""What of everything told bears on a question: BM25 over the facts that hold and over past turns.

A fact told a moment ago is found at once: indexes are kept in blocks, and only the last, open one is made
anew. BM25 orders; how much of the question is covered decides. Knows nothing of models or prompts.
"""

from __future__ import annotations

import logging
import math
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Generic, TypeVar

from persian_assistant.facts.lexicon import ANIMALS, KIN
from persian_assistant.facts.stems import content, stem
from persian_assistant.facts.store import FactStore
from persian_assistant.facts.telling import USER, said, told, trained
from persian_assistant.records import Fact
from persian_assistant.text import one_line

Key = TypeVar("Key", str, int)

BLOCK = 1024
"""Texts of one block."""
AT_ONCE = 500
"""Past turns indexed within one question at most; `warm` indexes the rest."""
FACT_BAR, NAMED_BAR, TURN_BAR = 0.5, 0.3, 0.6
"""Share of the weight of a question's words that must be held by a fact, by one about somebody whom the
question names, and by a past turn."""
NEAR = 0.6
"""Of several facts those are told whose share is at least this part of the best one's."""
BACKGROUND = 50
"""Texts assumed beside the known ones, so that a word's weight means something from the first fact on."""
LONGEST_TURN = 200
_COMMON_WORDS = "اسم نام سن سال شهر خانه کار شغل شماره تلفن رنگ تاریخ روز ساعت غذا دوست زندگی ماه پول تولد"
_ASKING = ("چه", "چی", "کی", "کجا", "آیا", "چرا", "کدام", "چند", "چطور", "چگونه", "بگو", "لطفا", "می‌شود")


@lru_cache
def _common() -> dict[str, float]:
    """Words that stand in many texts, whatever is known so far: stem → texts."""
    return {one: 6.0 for word in _COMMON_WORDS.split() for one in content(word)}


@lru_cache
def _owners() -> frozenset[str]:
    """Stems of those whom a question may be about instead of the user."""
    return frozenset(stem(word) for word in KIN | ANIMALS) - {stem("دوست"), stem("بچه")}


class Memory:
    """Recalls what was told. Threads may share one."""

    def __init__(self, store: FactStore) -> None:
        self.store = store
        self._lock = threading.RLock()
        self._generation = -1
        self._seen = 0
        self._turns_upto = 0
        self._facts: _Index[str] = _Index()
        self._turns: _Index[int] = _Index()
        self._people: set[str] = set()
        """Stems of those whom facts are about, and of their names."""

    def recall(self, question: str, k: int = 4, before: int | None = None) -> list[str]:
        """At most `k` sentences to the user («اسم قناری تو …») that bear on `question`, best first.

        Facts come first, then what the user said, in turns before seq `before`, that no rule could read.
        Nothing for small talk, unless an answer to it was taught.
        """
        with self._lock:
            self._follow()
            self._index_turns(AT_ONCE)
            asked = content(question, talk=True)
            facts = self._facts_for(asked)
            turns = self._turns_for(asked, before, max((share for share, _ in facts), default=0.0))
            found = [told(fact) for _, fact in facts][: max(0, k - len(turns[:1]))]
            return list(dict.fromkeys(found + turns[: k - len(found)]))

    def warm(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Index all past turns, a block at a time; questions asked meanwhile are answered in between.

        Ends early when `stop()` is true.
        """
        while not stop():
            with self._lock:
                self._follow()
                if not self._index_turns(BLOCK):
                    return

    # --- facts

    def _facts_for(self, asked: list[str]) -> list[tuple[float, Fact]]:
        """The facts that bear on the question, with the share of it that they hold; best first."""
        stated = [one for one in asked if not one.startswith("~")]
        others = self._others(stated)
        ranked: list[tuple[float, float, Fact]] = []
        for fact_id, score in self._facts.best(asked):
            fact = self.store.get(fact_id)
            if fact is None or not self.store.is_live(fact_id):
                continue
            words = stated if fact.kind == "stated" else asked
            share, named = self._facts.share(fact_id, words), self._named(fact, words)
            if others and not (others & self._facts.words(fact_id)):
                continue
            if share >= (NAMED_BAR if named else FACT_BAR) and named is not False:
                ranked.append((share, score, fact))
        ranked.sort(key=lambda one: one[:2], reverse=True)
        return [(share, fact) for share, _, fact in ranked if share >= NEAR * ranked[0][0]]

    def _others(self, asked: list[str]) -> set[str]:
        """Those whom the question is about, where it is not the user."""
        return {one for one in asked if one in _owners() or one in self._people}

    @staticmethod
    def _named(fact: Fact, asked: list[str]) -> bool | None:
        """Whether the question names whom a fact is about, or its value; None where it is the user's own.

        Not everybody's name is asked for with «اسم».
        """
        if fact.kind != "stated" or fact.subject in ("", USER):
            return None
        return bool(set(asked) & {*content(fact.subject), *content(fact.value)})

    def _follow(self) -> None:
        """Index the facts that came to hold since the last look; all anew where the journal was reread."""
        if self._generation != self.store.generation:
            self._generation = self.store.generation
            self._seen = self._turns_upto = 0
            self._facts, self._turns, self._people = _Index(), _Index(), set()
        changed = self.store.touched(self._seen)
        self._seen += len(changed)
        for fact_id in changed:
            fact = self.store.get(fact_id)
            if fact is None or not self.store.is_live(fact_id):
                self._facts.drop(fact_id)
            else:
                self._facts.add(fact_id, list(_fact_words(fact)))
                if fact.kind == "stated" and fact.subject not in ("", USER):
                    named = fact.value if stem("اسم") in content(fact.attribute) else ""
                    self._people.update(content(f"{fact.subject} {named}"))

    # --- past turns

    def _turns_for(self, asked: list[str], before: int | None, known: float) -> list[str]:
        """What the user said that holds more of the question than facts do (`known`); best first.

        Not a turn of which something does not hold any more.
        """
        words = [one for one in asked if not one.startswith("~")]
        if len(words) < 2:
            return []
        others = self._others(words)
        found = []
        for seq, score in self._turns.best(words):
            exchange = self.store.journal.exchange(seq)
            if exchange is None or (before is not None and seq >= before):
                continue
            share = self._turns.share(seq, words)
            if share < TURN_BAR or share <= known or (others and not others & self._turns.words(seq)):
                continue
            if all(self.store.is_live(fact.id) for fact in self.store.from_turn(seq)):
                found.append((share, score, exchange.user))
        found.sort(key=lambda one: one[:2], reverse=True)
        turns = (said(one_line(text)[:LONGEST_TURN]) for _, _, text in found)
        return [one_line(turn) for turn in turns if turn]

    def _index_turns(self, most: int) -> int:
        """Index up to `most` turns not indexed yet; how many were looked at."""
        new = self.store.journal.exchanges(self._turns_upto)[:most]
        for exchange in new:
            self._turns_upto = exchange.seq
            if _states_something(exchange.user) and len(words := content(exchange.user, quick=True)) > 1:
                self._turns.add(exchange.seq, words)
        return len(new)


def _fact_words(fact: Fact) -> Iterator[str]:
    """What a fact is found by: its statement, and the questions it is trained on."""
    talk = fact.kind != "stated"
    texts = [told(fact), fact.attribute, fact.subject if fact.subject != USER else "", fact.value]
    texts += [m.content for view in trained(fact) for m in view.messages if m.role == "user"]
    yield from dict.fromkeys(one for text in texts for one in content(text, talk=talk))


def _states_something(text: str) -> bool:
    words = text.split()
    return not ("؟" in text or "?" in text or text.startswith("/") or not words or words[0] in _ASKING)


class _Index(Generic[Key]):
    """BM25 in blocks: full ones are made once, the open one again after an addition."""

    def __init__(self) -> None:
        self._words: dict[Key, frozenset[str]] = {}
        self._spread: Counter[str] = Counter()
        self._full: list[tuple[Any, list[Key]]] = []
        self._open: list[Key] = []
        self._made: Any = None

    def add(self, key: Key, words: list[str]) -> None:
        """Take in one text, given as its different stems; again under the same key does nothing."""
        if key in self._words or not words:
            return
        self._words[key] = frozenset(words)
        self._spread.update(self._words[key])
        self._open.append(key)
        self._made = None
        if len(self._open) == BLOCK:
            self._full.append((self._bm25(self._open), self._open))
            self._open = []

    def drop(self, key: Key) -> None:
        """Find a text no more; in a full block it stays, and is passed over."""
        if (words := self._words.pop(key, None)) is not None:
            self._spread.subtract(words)
            if key in self._open:
                self._open.remove(key)
                self._made = None

    def words(self, key: Key) -> frozenset[str]:
        """The stems of the text under `key`."""
        return self._words[key]

    def best(self, words: list[str], most: int = 12) -> Iterator[tuple[Key, float]]:
        """The keys of each block that score highest above nothing, with their BM25 scores."""
        known = [word for word in words if self._spread[word] > 0]
        if not known:
            return
        if self._open and self._made is None:
            self._made = self._bm25(self._open)
        blocks = list(self._full)
        if self._open:
            blocks.append((self._made, self._open))
        for bm25, keys in blocks:
            scores = bm25.get_scores(known)
            taken = 0
            for place in (-scores).argsort(kind="stable"):
                if taken == most or scores[place] <= 0:
                    break
                if keys[place] in self._words:
                    taken += 1
                    yield keys[place], float(scores[place])

    def share(self, key: Key, words: list[str]) -> float:
        """The share (0..1) of the weight of `words` that the text under `key` holds; rare ones weigh more."""
        total = sum(map(self._weight, words))
        held = sum(self._weight(word) for word in words if word in self._words[key])
        return held / total if total else 0.0

    def _weight(self, word: str) -> float:
        texts = len(self._words) + BACKGROUND
        return math.log(1 + texts / (self._spread[word] + _common().get(word, 0.0) + 0.5))

    def _bm25(self, keys: list[Key]) -> Any:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it asks for DEBUG itself
        made = bm25s.BM25(method="lucene")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made.index([sorted(self._words[key]) for key in keys], show_progress=False)
        return made
