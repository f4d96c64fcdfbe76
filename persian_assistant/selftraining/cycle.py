"""One cycle's work on an open profile: ask, filter, keep, train. Knows nothing of intervals or of sleep."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from persian_assistant.engine import context_length
from persian_assistant.errors import Cancelled
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.learning_pass import PassMaterial, PassOutcome
from persian_assistant.metrics import Answer
from persian_assistant.records import Example, Lessons, Message
from persian_assistant.said_turns import some_before
from persian_assistant.selftraining.filters import Bands, Filter, sentences
from persian_assistant.selftraining.generation import Sampling, answer_losses, sampled_answers
from persian_assistant.selftraining.lineage import Lineage
from persian_assistant.selftraining.prompts import Prompt, Prompts, probe_questions
from persian_assistant.selftraining.samples import Sample, SampleStore
from persian_assistant.selftraining.settings import SelfTrainConfig
from persian_assistant.selftraining.training import Material, SelfTrainingPass, pass_settings
from persian_assistant.trainer import LONGEST_ROW

if TYPE_CHECKING:
    from persian_assistant.config import LearningConfig
    from persian_assistant.serving import Serving

BLOCK = 32
"""Prompts answered together; what is kept of a block is on the disk before the next one begins."""
BAND_ROWS, LEAST_BAND_ROWS = 128, 40
"""Human answers that the bands are read from: so many at most, and at least where there are as many."""
MOST_KNOWN = 200_000
"""Texts of people that a filter may know before it is made anew."""
FREE_SAMPLES = 20_000
"""Room between random seeds of two cycles."""

Tick = Callable[[str, float], None]
"""phase, share done 0..1."""
Counted = Callable[[dict[str, int]], None]


@dataclass(frozen=True)
class OpenProfile:
    """What the profile's lock protects, read at the start of a cycle."""

    journal: Journal
    facts: FactStore
    store: SampleStore
    lineage: Lineage
    high_water: int
    """Of the newest version: up to here the chat's learner takes nothing for new."""


