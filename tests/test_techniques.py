"""Every technique on tiny models of the real architectures: trained, saved, and serving from its folder."""

from __future__ import annotations

import json
import shutil
import threading
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from adapter_parts import loader, logits, train
from tiny_models import save_tiny

from persian_assistant.config import GenerationConfig, ModelConfig
from persian_assistant.engine import Engine, context_length
from persian_assistant.errors import ModelError, UsageError
from persian_assistant.metrics import greedy_answers, mean_loss
from persian_assistant.model import LoadedModel, load_model
from persian_assistant.packing import shape_of
from persian_assistant.records import Message
from persian_assistant.techniques import (
    TechniqueSettings,
    Trainee,
    memory_needed,
    prepare,
    quantization_for,
)
from persian_assistant.techniques_folder import NAMES, RECORD, ServedFolder, TrainedFolder, with_folder
from persian_assistant.techniques_loading import load_trained
from persian_assistant.template import ChatTemplate

SETTINGS = TechniqueSettings(num_virtual_tokens=6, encoder_hidden_size=16)
GREEDY = GenerationConfig(do_sample=False, repetition_penalty=1.0, max_new_tokens=20)


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return loader(tmp_path_factory.mktemp)


def trained(loaded: LoadedModel, technique: str, steps: int = 3) -> Trainee:
    trainee = prepare(loaded, technique, SETTINGS, random_seed=1)
    train(trainee.model, ChatTemplate.for_model(loaded.tokenizer), steps)
    trainee.model.eval()
    return trainee


def saved(trainee: Trainee, folder: Path) -> TrainedFolder:
    folder.mkdir(parents=True)
    trainee.save(folder, {"steps": 3})
    return TrainedFolder.read(folder)


def served(loaded: LoadedModel, folder: TrainedFolder) -> LoadedModel:
    return load_trained(loaded.source, folder, quantization=loaded.quantization, device="cpu")[0]


# --- trained, saved, loaded -------------------------------------------------------------------------


@pytest.mark.parametrize("technique", NAMES)
@pytest.mark.parametrize("architecture", ["gpt2", "llama", "gemma2"])
def test_what_serves_is_what_was_trained(
    load: Any, tmp_path: Path, architecture: str, technique: str
) -> None:
    loaded = load(architecture, quantization_for(technique))
    base = logits(loaded.model)
    trainee = trained(loaded, technique, steps=8)
    there = logits(trainee.model)
    moved = float((there - base).abs().mean())
    assert moved > 1e-3
    assert torch.equal(logits(loaded.model), base)  # what serves was not touched
    folder = saved(trainee, tmp_path / "out")
    assert (folder.technique, folder.quantization) == (technique, loaded.quantization)
    assert folder.base["fingerprint"] == loaded.source.fingerprint and folder.settings == {"steps": 3}
    assert not [path for path in folder.path.iterdir() if path.suffix in (".bin", ".pt", ".pth")]
    again, count = load_trained(loaded.source, folder, quantization=loaded.quantization, device="cpu")
    off = float((logits(again.model) - there).abs().mean())
    assert off < 0.25 * moved, (off, moved)  # bfloat16, and in 4 bits another kernel
    assert again.source == loaded.source
    assert count == (SETTINGS.num_virtual_tokens * 64 if technique == "p_tuning" else trainee.parameters)


