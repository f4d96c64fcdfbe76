"""Five ways for one model to answer the same questions, each measured: quality, prompt, time, memory.

`Comparison` holds the model; what is taught and asked is baselines_data.py's, what follows from the figures
baselines_verdict.py's. Knows nothing of flags or screens.
"""

from __future__ import annotations

import math
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import torch

from persian_assistant import adapters, metrics
from persian_assistant.comparing.baselines_data import MIB, Material, Question
from persian_assistant.comparing.baselines_verdict import Measure, wilson
from persian_assistant.config import GenerationConfig, LearningConfig
from persian_assistant.engine import context_length
from persian_assistant.errors import LearningError
from persian_assistant.evaluation.scores import chrf
from persian_assistant.measurement import HELDOUT_ROW, HELDOUT_TOKENS
from persian_assistant.persona import with_memory
from persian_assistant.quoting import Quotable
from persian_assistant.records import Example, Message
from persian_assistant.seed_examples import general_texts
from persian_assistant.serving import Serving
from persian_assistant.text import holds_answer
from persian_assistant.trainer import LONGEST_ROW, TrainingResult, train_adapter
from persian_assistant.training_copy import training_copy
from persian_assistant.versions import Version

RECALLING = ("retrieval", "fine_tuned_retrieval")
FEWEST_TOKENS, MOST_TOKENS = 48, 160
"""Tokens of an answer: as many as the longest right one has, between these."""
TIMED = 12
"""Answers timed one by one, as the chat gives them; the median counts."""
SAME_CHRF = 80.0
"""Where only a whole right answer is known, a reply so like it has recalled it."""
_DONE = {"prepare": 0.0, "measure": 1.0, "publish": 1.0}
"""Share of the training that is done in the phases of a pass around it."""

Tick = Callable[[int, int], None]
"""How much is done, of how much."""


@dataclass(frozen=True)
class WayFigures:
    """What was measured of one way."""

    way: str
    right: tuple[bool, ...]
    """Of each question about what was taught."""
    chrfs: tuple[float, ...]
    """chrF2 (Popović 2015) of each compared answer, 0 … 100."""
    heldout_loss: float
    """Nats per token of the right answers after this way's prompts. NaN without any."""
    prompt_tokens: float
    """Mean over the questions."""
    answer_tokens: float
    seconds: float
    """Median of one answer from the question on, what recalling takes included."""
    weights_mb: float
    adapter_mb: float
    index_mb: float
    """Needed to serve, in MiB."""
    replies: tuple[str, ...]
    """To all questions, in order."""

    @property
    def recall(self) -> float:
        """Share of taught questions answered right."""
        return sum(self.right) / len(self.right) if self.right else math.nan

    @property
    def chrf(self) -> float:
        """Mean over the compared answers."""
        return statistics.fmean(self.chrfs) if self.chrfs else math.nan

    def as_dict(self, material: Material) -> dict[str, Any]:
        """For the record, with all that was asked and said."""
        raw = asdict(self)
        low, high = wilson(sum(self.right), len(self.right))
        rights = iter(self.right)
        return {
            **{name: raw[name] for name in raw if name not in ("right", "chrfs", "replies")},
            "recall": self.recall,
            "recall_interval": [low, high],
            "chrf": self.chrf,
            "questions": len(self.right),
            "compared": len(self.chrfs),
            "answers": [
                [question.item, question.text, reply, None if question.heldout else next(rights)]
                for question, reply in zip(material.questions, self.replies, strict=True)
            ],
        }


@dataclass(frozen=True)
class TrainingCost:
    """What the one training took."""

    seconds: float
    tokens: int
    examples: int
    loss: float
    peak_memory_mb: float
    """The highest of the whole process in MiB, or of the GPU where the model is on one; NaN: not known."""
    perplexity_ratio: float
    """Perplexity on general text left out, against the base: what the training did to the language."""


