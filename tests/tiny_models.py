"""Tiny random models of the real architectures, with real small tokenizers trained on the spot.

Nothing here is a stand-in: the classes are transformers' own, only the sizes are small.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from persian_assistant.hub import ModelSource

SENTENCES = [
    "سلام، حال شما چطور است؟ امیدوارم روز خوبی داشته باشید.",
    "من دیروز به بازار رفتم و چند کیلو سیب و پرتقال خریدم.",
    "هوا امروز کمی سرد است، اما آفتاب می‌تابد و پرنده‌ها می‌خوانند.",
    "مادرم همیشه می‌گوید که کتاب خواندن بهترین دوست آدم است.",
    "لطفاً بگو چطور می‌توانم یک برنامهٔ کوچک به زبان پایتون بنویسم؟",
    "برادرم در شیراز زندگی می‌کند و هر سال نوروز به دیدنش می‌رویم.",
    "کتابخانهٔ محلهٔ ما بزرگ و آرام است و هر هفته چند کتاب تازه می‌آورد.",
    "خیلی ممنون، پاسخ شما بسیار روشن و کامل بود.",
    "اگر باران ببارد، در خانه می‌مانیم و چای می‌نوشیم.",
    "او گفت: «فردا ساعت هشت صبح در ایستگاه منتظر تو هستم.»",
    "قطار تهران به مشهد ساعت ۷ حرکت می‌کند و بلیت آن ۲۵۰ هزار تومان است.",
    "نام من سارا است و گربه‌ای سفید به نام برفی دارم.",
]

LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
CHATML = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are helpful.<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
QWEN3 = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}"
    "<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
GEMMA2 = (
    "{{ bos_token }}"
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate user/assistant') }}{% endif %}"
    "<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n"
    "{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
MINI = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
ZEPHYR = (  # markers that are ordinary text, as TinyLlama has them
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
NO_SYSTEM = (  # leaves a system turn out without a word
    "{% for m in messages if m['role'] != 'system' %}<|im_start|>{{ m['role'] }}\n"
    "{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# name -> (chat template, special tokens, bos, eos, pad)
FORMATS: dict[str, tuple[str | None, list[str], str | None, str, str | None]] = {
    "plain": (None, ["<|endoftext|>"], None, "<|endoftext|>", None),
    "mini": (
        MINI,
        ["<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"],
        None,
        "<|end|>",
        "<|pad|>",
    ),
    "llama3": (
        LLAMA3,
        ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        "<|begin_of_text|>",
        "<|eot_id|>",
        None,
    ),
    "chatml": (
        CHATML,
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        None,
        "<|im_end|>",
        "<|endoftext|>",
    ),
    "qwen3": (QWEN3, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], None, "<|im_end|>", "<|endoftext|>"),
    "gemma2": (
        GEMMA2,
        ["<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"],
        "<bos>",
        "<eos>",
        "<pad>",
    ),
    "zephyr": (ZEPHYR, ["<s>", "</s>"], "<s>", "</s>", None),
    "no_system": (
        NO_SYSTEM,
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        None,
        "<|im_end|>",
        "<|endoftext|>",
    ),
}

ARCHITECTURES = {"gpt2": "plain", "llama": "llama3", "gemma2": "gemma2", "qwen2": "chatml", "qwen3": "qwen3"}
"""Architecture -> the chat format its real models come with."""


@cache
def _backend(specials: tuple[str, ...], sentencepiece: bool) -> str:
    """A trained tokenizer as JSON: byte-level BPE, or SentencePiece's kind with byte fallback (Gemma)."""
    if not sentencepiece:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=500,
            special_tokens=list(specials),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(SENTENCES, trainer)
        return str(tokenizer.to_str())
    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizers.Replace(" ", "▁")
    learner.pre_tokenizer = pre_tokenizers.Split("\n", "isolated")
    learner.train_from_iterator(
        ["\n".join(SENTENCES)], trainers.BpeTrainer(vocab_size=240, show_progress=False, special_tokens=[])
    )
    learned = json.loads(learner.to_str())["model"]
    entries = [*specials, "<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *learned["vocab"]]
    vocabulary = {text: index for index, text in enumerate(dict.fromkeys(entries))}
    merges = [tuple(pair) for pair in learned["merges"]]
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens([*specials, "<unk>"])
    return str(tokenizer.to_str())


def tiny_tokenizer(kind: str) -> Any:
    """A fresh transformers tokenizer with the chat template of `kind` (a key of FORMATS)."""
    template, specials, bos, eos, pad = FORMATS[kind]
    backend = Tokenizer.from_str(_backend(tuple(specials), kind == "gemma2"))
    names = {"bos_token": bos, "eos_token": eos, "pad_token": pad}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, **{name: text for name, text in names.items() if text}
    )
    tokenizer.chat_template = template
    return tokenizer


def tiny_config(architecture: str, tokenizer: Any, **changes: Any) -> Any:
    """The smallest sensible config: width 64, two layers, 256 positions."""
    ids = {
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if architecture == "gpt2":
        return GPT2Config(**{"n_positions": 256, "n_embd": 64, "n_layer": 2, "n_head": 4} | ids | changes)
    kinds = {"llama": LlamaConfig, "gemma2": Gemma2Config, "qwen2": Qwen2Config, "qwen3": Qwen3Config}
    sizes = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 256,
        "tie_word_embeddings": architecture in ("gemma2", "qwen2"),
    }
    if architecture == "gemma2":
        sizes["sliding_window"] = 64
    return kinds[architecture](**sizes | ids | changes)


def tiny_model(config: Any, seed: int = 0) -> Any:
    """A random model of `config`, spread wide enough that its tokens differ."""
    kinds = {
        "gpt2": GPT2LMHeadModel,
        "llama": LlamaForCausalLM,
        "gemma2": Gemma2ForCausalLM,
        "qwen2": Qwen2ForCausalLM,
        "qwen3": Qwen3ForCausalLM,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config.initializer_range = 0.2
        return kinds[config.model_type](config).eval()


def save_tiny(folder: Path, architecture: str, kind: str | None = None, **changes: Any) -> ModelSource:
    """A tiny model with its tokenizer on disk, as the Hub would deliver it."""
    tokenizer = tiny_tokenizer(kind or ARCHITECTURES[architecture])
    model = tiny_model(tiny_config(architecture, tokenizer, **changes))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return source_of(folder)


def source_of(folder: Path) -> ModelSource:
    return ModelSource(name="tiny", path=folder, repo_id=None, revision=None, fingerprint="0" * 16)
