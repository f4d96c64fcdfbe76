"""Ways of training a model, each as a model to train and a folder of what it learned.

`qlora` and `lora` (Dettmers et al. 2023, Hu et al. 2021), `p_tuning` (Liu et al. 2021, 2103.10385), `ia3`
(Liu et al. 2022, 2205.05638), `embeddings` (token embeddings and output head), `full`. Knows nothing of
data, budgets, how training goes, or of serving (techniques_loading.py).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from persian_assistant import adapters, disk
from persian_assistant.model import LoadedModel, _quiet
from persian_assistant.techniques_folder import EMBEDDINGS, PEFT_WEIGHTS, TrainedFolder, check_technique
from persian_assistant.techniques_loading import NAME, PROMPT, ends_of
from persian_assistant.techniques_loading import load_trained as load_trained  # the other half, for callers
from persian_assistant.techniques_prompt import put_before
from persian_assistant.training_copy import training_copy

MARGIN = 1.25
"""Over what is counted: activations, and what the allocator keeps."""


@dataclass(frozen=True)
class TechniqueSettings:
    """What the techniques can be told."""

    lora_r: int = 8
    """Rank of LoRA; alpha is twice that."""
    lora_dropout: float = 0.01
    num_virtual_tokens: int = 20
    encoder_hidden_size: int = 128
    """Of the network that makes the virtual tokens while they are trained."""


LEARNING_RATES = {
    "qlora": 2e-3,
    "lora": 2e-3,
    "p_tuning": 5e-3,
    "embeddings": 5e-4,
    "full": 2e-4,
    "ia3": 5e-3,
}
"""Peak rates in the usual ranges, not tuned: few weights want large steps, LoRA about ten times `full`'s."""


def quantization_for(technique: str) -> str:
    """How the base is held while `technique` trains: 4 bits for `qlora`, as it is for all others."""
    return "nf4" if technique == "qlora" else "none"


@dataclass
class Trainee:
    """A model to train in place: whatever of it requires gradients. What serves is not touched by it."""

    technique: str
    model: Any
    loaded: LoadedModel
    """What it was made of."""

    @property
    def parameters(self) -> int:
        """Trained ones, each counted once."""
        return sum(one.numel() for one in self.model.parameters() if one.requires_grad)

    def save(self, folder: Path, settings: dict[str, Any]) -> TrainedFolder:
        """Write what was learned into the existing `folder`, with a record that says what it is.

        `settings`: how it was trained, for the record. Raises DiskError.
        """
        source = self.loaded.source
        try:
            _SAVES[self.technique](self, folder)
        except Exception as error:
            if cause := disk.system_error(error):
                raise disk.disk_error(cause, folder) from error
            raise
        base = {
            "name": source.name,
            "repo_id": source.repo_id,
            "revision": source.revision,
            "fingerprint": source.fingerprint,
        }
        saved = TrainedFolder(folder, self.technique, base, self.loaded.quantization, settings)
        saved.write()
        return saved


def prepare(loaded: LoadedModel, technique: str, settings: TechniqueSettings, random_seed: int) -> Trainee:
    """A model beside `loaded.model` for `technique` to train; new weights are drawn with `random_seed`.

    Raises UsageError for an unknown technique, ModelError where the model has nothing to put it on.
    """
    check_technique(technique)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(random_seed)
        return Trainee(technique, _MAKES[technique](loaded, settings), loaded)


def memory_needed(loaded: LoadedModel, technique: str) -> int:
    """Bytes that training takes beside `loaded`, about: copies, gradients, and AdamW's two moments."""
    parameters = loaded.model.num_parameters()
    whole = technique in ("full", "embeddings")
    ends = sum(one.numel() for one in ends_of(loaded.model).values())
    trained = parameters if technique == "full" else ends if whole else parameters // 50
    copied = 4 * parameters if whole else 0 if technique != "qlora" else int(loaded.weights_mb * 2**20)
    return int(MARGIN * (copied + 12 * trained))


def memory_free(device: str) -> int:
    """Bytes that can still be taken on `device` ("cuda", else the computer's own memory)."""
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    import psutil

    return int(psutil.virtual_memory().available)


# --- a model to train -------------------------------------------------------------------------------


def _lora(loaded: LoadedModel, settings: TechniqueSettings) -> Any:
    return adapters.attach(
        training_copy(loaded.model),
        None,
        NAME,
        lora_r=settings.lora_r,
        lora_dropout=settings.lora_dropout,
        trainable=True,
    )


