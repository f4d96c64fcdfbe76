"""Chat tuning: the trained model learns to take turns, from dialogue rows, all weights moving.

Rows are batched by length and padded on the right, each conversation alone in its row. The language is held
by plain text mixed in. Knows nothing of adapters: this makes a base model.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from persian_assistant.errors import UsageError
from persian_assistant.pretraining.documents import locate, open_text
from persian_assistant.pretraining.recipe import Source, Tuning
from persian_assistant.pretraining.training import NextTokenLoss, Optimizers
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate
from persian_assistant.text import normalise

Row = list[Message]
Progress = Callable[[dict[str, float]], None]
HELDOUT_EVERY = 25
"""Every so many-th row of a dialogue source is left out, to measure on."""


@dataclass(frozen=True)
class Dialogue:
    """Rows to train on (already repeated) and rows left out."""

    train: list[Row]
    heldout: list[Row]
    counts: dict[str, int]


def read_rows(path: Path) -> list[Row]:
    """Rows of `messages`, or of `instruction` and `response`, from .jsonl (also .xz, .gz).

    Raises UsageError that names file and line.
    """
    if not path.exists():
        raise UsageError("pretrain.no_source", path=path)
    rows = []
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                rows.append(_row(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError("pretrain.bad_row", path=path, line=number, reason=error) from error
    return rows


def _row(record: dict) -> Row:
    if "messages" in record:
        turns = [(str(turn["role"]), str(turn["content"])) for turn in record["messages"]]
    else:
        turns = [("user", str(record["instruction"])), ("assistant", str(record["response"]))]
    row = [Message(role, normalise(content)) for role, content in turns]  # type: ignore[arg-type]
    if not row or row[-1].role != "assistant" or not all(turn.content.strip() for turn in row):
        raise ValueError("a row must end with an answer and hold no empty turn")
    return row


def collect_dialogue(sources: Sequence[Source], root: Path, random_seed: int) -> Dialogue:
    """All rows of `sources`; `max_rows` picks at random, `tune_repeat` repeats the training part."""
    train, heldout, counts = [], [], {}
    for source in sources:
        chance = random.Random(f"{random_seed} {source.label}")
        rows = read_rows(locate(source.path, root))
        if source.max_rows and len(rows) > source.max_rows:
            rows = chance.sample(rows, source.max_rows)
        left_out = rows[::HELDOUT_EVERY]
        kept = [row for index, row in enumerate(rows) if index % HELDOUT_EVERY]
        whole, part = int(source.tune_repeat), source.tune_repeat % 1
        train += kept * whole + chance.sample(kept, round(len(kept) * part))
        heldout += left_out
        counts[source.label] = len(kept)
    return Dialogue(train, heldout, counts)


def encode(
    rows: Sequence[Row], template: ChatTemplate, user_weight: float, max_length: int
) -> list[tuple[list[int], list[float]]]:
    """(input_ids, loss weights) of each row."""
    weight = {"system": 0.0, "user": user_weight, "assistant": 1.0}
    examples = [template.encode_example(row, [weight[turn.role] for turn in row], max_length) for row in rows]
    return [(example.input_ids, example.loss_weights) for example in examples]


def batches(
    examples: list[tuple[list[int], list[float]]], tokens: int, pad_id: int, chance: random.Random
) -> list[tuple[Tensor, Tensor]]:
    """Batches of about `tokens` tokens, rows of like length together, in random order.

    Each is (input_ids int64, weights float), both [rows, length], padded on the right.
    """
    jittered = sorted(examples, key=lambda example: len(example[0]) * chance.uniform(0.9, 1.1))
    groups: list[list[tuple[list[int], list[float]]]] = [[]]
    for example in jittered:
        longest = max([len(example[0]), *(len(ids) for ids, _ in groups[-1])])
        if groups[-1] and longest * (len(groups[-1]) + 1) > tokens:
            groups.append([])
        groups[-1].append(example)
    chance.shuffle(groups)
    return [_padded(group, pad_id) for group in groups if group]


def _padded(group: list[tuple[list[int], list[float]]], pad_id: int) -> tuple[Tensor, Tensor]:
    length = max(len(ids) for ids, _ in group)
    ids = torch.tensor([row + [pad_id] * (length - len(row)) for row, _ in group])
    weights = torch.tensor([row + [0.0] * (length - len(row)) for _, row in group])
    return ids, weights


def tune(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    dialogue: Dialogue,
    general: list[str],
    settings: Tuning,
    progress: Progress,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Train `model` in place. `general` is plain text, mixed in as `general_share` of the tokens."""
    template = ChatTemplate.for_model(tokenizer)
    chance = random.Random(settings.random_seed)
    torch.manual_seed(settings.random_seed)
    chats = encode(dialogue.train, template, settings.user_weight, settings.block_size)
    plain = _plain_rows(general, tokenizer, settings.block_size)
    chat_tokens = sum(len(ids) for ids, _ in chats)
    wanted = chat_tokens * settings.general_share / (1 - settings.general_share)
    tokens = settings.batch_size * settings.block_size // 2
    plan: list[tuple[Tensor, Tensor]] = []
    for _ in range(round(settings.num_train_epochs)):
        extra, count = [], 0
        while plain and count < wanted:
            extra.append(chance.choice(plain))
            count += len(extra[-1][0])
        plan += batches(chats + extra, tokens, int(tokenizer.pad_token_id), chance)
    loss_of = NextTokenLoss(model)
    optimizers = Optimizers(model, "muon", settings.learning_rate, 0.0)
    model.train()
    for step, (ids, weights) in enumerate(plan):
        if stop():
            break
        with torch.autocast(model.device.type, torch.bfloat16):
            loss = loss_of(ids.to(model.device), weights.to(model.device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizers.step(min(1.0, (step + 1) / 20) * (1 - step / len(plan)))
        progress({"step": step + 1, "steps": len(plan), "loss": float(loss.detach())})
    model.eval()


def _plain_rows(
    texts: list[str], tokenizer: PreTrainedTokenizerBase, length: int
) -> list[tuple[list[int], list[float]]]:
    rows = []
    for text in texts:
        ids = [*tokenizer.encode(text, add_special_tokens=False), int(tokenizer.eos_token_id)][:length]
        rows.append((ids, [1.0] * len(ids)))
    return rows


@torch.inference_mode()
def heldout_loss(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], max_length: int
) -> float:
    """Mean loss in nats per answer token over rows left out."""
    template = ChatTemplate.for_model(tokenizer)
    examples = encode(rows, template, 0.0, max_length)
    total, count = 0.0, 0.0
    for ids, weights in batches(examples, 4096, int(tokenizer.pad_token_id), random.Random(0)):
        share = float(weights[:, 1:].sum())
        total += float(NextTokenLoss(model)(ids.to(model.device), weights.to(model.device))) * share
        count += share
    return total / max(count, 1.0)