def test_lora_is_on_every_linear_layer_and_ia3_on_those_of_peft(load: Any, tmp_path: Path) -> None:
    loaded = load("gemma2", "nf4")
    assert (
        prepare(loaded, "qlora", SETTINGS, 1).parameters
        == sum(
            8 * (rows + columns)
            for rows, columns in [(64, 64), (32, 64), (32, 64), (64, 64), (128, 64), (128, 64), (64, 128)]
        )
        * 2
    )
    config = prepare(loaded, "lora", SETTINGS, 1).model.peft_config["trained"]
    assert set(config.target_modules) == {
        *("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    }
    assert (config.r, config.lora_alpha, config.lora_dropout) == (8, 16, 0.01)
    ia3 = prepare(load("gemma2", "none"), "ia3", SETTINGS, 1)
    assert ia3.parameters == 2 * (64 + 32 + 128)  # queries, values, and what enters down_proj


@pytest.mark.parametrize(("architecture", "tensors"), [("gemma2", 1), ("gpt2", 1), ("llama", 2)])
def test_tied_embeddings_train_as_one_and_untied_ones_as_two(
    load: Any, tmp_path: Path, architecture: str, tensors: int
) -> None:
    from safetensors.torch import load_file

    loaded = load(architecture, "none")
    trainee = trained(loaded, "embeddings")
    ends = [trainee.model.get_input_embeddings().weight, trainee.model.get_output_embeddings().weight]
    assert (ends[0] is ends[1]) == (tensors == 1)
    before = [loaded.model.get_input_embeddings().weight, loaded.model.get_output_embeddings().weight]
    assert all(not torch.equal(new, old.float()) for new, old in zip(ends, before, strict=True))
    others = dict(trainee.model.named_parameters())
    frozen = [name for name, one in loaded.model.named_parameters() if torch.equal(one.float(), others[name])]
    assert len(frozen) == len(others) - tensors
    folder = saved(trainee, tmp_path / "out")
    assert len(load_file(folder.path / "embeddings.safetensors")) == tensors
    again = served(loaded, folder).model
    tied = again.get_input_embeddings().weight is again.get_output_embeddings().weight
    assert tied == (tensors == 1)


def test_the_seed_decides_what_is_drawn(load: Any) -> None:
    loaded = load("llama", "none")
    first, same, other = (
        prepare(loaded, "p_tuning", SETTINGS, seed).model.prompt_encoder.embedding.weight
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, same) and not torch.equal(first, other)


def test_a_whole_model_is_a_model_folder_by_itself(load: Any, tmp_path: Path) -> None:
    loaded = load("gpt2", "none")
    folder = saved(trained(loaded, "full"), tmp_path / "out")
    alone = load_model(replace(loaded.source, path=folder.path), quantization="none", device="cpu")
    assert torch.equal(logits(alone.model), logits(served(loaded, folder).model))


@pytest.mark.parametrize("technique", ["embeddings", "full", "ia3", "p_tuning", "lora"])
def test_it_serves_on_a_base_in_4_bits_as_well(load: Any, tmp_path: Path, technique: str) -> None:
    folder = saved(trained(load("llama", "none"), technique), tmp_path / "out")
    four = load("llama", "nf4")
    again = served(four, folder)
    assert again.quantization == "nf4"
    there = logits(again.model)
    assert torch.isfinite(there).all() and not torch.equal(there, logits(four.model))


def test_memory_is_estimated_by_what_trains(load: Any) -> None:
    loaded = load("llama", "none")
    full, embeddings, lora = (memory_needed(loaded, name) for name in ("full", "embeddings", "lora"))
    assert full > embeddings > lora > 0
    assert full > 16 * loaded.model.num_parameters()


# --- virtual tokens: a model that looks as if it had none -------------------------------------------


def answer(engine: Engine, prompt: list[int], most: int = 20) -> list[int]:
    return list(engine._tokens(prompt, replace(GREEDY, max_new_tokens=most), threading.Event()))


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "gemma2", "qwen3"])
def test_virtual_tokens_stream_as_peft_generates(load: Any, tmp_path: Path, architecture: str) -> None:
    from peft import PeftModel

    loaded = load(architecture, "none")
    folder = saved(trained(loaded, "p_tuning"), tmp_path / "out")
    mine = served(loaded, folder)
    engine = Engine(mine.model.float(), mine.tokenizer, ChatTemplate.for_model(mine.tokenizer))
    engine._stops = set()
    plain = load_model(loaded.source, quantization="none", device="cpu").model.float()
    warnings.simplefilter("ignore")  # PEFT's, about how it calls transformers; pytest puts the filters back
    reference = PeftModel.from_pretrained(plain, str(folder.path))

    def generated(prompt: list[int]) -> list[int]:
        ids = torch.tensor([prompt])
        return reference.generate(  # type: ignore[no-any-return]
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=20,
            min_new_tokens=20,
            eos_token_id=[],
            pad_token_id=0,
        )[0, len(prompt) :].tolist()

    first = engine.template.prompt_ids([Message("user", "سلام، حال شما چطور است؟")], 20, 200)
    said = answer(engine, first)
    assert said == generated(first)
    second = [*first, *said, 7, 8, 9]
    steps: list[int] = []
    step = engine._step
    engine._step = lambda ids: steps.append(len(ids)) or step(ids)  # type: ignore[func-returns-value, method-assign]
    assert answer(engine, second) == generated(second)  # behind the cache of the first turn
    assert steps[0] == (len(second) if architecture == "gemma2" else 4)  # window layers cannot be cut
    assert answer(engine, first) == said  # and back to a shorter one
    assert answer(engine, second[:-1]) == generated(second[:-1])


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "gemma2"])
def test_virtual_tokens_are_seen_by_nobody(load: Any, tmp_path: Path, architecture: str) -> None:
    loaded = load(architecture, "none")
    mine = served(loaded, saved(trained(loaded, "p_tuning"), tmp_path / "out"))
    model = mine.model.float()
    ids = torch.arange(5, 17)[None]
    with torch.inference_mode():
        whole = model(ids).logits
        assert whole.shape[1] == 12
        assert torch.allclose(model(ids, logits_to_keep=2).logits, whole[:, -2:], atol=1e-4)
        keep = torch.tensor([0, 3, 11])
        assert torch.allclose(model(ids, logits_to_keep=keep).logits, whole[:, keep], atol=1e-4)
    assert shape_of(model) is not None  # rows packed into one give what they give alone
    loss = -whole[0, :-1].log_softmax(-1).gather(-1, ids[0, 1:, None]).mean()
    assert mean_loss(model, [ids[0].tolist()], max_tokens=100) == pytest.approx(float(loss), rel=1e-4)
    template = ChatTemplate.for_model(mine.tokenizer)
    template.stop_token_ids, template.stop_strings = [], []
    engine = Engine(model, mine.tokenizer, template)
    engine._stops = set()
    prompts = [list(range(5, 5 + length)) for length in (4, 11)]  # the shorter one is padded on the left
    alone = [template.decode(answer(engine, prompt)).strip() for prompt in prompts]
    together = greedy_answers(model, template, prompts, max_new_tokens=20)
    assert [one.text for one in together] == alone


