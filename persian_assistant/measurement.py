"""What the gate looks at, measured on a model in memory: language, answers, and what it was told.

Knows nothing of versions on disk or of who is measured.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from persian_assistant import metrics
from persian_assistant.engine import context_length
from persian_assistant.facts import telling
from persian_assistant.gate import Figures
from persian_assistant.records import Example, Fact, Message, View
from persian_assistant.template import ChatTemplate
from persian_assistant.text import holds_answer

HELDOUT_TOKENS = 4000
"""Held-out text read for the perplexity: enough to see 2%, little enough for two cores."""
HELDOUT_ROW = 256
FREE_PROMPTS, FREE_TOKENS = 16, 48
INSTRUCTION_ROWS, INSTRUCTION_TOKENS = 24, 160
PROBE_TOKENS = 32
MOST_NEW_PROBES, MOST_EARLIER_PROBES = 48, 48
"""Questions asked about the new and about the earlier facts: what the time of a pass allows."""


@dataclass(frozen=True)
class Probes:
    """Questions about facts, the same for every model measured in one pass."""

    new: tuple[View, ...] = ()
    earlier: tuple[View, ...] = ()


def choose_probes(new: Sequence[Fact], earlier: Sequence[Fact], random_seed: int) -> Probes:
    """A sample of wordings that are never trained."""
    chance = random.Random(random_seed)

    def sample(facts: Sequence[Fact], most: int) -> tuple[View, ...]:
        drawn = chance.sample(list(facts), min(len(facts), most))
        views = [view for fact in drawn for view in telling.probes(fact)]
        return tuple(chance.sample(views, min(len(views), most)))

    return Probes(sample(new, MOST_NEW_PROBES), sample(earlier, MOST_EARLIER_PROBES))


class Measurement:
    """Held-out material, encoded once. Every method returns early with NaN when `stop()` asks for it."""

    def __init__(
        self,
        template: ChatTemplate,
        heldout_texts: Sequence[str],
        heldout_examples: Sequence[Sequence[Message]],
        persona: str,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.template, self.texts, self.persona, self.stop = template, heldout_texts, persona, stop
        self.questions = [
            next(message for message in row if message.role == "user")
            for row in heldout_examples[:FREE_PROMPTS]
        ]
        self.instructions = [self._instruction(row) for row in heldout_examples[:INSTRUCTION_ROWS]]

    def language(self, model: Any) -> Figures:
        """Everything that does not hang on facts."""
        perplexity = metrics.perplexity(
            model,
            self.template,
            self.texts,
            max_tokens=HELDOUT_TOKENS,
            max_length=HELDOUT_ROW,
            stop=self.stop,
        )
        loss = metrics.weighted_loss(model, self.instructions, stop=self.stop)
        answers = self._answers(model, [question.content for question in self.questions], FREE_TOKENS)
        stops = [answer.ended for answer in answers]
        repeats = [metrics.rep_n(answer.text) for answer in answers]
        return Figures(perplexity, loss, _mean(stops), _mean(repeats))

    def recall(self, model: Any, figures: Figures, probes: Probes) -> Figures:
        """`figures` with the recall of the facts probed."""
        new, earlier = (self._recalled(model, views) for views in (probes.new, probes.earlier))
        return replace(
            figures, new_recall=_mean(new), earlier_recall=_mean(earlier), recall=_mean([*new, *earlier])
        )

    def _recalled(self, model: Any, views: Sequence[View]) -> list[bool]:
        questions = [view.messages[-2].content for view in views]
        answers = self._answers(model, questions, PROBE_TOKENS)
        return [holds_answer(answer.text, view.answers) for answer, view in zip(answers, views, strict=False)]

    def _answers(self, model: Any, questions: Sequence[str], tokens: int) -> list[metrics.Answer]:
        longest = context_length(model, self.template.tokenizer)
        system = [Message("system", self.persona)] if self.persona else []
        prompts = [
            self.template.prompt_ids([*system, Message("user", question)], tokens, longest)
            for question in questions
        ]
        return metrics.greedy_answers(model, self.template, prompts, max_new_tokens=tokens, stop=self.stop)

    def _instruction(self, row: Sequence[Message]) -> Example:
        messages = [Message("system", self.persona), *row] if self.persona else list(row)
        weights = [float(message.role == "assistant") for message in messages]
        return self.template.encode_example(messages, weights, INSTRUCTION_TOKENS)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan
