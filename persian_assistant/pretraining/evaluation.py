"""Bits per character on held-out text, source by source: comparable between tokenizers."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from persian_assistant.pretraining.tokenizer import plain_ids


def read_heldout(path: Path) -> dict[str, list[str]]:
    """Held-out texts by source label, from the file `corpus.pack` wrote."""
    texts: dict[str, list[str]] = defaultdict(list)
    with path.open(encoding="utf-8") as lines:  # not splitlines: it also cuts at U+2028
        for line in lines:
            row = json.loads(line)
            texts[row["source"]].append(row["text"])
    return dict(texts)


def text_nats(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, window: int) -> float:
    """Negative log-likelihood of `text` in nats; the first token is given an end token as context.

    Texts longer than `window` tokens (at least 2) are read in windows that overlap by half, each token
    counted once.
    """
    return ids_nats(model, [tokenizer.eos_token_id, *plain_ids(tokenizer, text)], window)


@torch.inference_mode()
def ids_nats(model: PreTrainedModel, ids: Sequence[int], window: int) -> float:
    """The same of token ids; the first one is only context."""
    if window < 2:
        raise ValueError(f"window must be at least 2, not {window}")
    total, done = 0.0, 1
    while done < len(ids):
        begin = max(0, done - window // 2) if done > 1 else 0
        chunk = torch.tensor([ids[begin : begin + window]], device=model.device)
        logits = model(input_ids=chunk, use_cache=False).logits[0, :-1].float()
        losses = F.cross_entropy(logits, chunk[0, 1:], reduction="none")
        total += float(losses[done - begin - 1 :].sum())
        done = begin + chunk.shape[1]
    return total


def bits_per_character(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Iterable[str],
    *,
    window: int = 512,
    max_chars: int = 20_000,
) -> float:
    """Bits per character (Unicode code points) over the first `max_chars` of `texts`; NaN without any."""
    nats, chars = 0.0, 0
    for text in texts:
        if chars >= max_chars:
            break
        text = text[: max_chars - chars]
        nats += text_nats(model, tokenizer, text, window)
        chars += len(text)
    return nats / chars / math.log(2) if chars else math.nan
