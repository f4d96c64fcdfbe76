"""Figures about a model: perplexity, repetition, diversity, and whether it stops by itself.

Every function leaves the model as it was; none knows what the figures are for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from persian_assistant.quoting import Quotable, following, only
from persian_assistant.records import Example
from persian_assistant.template import ChatTemplate

Stop = Callable[[], bool]
DECODED_TOGETHER = 32
"""Prompts decoded in one batch."""


def text_ids(template: ChatTemplate, text: str) -> list[int]:
    """Token ids of plain text as a document: the start token, where there is one, then the text."""
    tokenizer = template.tokenizer
    start = [] if tokenizer.bos_token_id is None else [int(tokenizer.bos_token_id)]
    return [*start, *tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]]


@torch.inference_mode()
def mean_loss(
    model: Any, rows: Sequence[Sequence[int]], *, max_tokens: int, stop: Stop = lambda: False
) -> float:
    """Cross-entropy in nats per guessed token over `rows` of ids, each read alone, `max_tokens` in all.

    NaN without any token, or when `stop()` asked for an early end.
    """
    total, count = 0.0, 0
    for row in rows:
        ids = list(row[: max_tokens - count + 1])  # the first token is only read, not guessed
        if len(ids) < 2:
            continue
        if stop():
            return math.nan
        batch = torch.tensor([ids], device=model.device)
        logits = model(input_ids=batch, use_cache=False).logits[0, :-1].float()
        total += float(F.cross_entropy(logits, batch[0, 1:], reduction="sum"))
        count += len(ids) - 1
    return total / count if count else math.nan


@torch.inference_mode()
def weighted_loss(model: Any, rows: Sequence[Example], *, stop: Stop = lambda: False) -> float:
    """Cross-entropy in nats per label, each counted by its weight, over `rows` read one by one.

    NaN without any weight, or when `stop()` asked for an early end.
    """
    total, count = 0.0, 0.0
    for row in rows:
        if stop():
            return math.nan
        batch = torch.tensor([row.input_ids], device=model.device)
        weights = torch.tensor(row.loss_weights[1:], device=model.device)
        if not bool(weights.any()):
            continue
        logits = model(input_ids=batch, use_cache=False).logits[0, :-1].float()
        losses = F.cross_entropy(logits, batch[0, 1:], reduction="none")
        total += float((losses * weights).sum())
        count += float(weights.sum())
    return total / count if count else math.nan


def perplexity(
    model: Any, template: ChatTemplate, texts: Sequence[str], *, max_tokens: int, max_length: int, stop: Stop
) -> float:
    """exp of the mean loss over `texts` cut to `max_length` tokens each. Inf where it overflows."""
    loss = mean_loss(
        model, [text_ids(template, text)[:max_length] for text in texts], max_tokens=max_tokens, stop=stop
    )
    return math.inf if loss >= 700 else math.exp(loss)


def stop_rate(
    model: Any,
    template: ChatTemplate,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    stop: Stop = lambda: False,
) -> float:
    """Share of `prompts` (token ids) whose greedy answer ends by itself within `max_new_tokens`.

    NaN without prompts or when `stop()` asked to end.
    """
    answers = greedy_answers(model, template, prompts, max_new_tokens=max_new_tokens, stop=stop)
    return sum(answer.ended for answer in answers) / len(answers) if answers else math.nan


Choose = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Answer:
    """One decoded answer; `ended`: by itself, within the tokens it was given."""

    text: str
    ended: bool
    log_probability: float
    """Of its tokens and its end, in nats."""


def greedy_answers(
    model: Any,
    template: ChatTemplate,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    stop: Stop = lambda: False,
    quotable: Sequence[Quotable] | None = None,
) -> list[Answer]:
    """The likeliest answer to each of `prompts` (token ids), decoded together in blocks of like length.

    `quotable`: for each prompt the lines that an answer may be kept to (quoting.py).
    Nothing when `stop()` asked to end.
    """
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    found: dict[int, Answer] = {}
    for at in range(0, len(order), DECODED_TOGETHER):
        block = order[at : at + DECODED_TOGETHER]
        choose = _likeliest(template, [quotable[index] for index in block] if quotable else [])
        rows = decode_together(
            model,
            template,
            [prompts[index] for index in block],
            choose,
            max_new_tokens=max_new_tokens,
            stop=stop,
        )
        if rows is None:
            return []
        found.update(zip(block, rows, strict=True))
    return [found[index] for index in range(len(prompts))]


def _likeliest(template: ChatTemplate, quotable: Sequence[Quotable]) -> Choose:
    """Greedy; where a row's answer begins a line that is `quotable` there, only what goes on with it."""
    quoting = [following(template, own) for own in quotable]

    def choose(logits: torch.Tensor) -> torch.Tensor:
        ids = logits.argmax(-1)
        for row, one in enumerate(quoting):
            ids[row] = only(logits[row], one).argmax()
            one.note(int(ids[row]))
        return ids[:, None]

    return choose