class Worker:
    """A loaded model with the human data of its persona. `serving` answers from the base model."""

    def __init__(
        self, serving: Serving, settings: SelfTrainConfig, stop: threading.Event, tick: Tick
    ) -> None:
        self.serving, self.settings, self.stop, self.tick = serving, settings, stop, tick
        self.human: PassMaterial = serving.learning_pass().material
        self._bands: Bands | None = None
        self._known: Filter | None = None
        self._longest = context_length(serving.loaded.model, serving.loaded.tokenizer)

    # --- asking

    def generate(self, profile: OpenProfile, cycle: int, done: dict[str, int], counted: Counted) -> None:
        """Draw what is missing of the cycle's answers, and keep those the filters let through.

        `done` is what an earlier start counted in this cycle; `counted` is told after each block, which is on
        the disk then. Raises Cancelled, with all blocks before kept; ModelError, DiskError.
        """
        self.tick("prepare", 0.0)
        samples = profile.store.read()
        counts = {"generated": 0, "kept": 0, **done}
        missing = self.settings.samples - counts["generated"]
        if missing <= 0:
            return
        filter_ = self._filter(profile, samples)
        prompts = Prompts(
            self.human.seed_examples, self.human.heldout_examples, profile.journal, profile.facts
        )
        used = {Prompt(sample.messages[:-1]).key for sample in samples}
        chosen = prompts.draw(missing, used, random.Random(FREE_SAMPLES * cycle + counts["generated"]))
        for at in range(0, len(chosen), BLOCK):
            self.tick("generate", counts["generated"] / self.settings.samples)
            block = chosen[at : at + BLOCK]
            kept, reasons = self._answered(profile, block, filter_, cycle, counts["generated"])
            profile.store.append(kept)
            counts["generated"] += len(block)
            counts["kept"] += len(kept)
            for reason in reasons:
                counts[reason] = counts.get(reason, 0) + 1
            counted(counts)

    def _answered(
        self, profile: OpenProfile, block: Sequence[Prompt], filter_: Filter, cycle: int, number: int
    ) -> tuple[list[Sample], list[str]]:
        """(samples that may be kept, why each of the others is not)."""
        model, lineage = self.serving.loaded.model, profile.lineage
        sampling = Sampling(self.settings.temperature, self.settings.top_p)
        ids = [
            self.serving.template.prompt_ids(
                self._asked(prompt.messages), sampling.max_new_tokens, self._longest
            )
            for prompt in block
        ]
        with self.serving.lending(lineage.generator):
            answers = sampled_answers(
                model, self.serving.template, ids, sampling, FREE_SAMPLES * cycle + number, self.stop.is_set
            )
        self._check()
        forms = [filter_.form(answer) for answer in answers]
        fine = [at for at, reason in enumerate(forms) if not reason]
        rows = [self._row(block[at].messages, answers[at].text) for at in fine]
        losses = dict(zip(fine, self._losses(rows), strict=True))
        kept: list[Sample] = []
        reasons = [reason for reason in forms if reason]
        for at in fine:
            if reason := filter_.content(answers[at].text, losses[at]):
                reasons.append(reason)
                continue
            kept.append(self._sample(profile, block[at], answers[at], losses[at], cycle))
        return kept, reasons

    def _sample(
        self, profile: OpenProfile, prompt: Prompt, answer: Answer, loss: float, cycle: int
    ) -> Sample:
        generator = profile.lineage.generator
        return Sample(
            cycle=cycle,
            time=time.time(),
            messages=(*prompt.messages, Message("assistant", answer.text)),
            depth=profile.lineage.depth,
            version=generator.number if generator else None,
            high_water=generator.high_water if generator else 0,
            seq=prompt.seq,
            loss=round(loss, 4),
        )

    def _losses(self, rows: Sequence[Example]) -> list[float]:
        """Under the base model. Raises Cancelled."""
        loaded = self.serving.loaded
        found = answer_losses(loaded.model, rows, int(loaded.tokenizer.pad_token_id), self.stop.is_set)
        self._check()
        return found

    def _asked(self, turns: Sequence[Message]) -> list[Message]:
        own = turns[0].role == "system" or not self.human.persona
        return [*turns] if own else [Message("system", self.human.persona), *turns]

    def _row(self, turns: Sequence[Message], answer: str) -> Example:
        messages = [*self._asked(turns), Message("assistant", answer)]
        weights = [0.0] * (len(messages) - 1) + [1.0]
        return self.serving.template.encode_example(messages, weights, min(self._longest, LONGEST_ROW))

    # --- what people write

    def _filter(self, profile: OpenProfile, samples: Sequence[Sample]) -> Filter:
        """Knows all data and all that measures; made once, and anew where most it knows is long evicted."""
        human = self.human
        if self._known is None or len(self._known) > MOST_KNOWN + 4 * self.settings.cap:
            data = [
                *(message.content for row in human.seed_examples for message in row),
                *(part for text in human.general_texts for part in sentences(text)),
            ]
            heldout = [
                *(message.content for row in human.heldout_examples for message in row),
                *(part for text in human.heldout_texts for part in sentences(text)),
            ]
            self._known = Filter(self.bands(), data, heldout)
        told = [exchange.user for exchange in profile.journal.exchanges()]
        taught = [fact.value for fact in profile.facts.live() if fact.kind != "stated"]
        answers = [sample.answer for sample in samples]
        self._known.remember([*told, *taught, *answers], probe_questions(profile.facts))
        return self._known

    def bands(self) -> Bands:
        """Of held-out human answers, which the base was not tuned on; with few of them of others, too.

        Read once. Raises Cancelled.
        """
        if self._bands is None:
            rows = [*self.human.heldout_examples[:BAND_ROWS], *self.human.seed_examples]
            count = max(LEAST_BAND_ROWS, min(BAND_ROWS, len(self.human.heldout_examples)))
            answered = [(row[:-1], row[-1].content) for row in rows[:count]]
            examples = [self._row(turns, answer) for turns, answer in answered]
            losses: list[float] = []
            for at in range(0, len(examples), BLOCK):
                self.tick("prepare", at / len(examples))
                losses += self._losses(examples[at : at + BLOCK])
            self._bands = Bands.of([answer for _, answer in answered], losses)
        return self._bands

    # --- training

    def train(self, profile: OpenProfile, cycle: int, learning: LearningConfig) -> PassOutcome:
        """Raises Cancelled, LearningError, ModelError or DiskError; nothing has changed then."""
        lineage = profile.lineage
        known = [fact for fact in profile.facts.live() if fact.seq <= lineage.known_to]
        good = [
            exchange
            for exchange in profile.journal.exchanges()
            if exchange.rating == "good" and exchange.complete and exchange.seq <= lineage.known_to
        ]
        said = some_before(profile.journal, profile.facts, lineage.known_to)
        lessons = Lessons(exchanges=tuple(good), earlier_facts=tuple(known), earlier_said=tuple(said))
        serving = self.serving
        work = SelfTrainingPass(
            serving.loaded,
            serving.template,
            serving.store,
            Material(lessons, self.human, profile.store.read()),
            lineage,
            cycle,
            self.settings.most_tokens,
        )

        def report(phase: str, share: float, loss: float | None, left: float | None) -> None:
            self.tick(phase, share)

        settings = pass_settings(learning, self.settings.epochs)
        return work.run(lessons, profile.high_water, settings, report, self.stop)

    def _check(self) -> None:
        if self.stop.is_set():
            raise Cancelled("selftrain.cancelled")


def describe(outcome: PassOutcome) -> dict[str, Any]:
    """How a pass ended, for status.json."""
    return {
        "outcome": "published" if outcome.version else "rejected",
        "version": outcome.version.number if outcome.version else None,
        "reason": outcome.verdict.reason,
        "values": dict(outcome.verdict.values),
        "scores": outcome.scores,
        "counts": outcome.counts,
        "seconds": round(outcome.seconds, 1),
    }
