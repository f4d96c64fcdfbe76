"""What people wrote in answer to something like what was said: how a small model makes small talk.

A model of a few million parameters answers «مامانم مریضه» with words that belong to nothing. Where a seed
conversation of the persona opens with nearly the same, its reply is said instead (response selection, as in
Jafarpour and Burges 2010, "Filter, rank, and transfer the knowledge"); which of several, the model chooses.
Knows nothing of models, memory or sessions.
"""

from __future__ import annotations

import logging
import math
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from persian_assistant.errors import AssistantError
from persian_assistant.facts.meaning import word_vectors
from persian_assistant.facts.question_near import asks
from persian_assistant.facts.stems import content
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import split_owner
from persian_assistant.records import Message
from persian_assistant.seed_examples import read_seed_examples
from persian_assistant.text import ZWNJ, normalise

logger = logging.getLogger(__name__)
FITS, AS_GOOD = 0.67, 0.06
"""How near (0..1) an opening must be to what was said, and how much less near than the nearest it may be."""
LETTERS, MEANT, MEANING = 0.4, 0.3, 0.5
"""What the letters weigh, and each side's words as the other meets them; in the search, where they point."""
ECHO = 0.25
"""Taken off for each word that a reply takes up from its opening and that was not said now."""
EXACTLY = 0.85
"""How near the letters must be where the words say nothing by themselves («چه خبر؟»)."""
LOOKED_AT = 40
LENGTHS = (2, 3, 4)
"""Letters of a piece."""
_NOT_A_LETTER = re.compile(r"[^\w ]+")


class Written(NamedTuple):
    """An opening with its stems, and the reply to it."""

    said: str
    reply: str
    stems: tuple[str, ...]

    @property
    def taken_up(self) -> frozenset[str]:
        """Stems of the opening that the reply holds."""
        return frozenset(content(self.reply, quick=True)) & set(self.stems)


class WrittenReplies:
    """The openings of the conversations in some files. Threads may share one.

    Read and indexed when first asked, five thousand in a second and a half; `start` does it beside.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._lock = threading.Lock()

    def start(self) -> None:
        """Read and index in a thread of its own."""
        threading.Thread(target=self._ready, name="written replies", daemon=True).start()

    def fitting(self, said: str, avoid: Collection[str] = ()) -> tuple[str, ...]:
        """Replies to openings that are all but `said`, nearest first, none of `avoid`; () for none."""
        index = self._ready()
        if index is None or not said.strip():
            return ()
        near = _near(index, said, avoid)
        best = max((score for score, _ in near), default=0.0)
        kept = [(score, reply) for score, reply in near if score >= max(FITS, best - AS_GOOD)]
        return tuple(dict.fromkeys(reply for _, reply in sorted(kept, key=lambda one: -one[0])))

    def _ready(self) -> _Index | None:
        with self._lock:
            return self._index

    @cached_property
    def _index(self) -> _Index | None:
        """None without conversations: a persona's file that cannot be read is reported where it trains."""
        try:
            rows = read_seed_examples(self._paths)
        except AssistantError as error:
            logger.warning("written replies: %s", error.key)
            rows = []
        pairs = dict.fromkeys(pair for row in rows if (pair := _opening(row)) is not None)
        written = [Written(said, reply, tuple(content(said, quick=True))) for said, reply in pairs]
        return _Index(written) if written else None


class _Index:
    """Openings by the pieces of their letters, as vectors of length one weighted by rarity (TF-IDF)."""

    def __init__(self, written: Sequence[Written]) -> None:
        import numpy as np

        self.written = written
        self.directions = np.stack([word_vectors().direction(one.stems) for one in written])
        pieces = [_pieces(one.said) for one in written]
        spread = Counter(piece for one in pieces for piece in one)
        self._rarity = {piece: math.log(1 + len(written) / count) for piece, count in spread.items()}
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, one in enumerate(pieces):
            for piece, weight in self._weighed(one).items():
                postings[piece].append((at, weight))
        self._postings: dict[str, tuple[Any, Any]] = {
            piece: (np.array([at for at, _ in found]), np.array([weight for _, weight in found], np.float32))
            for piece, found in postings.items()
        }

    def letters(self, said: str) -> Any:
        """Float32 [openings]: the cosine of each with `said`."""
        import numpy as np

        found = np.zeros(len(self.written), np.float32)
        for piece, weight in self._weighed(_pieces(said)).items():
            if piece in self._postings:
                places, weights = self._postings[piece]
                found[places] += weight * weights
        return found

    def _weighed(self, pieces: Counter[str]) -> dict[str, float]:
        rarest = math.log(1 + len(self.written))
        weights = {
            one: (1 + math.log(count)) * self._rarity.get(one, rarest) for one, count in pieces.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {one: weight / length for one, weight in weights.items()}


def _near(index: _Index, said: str, avoid: Collection[str]) -> list[tuple[float, str]]:
    """(how near its opening is, reply) of the nearest of the same kind."""
    import numpy as np

    vectors, stems = word_vectors(), tuple(content(said, quick=True))
    letters, kind, found = index.letters(said), _kind(said), []
    nearest = np.argsort(-(letters + MEANING * (index.directions @ vectors.direction(stems))))[:LOOKED_AT]
    for at in map(int, nearest):
        one = index.written[at]
        if one.reply in avoid or _kind(one.said) != kind:
            continue
        if not stems or not one.stems:
            exactly = stems == one.stems and letters[at] >= EXACTLY
            found.append((float(letters[at]) if exactly else 0.0, one.reply))
            continue
        echoes = len(one.taken_up - set(stems))
        met = vectors.covered(stems, one.stems) + vectors.covered(one.stems, stems)
        found.append((LETTERS * float(letters[at]) + MEANT * met - ECHO * echoes, one.reply))
    return found


def _opening(conversation: Sequence[Message]) -> tuple[str, str] | None:
    turns = [turn for turn in conversation if turn.role != "system"]
    return (turns[0].content, turns[1].content) if len(turns) > 1 else None


@lru_cache(maxsize=4096)
def _kind(text: str) -> tuple[bool, bool, int]:
    """Whether it asks, whether it speaks of the one it is said to, how many of its verbs are negated.

    «خوابم میاد» is not «خوابم نمیاد», and «خواهرت کجاست؟» not «خواهرم کجاست؟».
    """
    words = [_NOT_A_LETTER.sub("", one) for one in normalise(text).split()]
    forms = [form for one in words for form in readings(one)[:1]]
    owners = [owner for _, owner, sure in map(split_owner, words) if sure]
    addressed = any(person in (2, 5) for person in (*owners, *(form.person for form in forms)))
    return asks(text), addressed, sum(form.negative for form in forms)


def _pieces(text: str) -> Counter[str]:
    letters = f" {' '.join(_NOT_A_LETTER.sub('', normalise(text).replace(ZWNJ, '')).split())} "
    return Counter(letters[at : at + length] for length in LENGTHS for at in range(len(letters) - length + 1))
