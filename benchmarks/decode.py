"""Decoding speed, ours beside transformers' `generate()`, with and without a live adapter.

    python benchmarks/decode.py [--rounds 5] [--tokens 64] [--lora-r 16] [--prompt 64]
                                [--cpu-time] [--json FILE]

A random model of gpt2-fa's shape in 4 bits. The variants take turns within each round, so that another
load on the machine meets all of them; read the ratios, not the absolute figures. On a busy machine set
OMP_NUM_THREADS=1 and count the processor's time (`--cpu-time`) in place of the clock's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from persian_assistant.adapters import attach, remove_adapter, save_adapter
from persian_assistant.config import GenerationConfig
from persian_assistant.engine import Engine
from persian_assistant.hub import ModelSource
from persian_assistant.model import load_model
from persian_assistant.template import ChatTemplate

clock = time.perf_counter


def gpt2_fa_shaped(folder: Path) -> ModelSource:
    """A random model with HooshvareLab/gpt2-fa's sizes and a tokenizer of as many entries."""
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = ["<|endoftext|>", *alphabet, *(f"Ġ{number}" for number in range(42_000 - len(alphabet)))]
    backend = Tokenizer(models.BPE({text: index for index, text in enumerate(entries)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<|endoftext|>").save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"vocab_size": 42_001, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12}
    model = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0, pad_token_id=0))
    model.save_pretrained(folder)
    return ModelSource(name="gpt2-fa-shaped", path=folder, repo_id=None, revision=None, fingerprint="random")


def random_adapter(model: Any, folder: Path, lora_r: int) -> Path:
    """An adapter whose both halves are random, so that it changes every score."""
    folder.mkdir()
    peft_model = attach(model, None, "fresh", lora_r=lora_r, trainable=True)
    with torch.no_grad():
        for name, parameter in peft_model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.01)
    save_adapter(peft_model, folder)
    remove_adapter(peft_model)
    return folder


def generate(model: Any, prompt: list[int], settings: GenerationConfig) -> float:
    """Tokens per second of transformers' own loop."""
    ids = torch.tensor([prompt])
    began = clock()
    with torch.inference_mode():
        model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=settings.temperature,
            top_p=settings.top_p,
            top_k=0,
            repetition_penalty=settings.repetition_penalty,
            max_new_tokens=settings.max_new_tokens,
            min_new_tokens=settings.max_new_tokens,
            pad_token_id=0,
        )
    return settings.max_new_tokens / (clock() - began)


def ours(engine: Engine, prompt: list[int], settings: GenerationConfig) -> float:
    """Tokens per second of a whole answer, prompt included, as for `generate`."""
    engine._cache = None
    began = clock()
    for _ in engine.stream_ids(prompt, settings):
        pass
    return engine.new_tokens / (clock() - began)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--lora-r", type=int, default=16)
    parser.add_argument("--cpu-time", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.cpu_time:
        global clock
        clock = time.process_time
    settings = GenerationConfig(max_new_tokens=arguments.tokens, random_seed=1)
    with tempfile.TemporaryDirectory() as name:
        figures = measure(Path(name), arguments, settings)
    base = statistics.median(figures["generate"])
    for variant, speeds in figures.items():
        middle = statistics.median(speeds)
        print(
            f"{variant:24} {middle:7.1f} tokens/s   x {middle / base:.2f}   {[round(s, 1) for s in speeds]}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


def measure(
    folder: Path, arguments: argparse.Namespace, settings: GenerationConfig
) -> dict[str, list[float]]:
    """Tokens per second of each variant, one figure a round (the first round warms up and is left out)."""
    loaded = load_model(gpt2_fa_shaped(folder / "model"), device="cpu")
    print(f"weights {loaded.weights_mb:.1f} MiB, {loaded.quantization}, {loaded.model.dtype}")
    model = loaded.model
    prompt = torch.randint(300, 42_000, (arguments.prompt,)).tolist()
    template = ChatTemplate.for_model(loaded.tokenizer)
    engine = Engine(model, loaded.tokenizer, template)
    adapter = random_adapter(model, folder / "adapter", arguments.lora_r)
    figures: dict[str, list[float]] = {}

    def note(variant: str, run: Callable[[], float]) -> None:
        figures.setdefault(variant, []).append(run())

    for _ in range(arguments.rounds + 1):
        note("generate", lambda: generate(model, prompt, settings))
        note("ours", lambda: ours(engine, prompt, settings))
        peft_model = attach(model, adapter, "plain", trainable=True).eval()  # PEFT's own forward, float32
        note("generate + adapter", lambda: generate(model, prompt, settings))
        remove_adapter(peft_model)
        peft_model = attach(model, adapter, "live")
        note("ours + adapter", lambda: ours(engine, prompt, settings))
        remove_adapter(peft_model)
    return {variant: speeds[1:] for variant, speeds in figures.items()}


if __name__ == "__main__":
    main()