class Comparison:
    """One loaded model, asked in every way; trained once in between."""

    def __init__(
        self, serving: Serving, material: Material, settings: LearningConfig, random_seed: int
    ) -> None:
        self.serving, self.material, self.settings = serving, material, settings
        self.random_seed = random_seed
        self.version: Version | None = None

    # --- asking -------------------------------------------------------------------------------------

    def messages(self, way: str, question: Question) -> list[Message]:
        """The whole prompt for `question`: persona with what is recalled, examples, the conversation."""
        own = [turn.content for turn in question.messages if turn.role == "system"]
        lines = self.material.recall(question.text) if way in RECALLING else []
        system = with_memory(own[0] if own else self.material.persona.system, lines)
        shots = self.material.shots if way == "few_shot" else ()
        turns = [turn for turn in question.messages if turn.role != "system"]
        return [*([Message("system", system)] if system else []), *shots, *turns]

    def measure(self, way: str, tick: Tick = lambda done, total: None) -> WayFigures:
        """Everything about one way; the trained ones after `train`. Raises ModelError."""
        serving, material = self.serving, self.material
        serving.serve(self.version if way.startswith("fine_tuned") else None)
        model, template = serving.loaded.model, serving.template
        prompts = [self.messages(way, question) for question in material.questions]
        ids = [template.prompt_ids(one, self._answer_tokens, self._longest) for one in prompts]
        replies = self._replies(ids, [serving.quotable(one) for one in prompts], tick)
        rows = [
            self._right_answer(prompt, question)
            for prompt, question in zip(prompts, material.questions, strict=True)
            if question in self.compared
        ]
        with serving.engine.lock:
            loss = metrics.weighted_loss(model, rows)
        said = dict(zip(material.questions, replies, strict=True))
        return WayFigures(
            way=way,
            right=tuple(_is_right(said[one], one) for one in material.questions if not one.heldout),
            chrfs=tuple(chrf(said[one], one.reference) for one in self.compared),
            heldout_loss=loss,
            prompt_tokens=statistics.fmean(map(len, ids)),
            answer_tokens=statistics.fmean(map(self._length, replies)),
            seconds=self._seconds(way),
            weights_mb=serving.loaded.weights_mb,
            adapter_mb=_adapter_mb(self.version) if way.startswith("fine_tuned") else 0.0,
            index_mb=material.index_mb if way in RECALLING else 0.0,
            replies=tuple(replies),
        )

    @cached_property
    def compared(self) -> tuple[Question, ...]:
        """Questions whose replies are held against a whole right answer: the left-out ones, if there are."""
        known = [question for question in self.material.questions if question.reference]
        return tuple([question for question in known if question.heldout] or known)

    @cached_property
    def _answer_tokens(self) -> int:
        longest = max((self._length(question.reference) for question in self.material.questions), default=0)
        return min(max(longest + 1, FEWEST_TOKENS), MOST_TOKENS)

    def _length(self, text: str) -> int:
        return len(self.serving.loaded.tokenizer(text, add_special_tokens=False)["input_ids"])

    @cached_property
    def _longest(self) -> int:
        return context_length(self.serving.loaded.model, self.serving.loaded.tokenizer)

    def _replies(
        self, prompts: Sequence[Sequence[int]], quotable: Sequence[Quotable], tick: Tick
    ) -> list[str]:
        """Greedy replies, prompts of like length together."""
        order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
        found: dict[int, str] = {}
        for at in range(0, len(order), metrics.DECODED_TOGETHER):
            tick(at, len(order))
            block = order[at : at + metrics.DECODED_TOGETHER]
            with self.serving.engine.lock:
                answers = metrics.greedy_answers(
                    self.serving.loaded.model,
                    self.serving.template,
                    [prompts[one] for one in block],
                    max_new_tokens=self._answer_tokens,
                    quotable=[quotable[one] for one in block],
                )
            found.update(zip(block, (answer.text for answer in answers), strict=True))
        tick(len(order), len(order))
        return [found[at] for at in range(len(prompts))]

    def _right_answer(self, prompt: Sequence[Message], question: Question) -> Example:
        """`prompt` with the right answer after it, which alone carries weight."""
        messages = [*prompt, Message("assistant", question.reference)]
        return self.serving.template.encode_example(messages, [0.0] * len(prompt) + [1.0], self._longest)

    def _seconds(self, way: str) -> float:
        """Median seconds of an answer in the chat's own engine, which keeps the start that prompts share."""
        generation = GenerationConfig(
            max_new_tokens=self._answer_tokens, do_sample=False, repetition_penalty=1.0
        )
        chance = random.Random(self.random_seed)
        asked = chance.sample(self.material.questions, min(TIMED + 1, len(self.material.questions)))
        spent = []
        for question in asked:
            began = time.perf_counter()
            messages = self.messages(way, question)
            quotable = self.serving.quotable(messages)
            for _ in self.serving.engine.stream(messages, generation, quotable=quotable):
                pass
            spent.append(time.perf_counter() - began)
        return statistics.median(spent[1:] or spent)  # the first one warms up

    # --- training -----------------------------------------------------------------------------------

    def train(self, report: Callable[[float, float | None], None] = lambda share, left: None) -> TrainingCost:
        """Teach everything in one training from the base; `measure` can ask the trained ways then.

        `report`: share done and seconds left. Facts go through a pass of the chat without its gate, pairs are
        trained as they are. Raises LearningError, ModelError, DiskError; Cancelled never.
        """
        self.serving.serve(None)
        before = self._perplexity()
        on_gpu = self.serving.loaded.device == "cuda"
        if on_gpu:
            torch.cuda.reset_peak_memory_stats()
        cost = (self._train_facts if self.material.kind == "facts" else self._train_pairs)(report)
        if on_gpu:
            cost = replace(cost, peak_memory_mb=torch.cuda.max_memory_allocated() / MIB)
        self.serving.serve(self.version)
        return replace(cost, perplexity_ratio=self._perplexity() / before)

    def _train_facts(self, report: Callable[[float, float | None], None]) -> TrainingCost:
        outcome = self.serving.learning_pass().run(
            self.material.lessons,
            self.material.high_water + self.random_seed,  # what a pass draws hangs on this number
            replace(self.settings, gate=False),
            lambda phase, share, loss, left: report(_DONE.get(phase, share), left),
            threading.Event(),
        )
        if outcome.version is None:
            raise LearningError("learning.not_finite")
        self.version, scores = outcome.version, outcome.scores
        rows = sum(outcome.counts[name] for name in ("views", "negatives", "reading"))
        rows += outcome.counts["seed_examples"] + outcome.counts["general_texts"]
        return TrainingCost(
            seconds=float(scores["train_seconds"]),
            tokens=int(scores["trained_tokens"]),
            examples=rows,
            loss=float(scores.get("train_loss", math.nan)),
            peak_memory_mb=math.nan,
            perplexity_ratio=math.nan,
        )

    def _train_pairs(self, report: Callable[[float, float | None], None]) -> TrainingCost:
        loaded, store = self.serving.loaded, self.serving.store
        rows, settings = self._pair_rows()
        model = adapters.attach(
            training_copy(loaded.model),
            None,
            "candidate",
            lora_r=settings.lora_r,
            lora_dropout=settings.lora_dropout,
            trainable=True,
        )
        result: TrainingResult = train_adapter(
            model,
            rows,
            int(loaded.tokenizer.pad_token_id),
            settings,
            random_seed=self.random_seed,
            report=lambda done: report(done.step / max(1, done.steps), done.seconds_left),
        )
        staged = store.stage(lambda folder: adapters.save_adapter(model, folder, "candidate"))
        self.version = store.publish(
            staged, high_water=0, data_hash="", base={}, config={}, scores={}, parent=None
        )
        return TrainingCost(result.seconds, result.tokens, len(rows), result.loss, math.nan, math.nan)

    def _pair_rows(self) -> tuple[list[Example], LearningConfig]:
        """Pairs with their answers weighed, and rows held to the base; and the epochs that fit."""
        rows = [self._conversation(turns) for turns in self.material.conversations]
        tokens = sum(map(len, rows))
        rows += self._held_rows(tokens)
        random.Random(self.random_seed).shuffle(rows)
        epochs = self.settings.num_train_epochs
        if self.settings.most_tokens is not None:
            epochs = max(1, min(epochs, self.settings.most_tokens // sum(map(len, rows))))
        return rows, replace(self.settings, num_train_epochs=epochs)

    def _held_rows(self, tokens: int) -> list[Example]:
        """Beside `tokens` of what is new, seed examples and general text in a pass's shares, held by KL."""
        settings, parts = self.settings, self.serving.learning_pass().material
        unit = tokens / (1 - settings.seed_share - settings.general_share)
        chance = random.Random(self.random_seed)
        rows: list[Example] = []
        kinds: tuple[tuple[list[Any], float, Callable[[Any], Example]], ...] = (
            (list(parts.seed_examples), settings.seed_share, self._conversation),
            (list(parts.general_texts), settings.general_share, self._text),
        )
        for items, share, encode in kinds:
            wanted = unit * share
            for item in chance.sample(items, len(items)):
                if wanted <= 0:
                    break
                rows.append(replace(encode(item), kl_weight=settings.kl_weight))
                wanted -= len(rows[-1])
        return rows

    def _conversation(self, turns: Sequence[Message]) -> Example:
        """The assistant's turns weighed, the persona before them unless the row has a system message."""
        persona = self.material.persona.system
        if persona and turns[0].role != "system":
            turns = [Message("system", persona), *turns]
        weights = [float(turn.role == "assistant") for turn in turns]
        return self.serving.template.encode_example(turns, weights, min(self._longest, LONGEST_ROW))

    def _text(self, text: str) -> Example:
        ids = metrics.text_ids(self.serving.template, text)[: min(self._longest, LONGEST_ROW)]
        return Example(ids, list(ids), [1.0] * len(ids))

    def _perplexity(self) -> float:
        with self.serving.engine.lock:
            return metrics.perplexity(
                self.serving.loaded.model,
                self.serving.template,
                general_texts("heldout"),
                max_tokens=HELDOUT_TOKENS,
                max_length=HELDOUT_ROW,
                stop=lambda: False,
            )


def measures(material: Material, compared: Sequence[Question], found: Sequence[WayFigures]) -> list[Measure]:
    """What the verdict looks at: recall of what was taught; of pairs also chrF on those left out."""
    taught = tuple(question.item for question in material.questions if not question.heldout)
    rows = [Measure("recall", taught, {one.way: one.right for one in found})]
    if any(question.heldout for question in compared):
        items = tuple(question.item for question in compared)
        rows.append(Measure("chrf", items, {one.way: one.chrfs for one in found}))
    return rows


def _is_right(reply: str, question: Question) -> bool:
    if question.answers:
        return holds_answer(reply, question.answers)
    return holds_answer(reply, [question.reference]) or chrf(reply, question.reference) >= SAME_CHRF


def _adapter_mb(version: Version | None) -> float:
    files = [] if version is None else list(version.path.glob("*.safetensors"))
    return sum(file.stat().st_size for file in files) / MIB
