"""What a loaded model does with texts, choices, passages and instructions, item by item.

Every function gives the figures of one set, in the items' order, and what the model said. Knows nothing of
versions or files. Each calls `tick(done, total)` after an item.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from persian_assistant import metrics
from persian_assistant.engine import context_length
from persian_assistant.evaluation import scores
from persian_assistant.evaluation.intervals import Figure, Numbers, mean_of, ratio_of
from persian_assistant.evaluation.items import Choices, Passage
from persian_assistant.pretraining.evaluation import ids_nats
from persian_assistant.pretraining.tokenizer import plain_ids
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate

WINDOW = 512
"""Tokens read at a time of a text; half of them are context seen before (as pretraining measures it)."""
QA_TOKENS, INSTRUCTION_TOKENS = 32, 160
"""Longest answers."""
REPETITION_N, DISTINCT_N = 4, 2
QA_PROMPT = "{context}\n\nبا توجه به متن بالا کوتاه پاسخ بده: {question}"

Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Subject:
    """A model to evaluate, and how it is spoken to."""

    model: Any
    template: ChatTemplate
    system: str = ""
    """The persona's system message, before every question; "" for none."""

    @property
    def longest(self) -> int:
        """Tokens of prompt and answer together."""
        return context_length(self.model, self.template.tokenizer)

    def asked(self, question: str) -> list[Message]:
        """The conversation that asks `question`."""
        return [*([Message("system", self.system)] if self.system else []), Message("user", question)]


@dataclass(frozen=True)
class Outcome:
    """The figures of one set and, for each item, what may be looked at afterwards."""

    figures: list[Figure]
    items: list[dict[str, Any]]
    wholes: dict[str, float] = field(default_factory=dict)
    """Figures of all answers together. They are no means over items: resampling gives them no interval."""


def measure_texts(subject: Subject, texts: Sequence[str], tick: Tick) -> Outcome:
    """Perplexity per token and bits per character (Unicode code points of the normalised text).

    Overlapping windows, every token guessed once; a document begins after the start token, or after the end
    token where the tokenizer has none. The end of a document is not guessed.
    """
    tokenizer = subject.template.tokenizer
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    window = max(2, min(WINDOW, subject.longest))
    nats, tokens, chars = [], [], []
    for done, text in enumerate(texts, 1):
        ids = plain_ids(tokenizer, text)
        nats.append(ids_nats(subject.model, [int(start), *ids], window))
        tokens.append(float(len(ids)))
        chars.append(float(len(text)))
        tick(done, len(texts))
    figures = [
        ratio_of("perplexity", nats, tokens, np.exp, higher_is_better=False),
        ratio_of("bits_per_character", nats, chars, _bits, higher_is_better=False),
    ]
    rows = zip(nats, tokens, chars, strict=True)
    return Outcome(figures, [{"nats": one[0], "tokens": one[1], "characters": one[2]} for one in rows])


def _bits(nats: Numbers) -> Numbers:
    return nats / math.log(2)


def measure_choices(subject: Subject, questions: Sequence[Choices], tick: Tick) -> Outcome:
    """Share of questions whose right choice is the likeliest answer: as it is, and per character of it.

    The likelihood of a choice is that of its tokens as the assistant's answer, without the end-of-turn token.
    `accuracy_chance` is what guessing would come to.
    """
    raw, normalised, chance, rows = [], [], [], []
    for done, one in enumerate(questions, 1):
        asked = subject.asked(one.question)
        answered = [[*asked, Message("assistant", choice)] for choice in one.choices]
        found = [nats for nats, _ in answer_likelihoods(subject, answered)]
        by_length = [nats / len(choice) for nats, choice in zip(found, one.choices, strict=True)]
        picked, picked_by_length = (
            max(range(len(found)), key=values.__getitem__) for values in (found, by_length)
        )
        raw.append(float(picked == one.answer))
        normalised.append(float(picked_by_length == one.answer))
        chance.append(1 / len(one.choices))
        rows.append(
            {
                "question": one.question,
                "right": one.choices[one.answer],
                "chosen": one.choices[picked],
                "chosen_by_length": one.choices[picked_by_length],
                "log_likelihoods": found,
            }
        )
        tick(done, len(questions))
    figures = [
        mean_of("accuracy", raw, higher_is_better=True),
        mean_of("accuracy_by_length", normalised, higher_is_better=True),
        mean_of("accuracy_chance", chance),
    ]
    return Outcome(figures, rows)


@torch.inference_mode()
def answer_likelihoods(subject: Subject, rows: Sequence[Sequence[Message]]) -> list[tuple[float, int]]:
    """(log-likelihood in nats, tokens) of the last answer of each conversation, read in one batch.

    The end-of-turn token is not counted. What is longer than the context loses its front.
    """
    encoded = [_encoded(subject, row) for row in rows]
    longest = max(len(ids) for ids, _ in encoded)
    pad = subject.template.tokenizer.pad_token_id or 0
    device = subject.model.device
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row, _ in encoded], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row, _ in encoded], device=device)
    own = torch.tensor([row + [0.0] * (longest - len(row)) for _, row in encoded], device=device)[:, 1:]
    logits = subject.model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1].float()
    losses = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    sums, counts = (losses * own).sum(1).tolist(), own.sum(1).tolist()
    return [(-nats, int(count)) for nats, count in zip(sums, counts, strict=True)]


