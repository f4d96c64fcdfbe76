"""What one pass trains on: new exchanges, seed examples and general text in given shares of the tokens.

Knows nothing of the model; every weight on a label comes from here and is laid on tokens by template.py.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from persian_assistant.config import LearningConfig
from persian_assistant.metrics import text_ids
from persian_assistant.records import Exchange, Message
from persian_assistant.template import ChatTemplate, Example


@dataclass(frozen=True)
class Mixture:
    """The rows of one pass, shuffled, and how they came together."""

    examples: list[Example]
    counts: dict[str, int]
    """Rows by origin: `exchanges`, `seed_examples`, `general_texts`; `tokens` in all."""
    data_hash: str
    """SHA-256 over the token ids and weights in order: the same data gives the same hash."""


@dataclass(frozen=True)
class Ingredients:
    """What may go in."""

    exchanges: Sequence[Exchange]
    """Only complete ones are used."""
    seed_examples: Sequence[Sequence[Message]]
    general_texts: Sequence[str]
    persona: str = ""
    """System message put before seed examples, as the chat puts it before every conversation."""


def build_mixture(
    parts: Ingredients, template: ChatTemplate, settings: LearningConfig, max_length: int, random_seed: int
) -> Mixture:
    """Rows of at most `max_length` tokens. The new fills its share; the others are drawn at random.

    A user's words carry `user_weight`, the model's own unrated replies `reply_weight` (none by default:
    training on them teaches nothing new), answers of seed examples and general text carry 1.
    """
    chance = random.Random(random_seed)
    new = [_exchange_row(item, template, settings, max_length) for item in parts.exchanges if item.complete]
    new = [row for row in new if any(row.loss_weights[1:])]
    new_tokens = sum(map(len, new))
    unit = new_tokens / (1 - settings.seed_share - settings.general_share)
    seeds = _draw(
        parts.seed_examples,
        unit * settings.seed_share,
        lambda row: _seed_row(row, parts.persona, template, max_length),
        chance,
    )
    general = _draw(
        parts.general_texts,
        unit * settings.general_share,
        lambda text: _text_row(text, template, max_length),
        chance,
    )
    examples = [*new, *seeds, *general]
    chance.shuffle(examples)
    counts = {
        "exchanges": len(new),
        "seed_examples": len(seeds),
        "general_texts": len(general),
        "tokens": sum(map(len, examples)),
    }
    return Mixture(examples, counts, _hash(examples))


def _exchange_row(
    exchange: Exchange, template: ChatTemplate, settings: LearningConfig, max_length: int
) -> Example:
    messages, weights = [Message("user", exchange.user)], [settings.user_weight]
    if settings.reply_weight > 0 and exchange.assistant:
        messages.append(Message("assistant", exchange.assistant))
        weights.append(settings.reply_weight)
    return template.encode_example(messages, weights, max_length)


def _seed_row(row: Sequence[Message], persona: str, template: ChatTemplate, max_length: int) -> Example:
    messages = [Message("system", persona), *row] if persona and row[0].role != "system" else list(row)
    weights = [1.0 if message.role == "assistant" else 0.0 for message in messages]
    return template.encode_example(messages, weights, max_length)


def _text_row(text: str, template: ChatTemplate, max_length: int) -> Example:
    ids = text_ids(template, text)[:max_length]
    return Example(ids, list(ids), [1.0] * len(ids))


def _draw(items: Sequence[Any], tokens: float, encode: Any, chance: random.Random) -> list[Example]:
    """Random items, each at most once, until they hold about `tokens` tokens. Rows without loss are left."""
    rows: list[Example] = []
    taken = 0
    for item in chance.sample(list(items), len(items)):
        if taken >= tokens:
            break
        row = encode(item)
        if any(row.loss_weights[1:]):
            rows.append(row)
            taken += len(row)
    return rows


def _hash(examples: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr((example.input_ids, example.loss_weights)).encode())
    return digest.hexdigest()
