"""The learning pass of a self-training cycle: the chat's own, over human data and a bounded share of samples.

Training, measuring, judging and publishing are `LearningPass`'s; here is what goes in and where it starts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from persian_assistant.config import LearningConfig
from persian_assistant.engine import context_length
from persian_assistant.learning_pass import LearningPass, PassMaterial
from persian_assistant.metrics import text_ids
from persian_assistant.mixture import Ingredients, Mixture, _hash, build_mixture
from persian_assistant.model import LoadedModel
from persian_assistant.records import Example, Lessons, Message
from persian_assistant.selftraining.lineage import Lineage
from persian_assistant.selftraining.samples import Sample
from persian_assistant.template import ChatTemplate
from persian_assistant.trainer import LONGEST_ROW
from persian_assistant.versions import Version, VersionStore

MOST_GENERATED = 0.3
"""Share of the trained tokens that samples may have, over all tokens as over those that carry loss."""
MOST_TOLD, MOST_GENERAL = 0.3, 0.15
"""Shares of a mixture for what the user told, and for general text; seed examples fill the rest."""
SHORTEST_ROW = 8
"""Tokens of room that are not worth looking for a row for."""


@dataclass(frozen=True)
class Material:
    """What a cycle may train on."""

    lessons: Lessons
    """Live facts that the starting version knows, as `earlier_facts`, and exchanges rated good."""
    human: PassMaterial
    samples: Sequence[Sample]


class SelfTrainingPass(LearningPass):
    """One cycle's pass: from `lineage.root`, two epochs or so over `tokens` tokens each."""

    def __init__(
        self,
        loaded: LoadedModel,
        template: ChatTemplate,
        versions: VersionStore,
        material: Material,
        lineage: Lineage,
        cycle: int,
        most_tokens: int | None,
    ) -> None:
        super().__init__(loaded, template, versions, material.human)
        self.given, self.lineage, self.cycle = material, lineage, cycle
        self.most_tokens = most_tokens or self._affordable()
        """Over all epochs."""

    def _start(self, parent: Version | None) -> Version | None:
        return self._sound(self.lineage.root)

    def _mixture(
        self, lessons: Lessons, settings: LearningConfig, seed: int, stop: Callable[[], bool]
    ) -> Mixture:
        longest = min(context_length(self.loaded.model, self.loaded.tokenizer), LONGEST_ROW)
        budget = max(1, self.most_tokens // settings.num_train_epochs)
        given = replace(self.given, lessons=lessons)
        mixture, depth = self_mixture(given, self.template, settings, longest, budget, self.cycle, stop)
        counts = {**mixture.counts, "depth": max(depth, self.lineage.root_depth), "cycle": self.cycle}
        return replace(mixture, counts=counts)


def pass_settings(learning: LearningConfig, epochs: int) -> LearningConfig:
    """The chat's settings for a cycle: it never rebuilds, and its mixture is as large as it is to be."""
    return replace(learning, num_train_epochs=epochs, rebuild_every=10**9, most_tokens=10**12)


def self_mixture(
    given: Material,
    template: ChatTemplate,
    settings: LearningConfig,
    max_length: int,
    budget: int,
    random_seed: int,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Mixture, int]:
    """(rows of about `budget` tokens in all, the depth of the deepest sample among them).

    Drawn at random from all human data and all samples; the samples' share is at most `MOST_GENERATED`.
    """
    chance = random.Random(random_seed)
    persona, kl = given.human.persona, settings.kl_weight
    sources: list[tuple[str, Sequence[Any], float, Callable[[Any], Example]]] = [
        (
            "told",
            _told_rows(given, template, settings, max_length, random_seed, stop),
            MOST_TOLD,
            lambda row: row,
        ),
        (
            "general_texts",
            given.human.general_texts,
            MOST_GENERAL,
            lambda text: _text_row(template, text, max_length, kl),
        ),
        (
            "seed_examples",
            given.human.seed_examples,
            1.0,
            lambda turns: _row(template, persona, turns, "assistant", max_length, kl),
        ),
    ]
    human: list[Example] = []
    counts: dict[str, int] = {}
    room = budget * (1 - MOST_GENERATED)
    for name, items, share, encode in sources:
        taken = _draw(items, min(share * budget, room - _tokens(human)), encode, chance)
        human += taken
        counts[name] = len(taken)
    generated, depth = _generated_rows(given, template, max_length, human, chance)
    counts["generated"] = len(generated)
    counts["generated_tokens"], counts["tokens"] = _tokens(generated), _tokens([*human, *generated])
    counts["generated_labels"], counts["labels"] = _labels(generated), _labels([*human, *generated])
    counts["facts"], counts["exchanges"] = len(given.lessons.earlier_facts), len(given.lessons.exchanges)
    examples = [*human, *generated]
    chance.shuffle(examples)
    return Mixture(examples, counts, _hash(examples)), depth


def _generated_rows(
    given: Material, template: ChatTemplate, max_length: int, human: Sequence[Example], chance: random.Random
) -> tuple[list[Example], int]:
    """Samples as rows whose last turn carries loss, as many as the human rows allow; and their depth."""
    ratio = MOST_GENERATED / (1 - MOST_GENERATED)
    tokens, labels = ratio * _tokens(human), ratio * _labels(human)
    rows: list[Example] = []
    depth = 0
    for sample in chance.sample(list(given.samples), len(given.samples)):
        row = _row(template, given.human.persona, sample.messages, "last", max_length, 0.0)
        if len(row) > tokens or _labels([row]) > labels or not row.trains:
            continue
        rows.append(row)
        tokens, labels = tokens - len(row), labels - _labels([row])
        depth = max(depth, sample.depth)
    return rows, depth


def _told_rows(
    given: Material,
    template: ChatTemplate,
    settings: LearningConfig,
    max_length: int,
    seed: int,
    stop: Callable[[], bool],
) -> list[Example]:
    """Views of what the user told, questions about what was not told, and replies rated good."""
    lessons = replace(
        given.lessons,
        new_facts=given.lessons.earlier_facts,
        earlier_facts=(),
        said=given.lessons.earlier_said,
        earlier_said=(),
    )
    if not lessons.count and not lessons.said:
        return []
    alone = replace(settings, seed_share=0.0, general_share=0.0)
    parts = Ingredients(lessons, [], [], given.human.persona)
    return build_mixture(parts, template, alone, max_length, seed, stop).examples


def _row(
    template: ChatTemplate, persona: str, turns: Sequence[Message], weighted: str, max_length: int, kl: float
) -> Example:
    """`weighted`: "assistant" for all its turns, "last" for the last turn alone."""
    messages = [Message("system", persona), *turns] if persona and turns[0].role != "system" else list(turns)
    last = len(messages) - 1
    weights = [
        float(at == last if weighted == "last" else message.role == "assistant")
        for at, message in enumerate(messages)
    ]
    return replace(template.encode_example(messages, weights, max_length), kl_weight=kl)


def _text_row(template: ChatTemplate, text: str, max_length: int, kl: float) -> Example:
    ids = text_ids(template, text)[:max_length]
    return Example(ids, list(ids), [1.0] * len(ids), kl)


def _draw(
    items: Sequence[Any], tokens: float, encode: Callable[[Any], Example], chance: random.Random
) -> list[Example]:
    """Items at random as rows that hold at most `tokens` tokens."""
    taken: list[Example] = []
    for item in chance.sample(list(items), len(items)):
        if tokens < SHORTEST_ROW:
            break
        row = encode(item)
        if row.trains and len(row) <= tokens:
            taken.append(row)
            tokens -= len(row)
    return taken


def _tokens(rows: Sequence[Example]) -> int:
    return sum(map(len, rows))


def _labels(rows: Sequence[Example]) -> int:
    """Tokens that carry loss."""
    return sum(weight > 0 for row in rows for weight in row.loss_weights[1:])
