"""The tokenizer of a model built here: byte-level BPE, Persian first.

Digits stand apart (one token each), the half space (ZWNJ) stays inside its word, and every byte has a
token, so that nothing is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

PAD, END, SYSTEM, USER, ASSISTANT, FACTS = (
    "<|pad|>",
    "<|end|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|facts|>",
)
SPECIAL_TOKENS = [PAD, END, SYSTEM, USER, ASSISTANT, FACTS, "<|spare1|>", "<|spare2|>"]

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] | trim + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)

_PIECES = Regex(r" ?[\p{L}\p{M}\x{200c}]+|\p{N}|\n+| ?[^\s\p{L}\p{M}\p{N}]+|\s")


def train_tokenizer(documents: Iterable[str], vocab_size: int, length: int | None = None) -> Tokenizer:
    """A BPE of `vocab_size` entries, special tokens first. `length` is for the progress bar."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace("ي", "ی"), normalizers.Replace("ك", "ک")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_PIECES, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer, length=length)
    return tokenizer


def as_pretrained(tokenizer: Tokenizer, model_max_length: int) -> PreTrainedTokenizerFast:
    """The same in Hugging Face's form, with chat template and special tokens named."""
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[SYSTEM, USER, ASSISTANT, FACTS],
        model_max_length=model_max_length,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def special_id(tokenizer: Tokenizer, token: str) -> int:
    """The id of one of `SPECIAL_TOKENS`. Raises KeyError in a tokenizer that is not of this kind."""
    found = tokenizer.token_to_id(token)
    if found is None:
        raise KeyError(token)
    return int(found)


def plain_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Token ids of plain text of any length; nothing in it is read as a special token."""
    ids = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True, verbose=False)
    return [int(token) for token in ids]