def test_virtual_tokens_take_their_part_of_the_context(load: Any, tmp_path: Path) -> None:
    loaded = load("gpt2", "none")
    mine = served(loaded, saved(trained(loaded, "p_tuning"), tmp_path / "out"))
    longest = context_length(loaded.model, loaded.tokenizer)
    assert context_length(mine.model, mine.tokenizer) == longest - 6
    engine = Engine(mine.model, mine.tokenizer, ChatTemplate.for_model(mine.tokenizer))
    engine._stops = set()
    assert len(answer(engine, [5] * (longest - 10), most=300)) == 4  # to the very last position


# --- folders that are none --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(load: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("folders")
    for name in ("lora", "p_tuning", "embeddings", "ia3"):
        saved(trained(load("llama", "none"), name, steps=1), root / name)
    return root


def test_a_plain_peft_folder_says_what_it_is(load: Any, folders: Path, tmp_path: Path) -> None:
    for name in ("lora", "p_tuning", "ia3"):
        shutil.copytree(folders / name, tmp_path / name)
        (tmp_path / name / RECORD).unlink()
        folder = TrainedFolder.read(tmp_path / name)
        assert (folder.technique, folder.base, folder.quantization) == (name, {}, None)
        served(load("llama", "none"), folder)


def changed(folders: Path, to: Path, name: str, **record: Any) -> Path:
    shutil.copytree(folders / name, to)
    path = to / RECORD
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **record}), "utf-8")
    return to


def test_what_cannot_be_read_says_so(folders: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        TrainedFolder.read(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"technique\.json"):
        TrainedFolder.read(tmp_path / "empty")
    with pytest.raises(UsageError, match="tuning_fork"):
        TrainedFolder.read(changed(folders, tmp_path / "other", "lora", technique="tuning_fork"))
    torn = changed(folders, tmp_path / "torn", "lora")
    (torn / RECORD).write_text("{", "utf-8")
    with pytest.raises(ModelError, match="torn"):
        TrainedFolder.read(torn)
    bare = changed(folders, tmp_path / "bare", "ia3")
    (bare / "adapter_model.safetensors").rename(bare / "adapter_model.bin")
    with pytest.raises(ModelError, match="safetensors"):
        TrainedFolder.read(bare)


@pytest.mark.parametrize("name", ["lora", "p_tuning", "embeddings", "ia3"])
def test_another_base_is_told(load: Any, folders: Path, tmp_path: Path, name: str) -> None:
    folder = TrainedFolder.read(folders / name)
    other = replace(load("llama", "none").source, fingerprint="1" * 16)
    with pytest.raises(ModelError) as told:
        load_trained(other, folder, quantization="none", device="cpu")
    assert told.value.key == "model.adapter_mismatch"
    # without a record the tensors themselves tell
    wider = save_tiny(tmp_path / "wider", "llama", hidden_size=32, num_hidden_layers=1)
    with pytest.raises(ModelError) as told:
        load_trained(wider, replace(folder, base={}), quantization="none", device="cpu")
    assert told.value.key == "model.adapter_mismatch"


@pytest.mark.parametrize("name", ["p_tuning", "embeddings", "ia3"])
def test_numbers_that_are_none_and_torn_files_are_refused(
    load: Any, folders: Path, tmp_path: Path, name: str
) -> None:
    from safetensors.torch import load_file, save_file

    path = changed(folders, tmp_path / name, name)
    file = path / TrainedFolder.read(path).weights
    tensors = load_file(file)
    next(iter(tensors.values())).view(-1)[0] = float("nan")
    save_file(tensors, file)
    source = load("llama", "none").source
    with pytest.raises(ModelError, match="NaN"):
        load_trained(source, TrainedFolder.read(path), quantization="none", device="cpu")
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(ModelError) as told:
        load_trained(source, TrainedFolder.read(path), quantization="none", device="cpu")
    assert told.value.key == "model.adapter_damaged"


def test_a_chat_takes_base_and_quantisation_from_the_folder(folders: Path) -> None:
    config = ModelConfig(device="cpu")
    settings = with_folder(config, folders / "lora", given=set())
    assert isinstance(settings, ServedFolder) and settings.adapter == folders / "lora"
    assert (settings.name, settings.quantization, settings.device) == ("tiny", "none", "cpu")
    typed = replace(config, name="mini")
    settings = with_folder(typed, folders / "lora", given={"model", "quantization"})
    assert (settings.name, settings.quantization) == ("mini", "nf4")