def _ia3(loaded: LoadedModel, settings: TechniqueSettings) -> Any:
    from peft import IA3Config, PeftModel
    from peft.utils import TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING as KNOWN

    model = training_copy(loaded.model)
    config = IA3Config(task_type="CAUSAL_LM", fan_in_fan_out=adapters.fan_in_fan_out(model))
    if model.config.model_type not in KNOWN:  # keys, values and the inner layer where they are known by name
        config.target_modules, config.feedforward_modules = adapters.target_modules(model), []
    with adapters._without_warnings():
        return PeftModel(model, config, adapter_name=NAME).train()


def _p_tuning(loaded: LoadedModel, settings: TechniqueSettings) -> Any:
    from peft import PromptEncoder

    model = training_copy(loaded.model)
    config = _prompt_config(loaded, settings.num_virtual_tokens, settings.encoder_hidden_size)
    model.prompt_encoder = PromptEncoder(config).to(loaded.device)
    indices = torch.arange(settings.num_virtual_tokens, device=loaded.device)
    put_before(model, lambda: model.prompt_encoder(indices))
    return model.train()


def _prompt_config(loaded: LoadedModel, count: int, hidden: int) -> Any:
    from peft import PromptEncoderConfig

    text = loaded.model.config.get_text_config()
    return PromptEncoderConfig(
        task_type="CAUSAL_LM",
        base_model_name_or_path=loaded.source.repo_id or loaded.source.name,
        num_virtual_tokens=count,
        encoder_hidden_size=hidden,
        token_dim=text.hidden_size,
        num_layers=text.num_hidden_layers,
        num_attention_heads=text.num_attention_heads,
        num_transformer_submodules=1,
    )


def _embeddings(loaded: LoadedModel, settings: TechniqueSettings) -> Any:
    model = _whole_copy(loaded)
    for parameter in ends_of(model).values():
        parameter.requires_grad_(True)
    return model


def _full(loaded: LoadedModel, settings: TechniqueSettings) -> Any:
    return _whole_copy(loaded).requires_grad_(True)


def _whole_copy(loaded: LoadedModel) -> Any:
    """In float32: small steps on weights in bfloat16 are lost to rounding. Tied weights stay tied."""
    return copy.deepcopy(loaded.model).float().train()


_MAKES: dict[str, Callable[[LoadedModel, TechniqueSettings], Any]] = {
    "qlora": _lora,
    "lora": _lora,
    "p_tuning": _p_tuning,
    "embeddings": _embeddings,
    "full": _full,
    "ia3": _ia3,
}


# --- a folder ---------------------------------------------------------------------------------------


def _save_lora(trainee: Trainee, folder: Path) -> None:
    adapters.save_adapter(trainee.model, folder)


def _save_ia3(trainee: Trainee, folder: Path) -> None:
    vectors = {
        name.removesuffix(f".{NAME}"): one
        for name, one in trainee.model.named_parameters()
        if ".ia3_l." in name
    }
    _write(vectors, folder / PEFT_WEIGHTS, torch.float32)
    _save_config(trainee.model.peft_config[NAME], folder)


def _save_p_tuning(trainee: Trainee, folder: Path) -> None:
    encoder = trainee.model.prompt_encoder
    with torch.no_grad():
        prompt = encoder(torch.arange(encoder.total_virtual_tokens, device=trainee.loaded.device))
    _write({PROMPT: prompt}, folder / PEFT_WEIGHTS, torch.float32)
    _save_config(_prompt_config(trainee.loaded, len(prompt), encoder.hidden_size), folder)


def _save_config(config: Any, folder: Path) -> None:
    config = copy.copy(config)
    config.inference_mode = True
    config.save_pretrained(str(folder))


def _save_embeddings(trainee: Trainee, folder: Path) -> None:
    _write(ends_of(trainee.model), folder / EMBEDDINGS, trainee.loaded.model.dtype)


def _save_full(trainee: Trainee, folder: Path) -> None:
    """A whole model folder: `--model` takes it, too."""
    with _quiet():
        trainee.model.to(trainee.loaded.model.dtype).save_pretrained(folder)
        trainee.loaded.tokenizer.save_pretrained(folder)


def _write(tensors: dict[str, Any], path: Path, dtype: torch.dtype) -> None:
    from safetensors.torch import save_file

    plain = {name: one.detach().to("cpu", dtype).contiguous() for name, one in tensors.items()}
    save_file(plain, path, metadata={"format": "pt"})


_SAVES: dict[str, Callable[[Trainee, Path], None]] = {
    "qlora": _save_lora,
    "lora": _save_lora,
    "p_tuning": _save_p_tuning,
    "embeddings": _save_embeddings,
    "full": _save_full,
    "ia3": _save_ia3,
}