def _encoded(subject: Subject, messages: Sequence[Message]) -> tuple[list[int], list[float]]:
    """Token ids of the conversation, and 1.0 at each token of its last answer."""
    example = subject.template.encode_example(messages, [0.0] * (len(messages) - 1) + [1.0])
    own = list(example.loss_weights)
    for at in range(len(own) - 1, -1, -1):  # what ends the turn says nothing about the answer
        if own[at] and subject.template.decode([example.input_ids[at]]).strip():
            break
        own[at] = 0.0
    return example.input_ids[-subject.longest :], own[-subject.longest :]


def measure_passages(subject: Subject, passages: Sequence[Passage], tick: Tick) -> Outcome:
    """SQuAD's exact match and F1 of greedy answers, and the share of answers that hold a right one."""
    prompts = [QA_PROMPT.format(context=one.context, question=one.question) for one in passages]
    answers = _greedy(subject, [subject.asked(prompt) for prompt in prompts], QA_TOKENS, tick)
    pairs = [(answer.text, one.answers) for answer, one in zip(answers, passages, strict=True)]
    figures = [
        mean_of("exact_match", [scores.exact_match(*pair) for pair in pairs], higher_is_better=True),
        mean_of("f1", [scores.f1(*pair) for pair in pairs], higher_is_better=True),
        mean_of("contains_answer", [scores.contains(*pair) for pair in pairs], higher_is_better=True),
    ]
    rows = [
        {"question": one.question, "right": list(one.answers), "answer": text}
        for one, (text, _) in zip(passages, pairs, strict=True)
    ]
    return Outcome(figures, rows)


def measure_instructions(subject: Subject, pairs: Sequence[Sequence[Message]], tick: Tick) -> Outcome:
    """chrF of greedy answers, perplexity of the reference answers, repetition, diversity, and stopping.

    A conversation of several turns asks for its last answer. One that brings no system message gets the
    subject's.
    """
    asked = [_with_system(subject, row[:-1]) for row in pairs]
    references = [row[-1].content for row in pairs]
    answers = _greedy(subject, asked, INSTRUCTION_TOKENS, tick)
    texts = [answer.text for answer in answers]
    chrfs = [scores.chrf(*pair) for pair in zip(texts, references, strict=True)]
    right = [
        answer_likelihoods(subject, [[*prompt, Message("assistant", reference)]])[0]
        for prompt, reference in zip(asked, references, strict=True)
    ]
    nats, tokens = [-one[0] for one in right], [float(one[1]) for one in right]
    repeated = [metrics.rep_n(text, REPETITION_N) for text in texts]
    figures = [
        mean_of("chrf", chrfs, higher_is_better=True),
        ratio_of("answer_perplexity", nats, tokens, np.exp, higher_is_better=False),
        mean_of(f"rep_{REPETITION_N}", repeated, higher_is_better=False),
        mean_of("stop_rate", [float(answer.ended) for answer in answers], higher_is_better=True),
        mean_of("words", [float(len(text.split())) for text in texts]),
    ]
    rows = [
        {"instruction": prompt[-1].content, "reference": reference, "answer": text, "chrf": score}
        for prompt, reference, text, score in zip(asked, references, texts, chrfs, strict=True)
    ]
    wholes = {
        "corpus_chrf": scores.corpus_chrf(texts, references),
        f"distinct_{DISTINCT_N}": metrics.distinct_n(texts, DISTINCT_N),
    }
    return Outcome(figures, rows, wholes)


def _with_system(subject: Subject, messages: Sequence[Message]) -> list[Message]:
    if messages[0].role == "system" or not subject.system:
        return list(messages)
    return [Message("system", subject.system), *messages]


def _greedy(
    subject: Subject, conversations: Sequence[Sequence[Message]], tokens: int, tick: Tick
) -> list[metrics.Answer]:
    """The likeliest answer to each, block by block of like length, so that progress can be told."""
    prompts = [subject.template.prompt_ids(one, tokens, subject.longest) for one in conversations]
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    found: dict[int, metrics.Answer] = {}
    for at in range(0, len(order), metrics.DECODED_TOGETHER):
        block = order[at : at + metrics.DECODED_TOGETHER]
        own = [prompts[index] for index in block]
        answers = metrics.greedy_answers(subject.model, subject.template, own, max_new_tokens=tokens)
        found.update(zip(block, answers, strict=True))
        tick(len(found), len(prompts))
    return [found[index] for index in range(len(prompts))]
