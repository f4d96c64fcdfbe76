"""Chat tuning: the trained model learns to take turns, from dialogue rows, all weights moving.

Rows are batched by length and padded on the right, each conversation alone in its row. The language is held
by plain text mixed in. Knows nothing of adapters: this makes a base model.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from persian_assistant.errors import Cancelled, LearningError, UsageError
from persian_assistant.facts.frames import read_frames
from persian_assistant.persona import Persona, shipped_personas
from persian_assistant.pretraining.documents import json_rows, locate
from persian_assistant.pretraining.recipe import Source, Tuning
from persian_assistant.pretraining.tokenizer import plain_ids
from persian_assistant.pretraining.told_rows import make_rows
from persian_assistant.pretraining.training import NextTokenLoss, Optimizers, Progress
from persian_assistant.records import Message
from persian_assistant.seed_examples import HELDOUT_EVERY, general_texts
from persian_assistant.template import ChatTemplate
from persian_assistant.text import normalise, sanitise

Row = list[Message]
Encoded = tuple[list[int], list[float]]
"""(input_ids, loss weights) of one row."""
DEFAULT_PERSONA = "assistant"
WARMUP_STEPS = 20
MADE_ROWS, HELDOUT_MADE_ROWS = 10_000, 100
"""Rows made from a folder of frames where the recipe names no number, and rows to measure on."""


@dataclass(frozen=True)
class Dialogue:
    """Rows to train on (already repeated) and rows left out."""

    train: list[Row]
    heldout: list[Row]
    counts: dict[str, int]
    """Different rows trained on, by source label."""


@dataclass(frozen=True)
class DialogueRow:
    """One conversation and the name of the persona that answers in it."""

    messages: Row
    persona: str = DEFAULT_PERSONA


def read_rows(path: Path) -> list[DialogueRow]:
    """Rows of `messages`, or of `instruction` and `response`, from .jsonl (also .xz, .gz).

    Raises UsageError that names file and line.
    """
    if not path.is_file():
        raise UsageError("pretrain.no_source", path=path)
    rows = []
    for number, record in json_rows(path):
        try:
            rows.append(_row(record))
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError("pretrain.bad_dialogue", path=path, line=number, reason=error) from error
    return rows


def _row(record: dict[str, Any]) -> DialogueRow:
    if "messages" in record:
        turns = [(turn["role"], turn["content"]) for turn in record["messages"]]
    else:
        turns = [("user", record["instruction"]), ("assistant", record["response"])]
    messages = [Message(role, sanitise(normalise(content)).strip()) for role, content in turns]
    for turn in messages:
        if turn.role not in ("system", "user", "assistant"):
            raise ValueError(f"role {turn.role!r}")
        if not turn.content:
            raise ValueError("empty turn")
    if not messages or messages[-1].role != "assistant":
        raise ValueError("no answer at the end")
    return DialogueRow(messages, str(record.get("persona", DEFAULT_PERSONA)))


def collect_dialogue(sources: Sequence[Source], root: Path, settings: Tuning) -> Dialogue:
    """All rows of `sources`, each once; `max_rows` picks at random, `tune_repeat` repeats the training part.

    A row met before, in whatever source, is dropped, so that nothing left out is trained on elsewhere. Rows
    left out always begin with their persona's system message, as a served chat does.
    """
    train: list[Row] = []
    heldout: list[Row] = []
    counts: dict[str, int] = {}
    seen: set[str] = set()
    for source in sources:
        chance = random.Random(f"{settings.random_seed} {source.label}")
        if locate(source.path, root).is_dir():
            made, left_out = _made_rows(source, root, chance)
            train += [_with_system(row, settings.system_share, chance) for row in made]
            heldout += [_with_system(row, 1.0, chance) for row in left_out]
            counts[source.label] = len(made)
            continue
        rows = _unseen(read_rows(locate(source.path, root)), seen)
        if source.max_rows and len(rows) > source.max_rows:
            rows = chance.sample(rows, source.max_rows)
        left_out = rows[::HELDOUT_EVERY] if len(rows) > 1 else []
        kept = [row for index, row in enumerate(rows) if index % HELDOUT_EVERY] or rows
        whole, part = int(source.tune_repeat), source.tune_repeat % 1
        repeated = kept * whole + chance.sample(kept, round(len(kept) * part))
        train += [_with_system(row, settings.system_share, chance) for row in repeated]
        heldout += [_with_system(row, 1.0, chance) for row in left_out]
        counts[source.label] = len(kept)
    return Dialogue(train, heldout, counts)


def _made_rows(
    source: Source, root: Path, chance: random.Random
) -> tuple[list[DialogueRow], list[DialogueRow]]:
    """Rows made from the frames of a folder: `max_rows` to train on, and some of frames that never train."""
    frames = read_frames(locate(source.path, root))
    left_out = frames[HELDOUT_EVERY - 1 :: HELDOUT_EVERY]
    kept = [frame for frame in frames if frame not in left_out]
    system = _system_of(DEFAULT_PERSONA)
    texts = general_texts("train")
    made = [
        [DialogueRow(row) for row in make_rows(some, count, chance, system, texts)] if some else []
        for some, count in ((kept, source.max_rows or MADE_ROWS), (left_out, HELDOUT_MADE_ROWS))
    ]
    return made[0], made[1]


def _unseen(rows: list[DialogueRow], seen: set[str]) -> list[DialogueRow]:
    fresh = []
    for row in rows:
        said = "\n".join(turn.content for turn in row.messages if turn.role != "system")
        key = "".join(char for char in said if char.isalnum() or char == "\n")
        if key not in seen:
            seen.add(key)
            fresh.append(row)
    return fresh


def _with_system(row: DialogueRow, share: float, chance: random.Random) -> Row:
    system = _system_of(row.persona)
    if row.messages[0].role == "system" or not system or chance.random() >= share:
        return row.messages
    return [Message("system", system), *row.messages]


@cache
def _system_of(persona: str) -> str:
    return Persona.load(persona if persona in shipped_personas() else DEFAULT_PERSONA).system


def encode(rows: Sequence[Row], template: ChatTemplate, user_weight: float, max_length: int) -> list[Encoded]:
    """Each row as token ids and loss weights; the oldest exchanges of a row over `max_length` are dropped."""
    weight = {"system": 0.0, "user": user_weight, "assistant": 1.0}
    examples = [template.encode_example(row, [weight[turn.role] for turn in row], max_length) for row in rows]
    return [(example.input_ids, example.loss_weights) for example in examples]


def batches(
    examples: list[Encoded], tokens: int, pad_id: int, chance: random.Random
) -> list[tuple[Tensor, Tensor]]:
    """Batches of about `tokens` tokens, rows of like length together, in random order.

    Each is (input_ids int64, weights float), both [rows, length], padded on the right.
    """
    jittered = sorted(examples, key=lambda example: len(example[0]) * chance.uniform(0.9, 1.1))
    groups: list[list[Encoded]] = [[]]
    for example in jittered:
        longest = max([len(example[0]), *(len(ids) for ids, _ in groups[-1])])
        if groups[-1] and longest * (len(groups[-1]) + 1) > tokens:
            groups.append([])
        groups[-1].append(example)
    chance.shuffle(groups)
    return [_padded(group, pad_id) for group in groups if group]


def _padded(group: list[Encoded], pad_id: int) -> tuple[Tensor, Tensor]:
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
    optimizer: str = "muon",
    *,
    compile_model: bool = False,
) -> None:
    """Train `model` in place. `general` is plain text, mixed in as `general_share` of the tokens.

    The learning rate warms up over a few steps and then falls to zero, so that this may also be the decay of
    a model whose rate was still high. `compile_model` pays off from some hundred steps on.

    Raises Cancelled when `stop()` turns true, LearningError when it diverges.
    """
    torch.manual_seed(settings.random_seed)
    plan = _plan(tokenizer, dialogue.train, general, settings)
    loss_of: torch.nn.Module = NextTokenLoss(model)
    if compile_model:
        loss_of = torch.compile(loss_of, dynamic=True)  # type: ignore[assignment]
    optimizers = Optimizers(model, optimizer, settings.learning_rate, 0.0)
    model.train()
    for step, (ids, weights) in enumerate(plan):
        if stop():
            raise Cancelled("pretrain.stopped_tuning")
        with torch.autocast(model.device.type, torch.bfloat16):
            loss = loss_of(ids.to(model.device), weights.to(model.device))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        shown = float(loss.detach())
        if not (math.isfinite(shown) and math.isfinite(float(norm))):
            raise LearningError("pretrain.tuning_diverged", step=step + 1)
        optimizers.step(min(1.0, (step + 1) / WARMUP_STEPS) * (1 - step / len(plan)))
        progress({"step": step + 1, "steps": len(plan), "loss": shown, "tokens": ids.numel()})
    model.eval()


def _plan(
    tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], general: list[str], settings: Tuning
) -> list[tuple[Tensor, Tensor]]:
    """All batches of all epochs, in order; of a broken number of epochs the last is cut short."""
    chance = random.Random(settings.random_seed)
    chats = encode(rows, ChatTemplate.for_model(tokenizer), settings.user_weight, settings.block_size)
    plain = _plain_rows(general, tokenizer, settings.block_size)
    wanted = sum(len(ids) for ids, _ in chats) * settings.general_share / (1 - settings.general_share)
    tokens = max(settings.batch_size * settings.block_size // 2, 1)
    plan: list[tuple[Tensor, Tensor]] = []
    left = settings.num_train_epochs
    while left > 0:
        extra: list[Encoded] = []
        count = 0
        while plain and count < wanted:
            extra.append(chance.choice(plain))
            count += len(extra[-1][0])
        epoch = batches(chats + extra, tokens, int(tokenizer.pad_token_id), chance)
        plan += epoch[: math.ceil(len(epoch) * min(1.0, left))]
        left -= 1
    return plan


def _plain_rows(texts: list[str], tokenizer: PreTrainedTokenizerBase, length: int) -> list[Encoded]:
    rows = []
    end = int(tokenizer.eos_token_id)
    for text in texts:
        ids = [end, *plain_ids(tokenizer, text), end][:length]  # as documents begin when they are measured
        rows.append((ids, [1.0] * len(ids)))
    return rows


@torch.inference_mode()
def heldout_loss(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], max_length: int
) -> float:
    """Mean loss in nats per answer token over rows left out; NaN when there are none."""
    template = ChatTemplate.for_model(tokenizer)
    examples = encode(rows, template, 0.0, max_length)
    total, count = 0.0, 0.0
    for ids, weights in batches(examples, 4096, int(tokenizer.pad_token_id), random.Random(0)):
        share = float(weights[:, 1:].sum())
        total += float(NextTokenLoss(model)(ids.to(model.device), weights.to(model.device))) * share
        count += share
    return total / count if count else math.nan
