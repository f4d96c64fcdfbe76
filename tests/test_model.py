"""Loading: every architecture from disk, in 4 bits and without, and every way it can fail."""

from __future__ import annotations

import json
import logging
import pickle
import string
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import ARCHITECTURES, save_tiny, source_of, tiny_config, tiny_model, tiny_tokenizer

from persian_assistant.errors import ModelError
from persian_assistant.model import compute_dtype, is_4bit, load_model, pick_device, weights_mb


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_four_bits_on_every_architecture(architecture: str, tmp_path: Path, capfd: Any, caplog: Any) -> None:
    source = save_tiny(tmp_path / "m", architecture)
    capfd.readouterr()
    with caplog.at_level(logging.INFO):
        loaded = load_model(source, device="cpu")
    shown = capfd.readouterr()
    assert shown.out == shown.err == "" and not caplog.records  # nothing on the user's screen
    assert (loaded.quantization, loaded.device, loaded.notices) == ("nf4", "cpu", [])
    layers = [one for one in loaded.model.modules() if is_4bit(one)]
    assert len(layers) == {"gpt2": 8}.get(architecture, 14)
    assert not is_4bit(loaded.model.get_output_embeddings())
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
    assert loaded.tokenizer.pad_token_id is not None and loaded.tokenizer.eos_token_id is not None
    plain = load_model(source, quantization="none", device="cpu")
    assert plain.quantization == "none" and not any(map(is_4bit, plain.model.modules()))
    assert loaded.weights_mb < plain.weights_mb
    ids = torch.tensor([loaded.tokenizer("سلام، حال شما؟")["input_ids"]])
    with torch.inference_mode():
        four, full = loaded.model(ids).logits.float(), plain.model(ids).logits.float()
    assert torch.isfinite(four).all()
    assert torch.nn.functional.cosine_similarity(four.flatten(), full.flatten(), dim=0) > 0.9


def test_sizes_the_cpu_kernel_does_not_take_run_all_the_same(tmp_path: Path) -> None:
    source = save_tiny(tmp_path / "m", "gpt2", n_embd=40, n_head=4)
    notices: list[str] = []
    loaded = load_model(source, device="cpu", notice=notices.append)
    assert loaded.quantization == "nf4" and notices == []
    with torch.inference_mode():
        for length in (1, 7):
            assert torch.isfinite(loaded.model(torch.ones((1, length), dtype=torch.long)).logits).all()


def test_where_four_bits_cannot_run_it_says_so_once_and_goes_on(tmp_path: Path, monkeypatch: Any) -> None:
    source = save_tiny(tmp_path / "m", "gpt2")
    monkeypatch.setitem(__import__("sys").modules, "bitsandbytes", None)  # as if it were not installed
    notices: list[str] = []
    loaded = load_model(source, device="cpu", notice=notices.append)
    assert loaded.quantization == "none" and loaded.notices == notices and len(notices) == 1
    assert not any(map(is_4bit, loaded.model.modules()))


def test_bin_weights_load_but_only_numbers(tmp_path: Path) -> None:
    source = save_tiny(tmp_path / "m", "gpt2")
    weights = load_model(source, quantization="none", device="cpu").model.state_dict()
    (source.path / "model.safetensors").unlink()
    torch.save(weights, source.path / "pytorch_model.bin")
    assert load_model(source, device="cpu").quantization == "nf4"

    class Payload:
        def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
            return (Path.touch, (tmp_path / "ran",))

    with (source.path / "pytorch_model.bin").open("wb") as file:
        torch.save({**weights, "evil": Payload()}, file)
    for quantization in ("nf4", "none"):
        with pytest.raises(ModelError) as caught:
            load_model(source, quantization=quantization, device="cpu")
        assert caught.value.key == "model.unsafe_weights"
    (source.path / "pytorch_model.bin").write_bytes(pickle.dumps(Payload()))
    with pytest.raises(ModelError):
        load_model(source, device="cpu")
    assert not (tmp_path / "ran").exists()


def cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def break_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 64)


def drop_tensor(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["transformer.h.1.mlp.c_fc.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def other_sizes(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "n_embd": 128}))


def unknown_type(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "nobody-knows"}))


def remote_code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    own = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "evil", "auto_map": own}))
    (folder / "evil.py").write_text("raise SystemExit('ran')")


@pytest.mark.parametrize(
    ("spoil", "keys"),
    [
        (lambda folder: (folder / "config.json").unlink(), {"model.missing_files"}),
        (lambda folder: (folder / "config.json").write_text("{"), {"model.damaged"}),
        (lambda folder: (folder / "model.safetensors").unlink(), {"model.missing_files"}),
        (lambda folder: (folder / "tokenizer.json").unlink(), {"model.no_tokenizer"}),
        (cut_weights, {"model.damaged"}),
        (break_header, {"model.damaged"}),
        (drop_tensor, {"model.missing_weights"}),
        (other_sizes, {"model.damaged", "model.missing_weights"}),
        (unknown_type, {"model.unknown_architecture"}),
        (remote_code, {"model.remote_code"}),
    ],
    ids=["config", "json", "weights", "tokenizer", "cut", "header", "tensor", "sizes", "type", "code"],
)
def test_each_failure_has_its_own_answer(spoil: Any, keys: set[str], tmp_path: Path) -> None:
    source = save_tiny(tmp_path / "m", "gpt2")
    spoil(source.path)
    for quantization in ("nf4", "none"):
        with pytest.raises(ModelError) as caught:
            load_model(source, quantization=quantization, device="cpu")
        assert caught.value.key in keys, caught.value
        assert str(source.path) in str(caught.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        load_model(source_of(tmp_path / "nowhere"), device="cpu")


def test_devices() -> None:
    assert pick_device("cpu") == "cpu"
    if not torch.cuda.is_available():
        with pytest.raises(ModelError):
            pick_device("cuda")
    assert pick_device("auto") in ("cpu", "cuda", "mps")
    assert compute_dtype("cpu") in (torch.bfloat16, torch.float32)


def test_missing_end_and_padding_tokens_are_filled_in(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer("plain")
    model = tiny_model(tiny_config("gpt2", tokenizer))
    tokenizer.eos_token = None
    model.config.eos_token_id = None
    model.generation_config.eos_token_id = None
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded = load_model(source_of(tmp_path), device="cpu")
    assert loaded.tokenizer.eos_token_id is not None
    assert loaded.tokenizer.pad_token_id is not None
    assert loaded.model.config.pad_token_id == loaded.tokenizer.pad_token_id


def test_every_sentence_of_the_area_fills_in() -> None:
    from persian_assistant.wording.model import CATALOGUE

    for key, sentences in CATALOGUE.items():
        for template in sentences.values():
            names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert names <= {"path", "reason", "names", "device", "name"}, key
        assert sentences.keys() == {"fa", "en"}


@pytest.mark.slow
def test_the_exact_shape_of_gpt2_fa(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer("plain")
    sizes = {"vocab_size": 42_001, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12}
    tiny_model(tiny_config("gpt2", tokenizer, **sizes)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded = load_model(source_of(tmp_path), device="cpu")
    assert loaded.quantization == "nf4" and sum(map(is_4bit, loaded.model.modules())) == 48
    if compute_dtype("cpu") is torch.bfloat16:
        assert weights_mb(loaded.model) < 110
