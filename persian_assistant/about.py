"""What the assistant says of itself where a small model would invent it: who it is, what it can do.

A question counts only where it is one of the wordings written down, but for marks, spaces and words such as
«راستی»: «اسمم چیه؟» is one letter from «اسمت چیه؟». Knows nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from persian_assistant.config import read_toml
from persian_assistant.errors import UsageError
from persian_assistant.facts.wordset import wordset
from persian_assistant.text import ZWNJ, normalise, one_line, sanitise

_WORD = re.compile(rf"[\w{ZWNJ}]+")
_MARKS = re.compile("[\u064b-\u0652\u0654\u0670]")
_IN_PASSING = wordset("راستی ببینم بگو حالا خب خوب واقعا دقیقا اصلا پس ببخشید لطفا آخه")


@dataclass(frozen=True)
class About:
    """Answers by question; `key` makes a question comparable."""

    answers: Mapping[str, str]

    @classmethod
    def load(cls, path: Path) -> About:
        """Of a TOML file with tables `answers`: `asked`, a list of wordings, and `say`. Raises UsageError."""
        found: dict[str, str] = {}
        tables = read_toml(path).get("answers", [])
        for table in tables if isinstance(tables, list) else [tables]:
            asked, say = (table.get("asked"), table.get("say")) if isinstance(table, dict) else (None, None)
            if not isinstance(say, str) or not isinstance(asked, list) or not all(map(_is_text, asked)):
                raise UsageError("cli.bad_persona", path=path, field="answers")
            found |= dict.fromkeys(map(key, asked), one_line(sanitise(normalise(say))))
        return cls(found)

    def answer(self, question: str) -> str:
        """What it says to `question`; "" where it is not about itself."""
        return self.answers.get(key(question), "")


def key(question: str) -> str:
    """`question` without marks, spaces and what is said in passing."""
    words = _WORD.findall(_MARKS.sub("", normalise(question).lower()))
    kept = [word for word in words if word not in _IN_PASSING] or words
    return "".join(kept).replace(ZWNJ, "")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


NOTHING = About({})
"""Of a persona that says nothing of itself."""