@torch.inference_mode()
def decode_together(
    model: Any,
    template: ChatTemplate,
    prompts: Sequence[Sequence[int]],
    choose: Choose,
    *,
    max_new_tokens: int,
    stop: Stop = lambda: False,
) -> list[Answer] | None:
    """An answer to each of `prompts` (token ids), padded on the left; None when `stop()` asked to end.

    `choose`: the next tokens [rows, 1] from scores [rows, vocabulary].
    """
    if not prompts:
        return []
    longest = max(map(len, prompts))
    pad = template.tokenizer.pad_token_id
    pad = template.tokenizer.eos_token_id if pad is None else pad
    ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in prompts], device=model.device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts], device=model.device)
    ends = torch.tensor(template.stop_token_ids, device=model.device)
    ended = torch.zeros(len(prompts), dtype=torch.bool, device=model.device)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    written: list[list[int]] = [[] for _ in prompts]
    likely: list[list[float]] = [[] for _ in prompts]
    cache = None
    for _ in range(max_new_tokens):
        if stop():
            return None
        output = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        cache, scores = output.past_key_values, output.logits[:, -1].float()
        ids = choose(scores)
        chosen = scores.log_softmax(-1).gather(-1, ids)[:, 0].tolist()
        before, ended = ended.tolist(), ended | torch.isin(ids[:, 0], ends)
        for row, (token, over) in enumerate(zip(ids[:, 0].tolist(), ended.tolist(), strict=True)):
            likely[row] += [] if before[row] else [chosen[row]]
            written[row] += [] if over else [token]
        if bool(ended.all()):
            break
        mask = torch.cat([mask, mask.new_ones(len(prompts), 1)], dim=1)
        positions = positions[:, -1:] + 1
    return [_answer(template, *one) for one in zip(written, ended.tolist(), likely, strict=True)]


def _answer(template: ChatTemplate, ids: list[int], ended: bool, likely: list[float]) -> Answer:
    """The text up to a stop string, and how `likely` (nats) the tokens were that it took."""
    text = template.decode(ids)
    cuts = [at for mark in template.stop_strings if (at := text.find(mark)) >= 0]
    if cuts:
        shorter = (template.decode(ids[:count]) for count in range(1, len(ids) + 1))
        likely = likely[: 1 + next(at for at, one in enumerate(shorter) if _stops(template, one))]
    return Answer(text[: min(cuts, default=len(text))].strip(), ended or bool(cuts), sum(likely))


def _stops(template: ChatTemplate, text: str) -> bool:
    return any(mark in text for mark in template.stop_strings)


def rep_n(text: str, n: int = 4) -> float:
    """Share of the n-grams of words in `text` that repeat an earlier one (rep-4, Welleck et al. 2020)."""
    grams = _grams(text.split(), n)
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def distinct_n(texts: Sequence[str], n: int = 2) -> float:
    """Different n-grams of words over all n-grams of `texts` (distinct-n, Li et al. 2016)."""
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        counts.update(_grams(text.split(), n))
    return len(counts) / counts.total() if counts else 0.0


def _grams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]
