"""Keeps an answer to the line that it begins to say.

A small model that is given the sentence to answer with begins it, and loses its way in the middle where the
words are rare: «گفتی میگرن داری بد، هروقت …» became «گفتی میگرن است میگرن است از هروقت …». Which line it
says stays the model's choice, and where nothing was asked whether it says one; how it goes on does not.
Copying as of Gu et al. 2016 (CopyNet), made certain. Knows nothing of models or memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate

KEPT, BECAUSE = "به خاطر سپردم", "به خاطر تو"
"""How the program says what it has kept, so that no answer may begin so; and another way to go on."""


class Quotable(NamedTuple):
    """Lines that an answer may be one of; `must`: is one of, for they answer what was asked."""

    lines: tuple[str, ...] = ()
    must: bool = False


NOTHING = Quotable()


class Quoting:
    """Follows one answer, a token at a time."""

    def __init__(self, lines: Sequence[Sequence[int]], must: bool = False, never: Sequence[int] = ()) -> None:
        """`lines`: the token ids of each line as an answer, the token that ends the turn included.

        `never`: no answer begins with these tokens.
        """
        self._must = must
        self._never = list(never)
        self._lines = [list(line) for line in lines if line]
        self._said = 0

    def allowed(self) -> list[int] | None:
        """The tokens that may come next; None where any may."""
        if not self._said and not self._must:
            return None
        return list(dict.fromkeys(line[self._said] for line in self._lines if self._said < len(line))) or None

    def forbidden(self) -> int | None:
        """The token that may not come next."""
        return self._never[0] if len(self._never) == 1 else None

    def note(self, token: int) -> None:
        """`token` was said."""
        self._never = self._never[1:] if self._never[:1] == [token] else []
        self._lines = [line for line in self._lines if self._said < len(line) and line[self._said] == token]
        self._said += 1


def following(template: ChatTemplate, quotable: Quotable) -> Quoting:
    """What follows an answer of this template."""
    lines = [answer_ids(template, line) for line in quotable.lines]
    return Quoting(lines, quotable.must, _programs_words(template))


def _programs_words(template: ChatTemplate) -> list[int]:
    """The tokens of KEPT up to where it parts from other beginnings."""
    kept, other = answer_ids(template, KEPT), answer_ids(template, BECAUSE)
    same = next((at for at, pair in enumerate(zip(kept, other, strict=False)) if pair[0] != pair[1]), 0)
    return kept[: same + 1] if same else []


def only(logits: torch.Tensor, quoting: Quoting) -> torch.Tensor:
    """Scores (vocabulary,) with those of what may not come next at −∞; as they are where anything may."""
    allowed, forbidden = quoting.allowed(), quoting.forbidden()
    if allowed is None and forbidden is not None:
        return logits.index_fill(0, torch.tensor([forbidden], device=logits.device), -torch.inf)
    if allowed is None:
        return logits
    kept = torch.full_like(logits, -torch.inf)
    kept[allowed] = logits[allowed]
    return kept


def answer_ids(template: ChatTemplate, line: str) -> list[int]:
    """`line` as an answer is written, with the token that ends it."""
    asked_and_said = [Message("user", "؟"), Message("assistant", line)]
    example = template.encode_example(asked_and_said, [0.0, 1.0])
    return [
        token for token, weight in zip(example.input_ids, example.loss_weights, strict=True) if weight > 0
    ]
