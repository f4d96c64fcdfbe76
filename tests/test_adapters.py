"""Adapters on every architecture: found, trained, saved, swapped under a running answer, taken off."""

from __future__ import annotations

import gc
import json
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from adapter_parts import GREEDY, LLAMA_TARGETS, TALK, adapter_on_disk, loader, logits, train
from safetensors.torch import load_file, save_file
from tiny_models import ARCHITECTURES, tiny_config, tiny_model, tiny_tokenizer

from persian_assistant.adapters import (
    SERIAL,
    adapter_tensors,
    attach,
    base_of,
    fan_in_fan_out,
    remove_adapter,
    save_adapter,
    scale_update,
    swap_adapter,
    target_modules,
)
from persian_assistant.config import GenerationConfig
from persian_assistant.engine import Engine
from persian_assistant.errors import ModelError
from persian_assistant.model import LoadedModel
from persian_assistant.template import ChatTemplate
from persian_assistant.training_copy import training_copy


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., LoadedModel]:
    return loader(tmp_path_factory.mktemp)


@pytest.mark.parametrize("quantization", ["nf4", "none"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_load_quantise_train_save_and_serve(
    architecture: str, quantization: str, loaded: Any, tmp_path: Path
) -> None:
    one = loaded(architecture, quantization)
    expected = ["c_attn", "c_fc", "c_proj"] if architecture == "gpt2" else LLAMA_TARGETS
    assert target_modules(one.model) == expected
    assert fan_in_fan_out(one.model) is (architecture == "gpt2")
    template = ChatTemplate.for_model(one.tokenizer)
    before = logits(one.model)
    twin = training_copy(one.model)
    assert torch.allclose(logits(twin), before, atol=0.15, rtol=0.1)
    peft_model = attach(twin, None, "candidate", lora_r=4, trainable=True)
    trainable = [name for name, one_ in peft_model.named_parameters() if one_.requires_grad]
    assert trainable and all("lora_" in name for name in trainable)
    start = {name: tensor.detach().clone() for name, tensor in adapter_tensors(peft_model).items()}
    losses = train(peft_model, template)
    assert all(torch.isfinite(torch.tensor(losses))) and losses[-1] < losses[0]
    assert all(
        not torch.equal(start[name], tensor)
        for name, tensor in adapter_tensors(peft_model).items()
        if "lora_B" in name
    )
    assert torch.equal(logits(one.model), before)  # the base is as it was
    save_adapter(peft_model, tmp_path)
    trained = logits(peft_model.eval())
    served = attach(one.model, tmp_path, "v1")
    assert torch.allclose(logits(one.model), trained, atol=0.3, rtol=0.1)
    assert not torch.allclose(logits(one.model), before, atol=1e-3)
    assert list(Engine(one.model, one.tokenizer, template).stream(TALK[:1], GREEDY)) is not None
    assert remove_adapter(served) is one.model
    assert torch.equal(logits(one.model), before)


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_an_adapter_of_four_bits_loads_on_the_unquantised_base(
    architecture: str, loaded: Any, tmp_path: Path
) -> None:
    """The delta is the same: transposed storage (Conv1D) and 4 bits do not turn it round."""
    folder = adapter_on_disk(loaded(architecture), tmp_path / "a")
    deltas: list[dict[str, torch.Tensor]] = []
    for quantization in ("nf4", "none"):
        one = loaded(architecture, quantization)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            peft_model = attach(one.model, folder, "v1")
        deltas.append({})
        for name, layer in one.model.named_modules():
            if hasattr(layer, "base_layer"):
                x = torch.randn(1, 3, layer.in_features, generator=torch.Generator().manual_seed(1))
                with torch.inference_mode():
                    x = x.to(one.model.dtype)
                    deltas[-1][name] = (layer(x) - layer.base_layer(x)).float()
        remove_adapter(peft_model)
    assert len(deltas[0]) == len(deltas[1]) == {"gpt2": 8, "llama": 14}[architecture]
    for name, delta in deltas[0].items():
        similar = torch.nn.functional.cosine_similarity(delta.flatten(), deltas[1][name].flatten(), dim=0)
        assert similar > 0.99, name
    assert json.loads((folder / "adapter_config.json").read_text())["fan_in_fan_out"] is (
        architecture == "gpt2"
    )


@pytest.mark.parametrize("architecture", ["gpt2", "gemma2"])
@pytest.mark.parametrize("quantization", ["nf4", "none"])
def test_the_fused_forward_is_pefts(
    architecture: str, quantization: str, loaded: Any, tmp_path: Path
) -> None:
    one = loaded(architecture, quantization)
    peft_model = attach(one.model, adapter_on_disk(one, tmp_path / "a"), "v1")
    fused = logits(one.model)
    layers = [layer for layer in one.model.modules() if "forward" in vars(layer)]
    assert layers
    for layer in layers:
        del layer.__dict__["forward"]
    own = logits(one.model)
    assert torch.allclose(fused, own, atol=0.1, rtol=0.05)
    assert torch.nn.functional.cosine_similarity(fused.flatten(), own.flatten(), dim=0) > 0.999
    remove_adapter(peft_model)


def test_the_fused_forward_steps_aside(loaded: Any, tmp_path: Path) -> None:
    one = loaded("gpt2")
    bare = logits(one.model)
    peft_model = attach(one.model, adapter_on_disk(one, tmp_path / "a"), "v1")
    with peft_model.disable_adapter():
        assert torch.equal(logits(one.model), bare)
    assert not torch.equal(logits(one.model), bare)
    remove_adapter(peft_model)


def test_a_swap_between_two_tokens(loaded: Any, tmp_path: Path) -> None:
    """The answer goes on from the same cache with the new adapter; nothing of the old stays."""
    one = loaded("gpt2")
    first, second = (adapter_on_disk(one, tmp_path / name, seed) for name, seed in (("a", 1), ("b", 2)))
    alone = attach(one.model, second, "alone")
    expected = logits(one.model)
    remove_adapter(alone)
    peft_model = attach(one.model, first, "v1")
    engine = Engine(one.model, one.tokenizer, ChatTemplate.for_model(one.tokenizer))
    serial = getattr(one.model, SERIAL)
    pieces = engine.stream_ids([5, 6, 7], GenerationConfig(do_sample=False, max_new_tokens=200))
    next(pieces)
    swapper = threading.Thread(target=swap_adapter, args=(peft_model, second, "v2", engine.lock))
    swapper.start()
    rest = list(pieces)
    swapper.join()
    assert rest and getattr(one.model, SERIAL) == serial + 1
    assert list(peft_model.peft_config) == ["v2"] and peft_model.active_adapters == ["v2"]
    assert not any(".v1." in name for name, _ in peft_model.named_parameters())
    assert torch.equal(logits(one.model), expected)
    with pytest.raises(ValueError, match="taken"):
        swap_adapter(peft_model, first, "v2")
    remove_adapter(peft_model)


def test_a_swap_waits_for_the_running_step(loaded: Any, tmp_path: Path) -> None:
    one = loaded("gpt2")
    peft_model = attach(one.model, adapter_on_disk(one, tmp_path / "a"), "v1")
    second = adapter_on_disk(one, tmp_path / "b", 2)
    lock = threading.RLock()
    with lock:
        before = logits(one.model)
        swapper = threading.Thread(target=swap_adapter, args=(peft_model, second, "v2", lock))
        swapper.start()
        swapper.join(timeout=0.5)
        assert swapper.is_alive() and torch.equal(logits(one.model), before)
    swapper.join()
    assert not torch.equal(logits(one.model), before)
    remove_adapter(peft_model)


def no_weights(folder: Path) -> None:
    (folder / "adapter_model.safetensors").unlink()


def as_bin(folder: Path) -> None:
    torch.save(load_file(folder / "adapter_model.safetensors"), folder / "adapter_model.bin")
    no_weights(folder)


def change(folder: Path, edit: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    tensors = load_file(folder / "adapter_model.safetensors")
    edit(tensors)
    save_file(tensors, folder / "adapter_model.safetensors")


KEY = "base_model.model.transformer.h.1.mlp.c_fc.lora_A.weight"


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (no_weights, "model.adapter_missing"),
        (lambda folder: (folder / "adapter_config.json").unlink(), "model.adapter_missing"),
        (as_bin, "model.adapter_unsafe"),
        (
            lambda folder: (folder / "adapter_model.safetensors").write_bytes(b"broken"),
            "model.adapter_damaged",
        ),
        (lambda folder: (folder / "adapter_config.json").write_text("{"), "model.adapter_damaged"),
        (lambda folder: change(folder, lambda tensors: tensors.pop(KEY)), "model.adapter_mismatch"),
        (
            lambda folder: change(folder, lambda tensors: tensors.update({KEY: torch.ones(8, 63)})),
            "model.adapter_mismatch",
        ),
        (
            lambda folder: change(folder, lambda tensors: tensors.update({"more": torch.ones(1)})),
            "model.adapter_mismatch",
        ),
        (
            lambda folder: change(folder, lambda tensors: tensors[KEY].fill_(float("nan"))),
            "model.adapter_mismatch",
        ),
    ],
    ids=["weights", "config", "bin", "broken", "json", "key", "shape", "extra", "nan"],
)
def test_a_bad_adapter_is_refused_and_the_old_one_serves(
    spoil: Any, key: str, loaded: Any, tmp_path: Path
) -> None:
    one = loaded("gpt2")
    peft_model = attach(one.model, adapter_on_disk(one, tmp_path / "good"), "v1")
    before = logits(one.model)
    bad = adapter_on_disk(one, tmp_path / "bad", 2)
    spoil(bad)
    with pytest.raises(ModelError) as caught:
        swap_adapter(peft_model, bad, "v2")
    assert caught.value.key == key, caught.value
    assert torch.equal(logits(one.model), before) and list(peft_model.peft_config) == ["v1"]
    remove_adapter(peft_model)
    with pytest.raises(ModelError):
        attach(one.model, bad, "v1")


def test_an_adapter_of_another_base_is_refused(loaded: Any, tmp_path: Path) -> None:
    folder = adapter_on_disk(loaded("llama"), tmp_path / "a")
    with pytest.raises(ModelError) as caught:
        attach(loaded("gpt2").model, folder, "v1")
    assert caught.value.key == "model.adapter_mismatch"


def test_pefts_own_loader_reads_what_we_save(loaded: Any, tmp_path: Path) -> None:
    from peft import PeftModel

    one = loaded("llama", "none")
    folder = adapter_on_disk(one, tmp_path / "a")
    served = attach(one.model, folder, "v1")
    expected = logits(one.model)
    remove_adapter(served)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        other = PeftModel.from_pretrained(training_copy(one.model), str(folder)).eval()
    assert torch.allclose(logits(other), expected, atol=0.2, rtol=0.1)


def test_twenty_rounds_leave_nothing_behind(loaded: Any, tmp_path: Path) -> None:
    one = loaded("gpt2")
    folders = [adapter_on_disk(one, tmp_path / str(seed), seed) for seed in (1, 2)]

    def alive() -> tuple[int, int]:
        gc.collect()
        found = gc.get_objects()
        return (
            sum(issubclass(type(item), torch.nn.Module) for item in found),
            sum(issubclass(type(item), torch.Tensor) for item in found),
        )

    peft_model = attach(one.model, folders[0], "v0")
    counts = []
    for number in range(1, 21):
        trainee = attach(training_copy(one.model), folders[0], "next", trainable=True)
        del trainee
        swap_adapter(peft_model, folders[number % 2], f"v{number}")
        if number % 6 == 2:  # 2, 8, 14, 20
            counts.append(alive())
    assert len(set(counts)) == 1 and len(counts) == 4, counts
    remove_adapter(peft_model)


def test_target_names_that_are_shared_are_given_in_full() -> None:
    tokenizer = tiny_tokenizer("plain")
    model = tiny_model(tiny_config("gpt2", tokenizer))
    model.transformer.h[0].extra = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
    names = target_modules(model)
    assert "transformer.h.0.extra.0" in names and "c_attn" in names and "0" not in names
    assert base_of(model) is model


def test_a_part_of_an_update(loaded: Any, tmp_path: Path) -> None:
    one = loaded("llama")
    folder = adapter_on_disk(one, tmp_path / "a")
    trained = load_file(folder / "adapter_model.safetensors")
    start = {name: torch.zeros_like(tensor) + 0.5 for name, tensor in trained.items()}
    scale_update(folder, start, 0.8)
    scale_update(folder, start, 0.75)  # three quarters of four fifths
    scaled = load_file(folder / "adapter_model.safetensors")
    for name, tensor in trained.items():
        assert torch.allclose(scaled[name], 0.5 + 0.6 * (tensor - 0.5), atol=1e-6)
    remove_adapter(attach(one.model, folder, "part"))  # and it still loads
