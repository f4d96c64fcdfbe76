"""LoRA adapters on a base model: put on, swapped while it serves, saved.

Knows nothing of versions, data or what is trained. PEFT's own loading and saving are not used on a model
that serves: they go through `state_dict()`, which rewrites bitsandbytes' packed CPU weights in place.
"""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from persian_assistant.errors import ModelError
from persian_assistant.model import first_line

WEIGHTS, SETTINGS = "adapter_model.safetensors", "adapter_config.json"
PREFIX = "base_model.model."  # what PEFT puts before a module's name in an adapter file
SERIAL = "adapter_serial"  # attribute of the base model, raised by each change: cached states are stale then


def target_modules(model: Any) -> list[str]:
    """Last names of all linear layers but the output layer, as PEFT's `target_modules` takes them.

    A name that other kinds of layers carry too, or that is a number, is given in full. Raises ModelError
    where there is no linear layer.
    """
    base = base_of(model)
    linear = dict(_linear_layers(base))
    others = {
        name.rpartition(".")[2]
        for name, module in base.named_modules()
        if name not in linear and not _inside_adapter(name)
    }
    suffixes = {name.rpartition(".")[2] for name in linear}
    plain = {suffix for suffix in suffixes if suffix not in others and not suffix.isdigit()}
    full = {name for name in linear if name.rpartition(".")[2] not in plain}
    if not linear:
        raise ModelError("model.no_targets")
    return sorted(plain | full)


def fan_in_fan_out(model: Any) -> bool:
    """True where the architecture stores its weights transposed (GPT-2's Conv1D).

    It follows the architecture, not the layer in memory: 4-bit layers ignore the setting, and an adapter
    trained on them then loads on the unquantised base without a word.
    """
    from transformers.pytorch_utils import Conv1D

    layers = (layer for _, layer in _linear_layers(base_of(model)))
    return any(Conv1D in (type(layer), getattr(layer, "source_cls", None)) for layer in layers)


def base_of(model: Any) -> Any:
    """The transformers model inside a PeftModel, or `model` itself."""
    from peft import PeftModel

    return model.get_base_model() if isinstance(model, PeftModel) else model


def _linear_layers(base: Any) -> Iterator[tuple[str, nn.Module]]:
    from transformers.pytorch_utils import Conv1D

    output = base.get_output_embeddings()
    for name, module in base.named_modules():
        layer = getattr(module, "base_layer", module)  # under an adapter already
        if layer is output or _inside_adapter(name):
            continue
        if isinstance(layer, (nn.Linear, Conv1D)):
            yield name, layer


def _inside_adapter(name: str) -> bool:
    return bool(re.search(r"(^|\.)(base_layer|lora_\w+)(\.|$)", name))


# --- putting on, swapping, taking off ---------------------------------------------------------------


def attach(
    model: Any,
    adapter_dir: Path | None,
    name: str,
    *,
    lora_r: int = 8,
    lora_dropout: float = 0.0,
    trainable: bool = False,
) -> Any:
    """A PeftModel around `model` (changed in place) with the adapter of `adapter_dir`, or a fresh one.

    One that serves gets the fused forward and, on a GPU, the model's own type; else it is float32.
    Raises ModelError for a folder that is not a whole adapter of this base.
    """
    from peft import PeftModel

    config, tensors = _fresh(model, lora_r, lora_dropout), None
    if adapter_dir is not None:
        config, tensors = read_adapter(Path(adapter_dir), model)
        config.lora_dropout = lora_dropout if trainable else config.lora_dropout
    config.inference_mode = not trainable
    with _without_warnings():
        peft_model = PeftModel(model, config, adapter_name=name, low_cpu_mem_usage=tensors is not None)
    _fill(peft_model, name, tensors, trainable)
    if trainable:
        return peft_model.train()
    peft_model.set_adapter(name, inference_mode=True)
    _install(peft_model, _fused_layers(peft_model, name))
    return peft_model.eval()


def swap_adapter(peft_model: Any, adapter_dir: Path, name: str, lock: Any = None) -> None:
    """Serve the adapter of `adapter_dir` under the new `name`, then drop the one that served before.

    Reading and checking happen beside a running answer; `lock` (the engine's) is held only for the switch
    between two tokens. Raises ModelError with the old adapter still serving.
    """
    old = list(peft_model.peft_config)
    if name in old:
        raise ValueError(f"adapter name {name!r} is taken")
    config, tensors = read_adapter(Path(adapter_dir), peft_model)
    config.inference_mode = True
    try:
        with _without_warnings():
            peft_model.add_adapter(name, config, low_cpu_mem_usage=True)
        _fill(peft_model, name, tensors, trainable=False)
        fused = _fused_layers(peft_model, name)
        with lock or nullcontext():
            peft_model.set_adapter(name, inference_mode=True)
            _install(peft_model, fused)
    except Exception:
        if name in peft_model.peft_config:
            peft_model.set_adapter(old[0], inference_mode=True)
            peft_model.delete_adapter(name)
        raise
    for one in old:
        peft_model.delete_adapter(one)


def remove_adapter(peft_model: Any, lock: Any = None) -> Any:
    """The bare base model again (returned, changed in place); `peft_model` is of no use afterwards."""
    with lock or nullcontext():
        for layer in lora_layers(peft_model):
            layer.__dict__.pop("forward", None)
        _raise_serial(peft_model)
        base = peft_model.unload()
    base.__dict__.pop("peft_config", None)
    base._hf_peft_config_loaded = False
    return base.eval()


def save_adapter(peft_model: Any, adapter_dir: Path, name: str | None = None) -> None:
    """Write the adapter `name` (the active one) as PEFT's own two files into an existing folder."""
    from safetensors.torch import save_file

    name = name or peft_model.active_adapters[0]
    tensors = {
        key: parameter.detach().float().cpu().contiguous()
        for key, parameter in adapter_tensors(peft_model, name).items()
    }
    save_file(tensors, Path(adapter_dir) / WEIGHTS, metadata={"format": "pt"})
    config = copy.copy(peft_model.peft_config[name])
    config.inference_mode = True
    config.save_pretrained(str(adapter_dir))


def scale_update(adapter_dir: Path, start: dict[str, torch.Tensor], share: float) -> None:
    """Leave only `share` of the way from `start` to what the folder's adapter was trained to.

    `start` has the names of the file (see `adapter_tensors`). Both factors of a fresh adapter move along a
    line, and its second one starts at zero.
    """
    from safetensors.torch import load_file, save_file

    path = Path(adapter_dir) / WEIGHTS
    moved = {
        name: torch.lerp(start[name].float().cpu(), tensor, share).contiguous()
        for name, tensor in load_file(path).items()
    }
    save_file(moved, path, metadata={"format": "pt"})


def adapter_tensors(peft_model: Any, name: str | None = None) -> dict[str, nn.Parameter]:
    """The live parameters of an adapter (the active one) under the names they have in a file."""
    name = name or peft_model.active_adapters[0]
    own = re.compile(rf"(.+\.lora_[AB])\.{re.escape(name)}\.weight")
    matches = ((own.fullmatch(key), parameter) for key, parameter in peft_model.named_parameters())
    return {f"{match.group(1)}.weight": parameter for match, parameter in matches if match}


# --- reading, with nothing left to chance -----------------------------------------------------------


def read_adapter(adapter_dir: Path, model: Any) -> tuple[Any, dict[str, torch.Tensor]]:
    """PEFT's config and the tensors of a LoRA adapter, checked name by name against `model`.

    Never asks the Hub and opens safetensors only. Raises ModelError: no adapter there, another format,
    damaged, or for another base.
    """
    from peft import LoraConfig, PeftConfig
    from safetensors.torch import load_file

    if not (adapter_dir / SETTINGS).is_file():
        raise ModelError("model.adapter_missing", path=adapter_dir, reason=SETTINGS)
    if not (adapter_dir / WEIGHTS).is_file():
        key = "model.adapter_unsafe" if any(adapter_dir.glob("adapter_model.*")) else "model.adapter_missing"
        raise ModelError(key, path=adapter_dir, reason=WEIGHTS)
    try:
        with _without_warnings():
            config = PeftConfig.from_pretrained(str(adapter_dir))
        tensors = load_file(adapter_dir / WEIGHTS)
    except Exception as error:
        raise ModelError("model.adapter_damaged", path=adapter_dir, reason=first_line(error)) from error
    if not isinstance(config, LoraConfig):
        raise ModelError("model.adapter_mismatch", path=adapter_dir, reason=f"peft_type {config.peft_type}")
    if problem := _problem(config, tensors, base_of(model)):
        raise ModelError("model.adapter_mismatch", path=adapter_dir, reason=problem)
    config.fan_in_fan_out = fan_in_fan_out(model)
    return config, tensors


def _problem(config: Any, tensors: dict[str, torch.Tensor], base: Any) -> str:
    """What keeps these tensors from being exactly one LoRA adapter of `base`, or ""."""
    expected: dict[str, tuple[int, int]] = {}
    targets = config.target_modules or []
    for name, layer in _linear_layers(base):
        if isinstance(targets, str):
            wanted = re.fullmatch(targets, name) is not None
        else:
            wanted = any(name == target or name.endswith(f".{target}") for target in targets)
        if wanted:
            rows, columns = _shape(layer)
            expected[f"{PREFIX}{name}.lora_A.weight"] = (config.r, columns)
            expected[f"{PREFIX}{name}.lora_B.weight"] = (rows, config.r)
    if config.use_dora or config.rank_pattern or config.modules_to_save or config.bias != "none":
        return "use_dora / rank_pattern / modules_to_save / bias"
    for key, shape in expected.items():
        if key not in tensors:
            return f"{key} is missing"
        if tuple(tensors[key].shape) != shape:
            return f"{key}: {tuple(tensors[key].shape)} instead of {shape}"
        if not torch.isfinite(tensors[key]).all():
            return f"{key}: NaN"
    extra = sorted(set(tensors) - set(expected))
    return f"{extra[0]} is not expected" if extra else "" if expected else "target_modules"


def _shape(layer: nn.Module) -> tuple[int, int]:
    """(out_features, in_features) of a linear layer of any kind."""
    if isinstance(layer, nn.Linear):  # bitsandbytes' too, whose weight is packed
        return layer.out_features, layer.in_features
    columns, rows = layer.weight.shape  # type: ignore[union-attr, misc]  # Conv1D: transposed
    return int(rows), int(columns)


# --- the fused forward ------------------------------------------------------------------------------


def lora_layers(model: Any) -> list[Any]:
    """The layers of `model` that carry adapters."""
    from peft.tuners.lora import LoraLayer

    return [module for module in model.modules() if isinstance(module, LoraLayer)]


def _fused_layers(peft_model: Any, name: str) -> list[tuple[Any, tuple[Any, ...]]]:
    """Each adapted layer with (name, A, scaled B transposed): A is (r, in), B (r, out)."""
    pairs = []
    for layer in lora_layers(peft_model):
        first, second = layer.lora_A[name].weight, layer.lora_B[name].weight
        scaled = (second.detach().float() * layer.scaling[name]).to(second.dtype).t().contiguous()
        pairs.append((layer, (name, first.detach(), scaled)))
    return pairs


def _install(peft_model: Any, fused: list[tuple[Any, tuple[Any, ...]]]) -> None:
    for layer, pair in fused:
        layer.__dict__["forward"] = partial(_fused_forward, layer, pair)
    _raise_serial(peft_model)


def _fused_forward(layer: Any, fused: tuple[Any, ...], x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """One LoRA layer at inference in three operations; PEFT's own forward for everything else.

    x is (..., in), the result (..., out). PEFT's way costs a dropout, casts and dict look-ups per layer.
    """
    name, first, second = fused
    if args or kwargs or layer.training or torch.is_grad_enabled() or layer.active_adapter != [name]:
        return type(layer).forward(layer, x, *args, **kwargs)
    if layer._disable_adapters or layer.merged:
        return type(layer).forward(layer, x)
    result = layer.base_layer(x)
    low = nn.functional.linear(x.to(first.dtype), first)
    return result.add_(low @ second)


def _fill(peft_model: Any, name: str, tensors: dict[str, torch.Tensor] | None, trainable: bool) -> None:
    """Put `tensors` (or, for None, what PEFT initialised) in place, in the type they work in."""
    device = next(base_of(peft_model).parameters()).device
    dtype = torch.float32 if trainable else _serving_dtype(peft_model)
    for path, layer in peft_model.named_modules():
        if not hasattr(layer, "lora_A") or name not in layer.lora_A:
            continue
        for half in ("lora_A", "lora_B"):
            linear = getattr(layer, half)[name]
            value = linear.weight.detach() if tensors is None else tensors[f"{path}.{half}.weight"]
            linear.weight = nn.Parameter(value.to(device=device, dtype=dtype), requires_grad=trainable)


def _serving_dtype(model: Any) -> torch.dtype:
    """float32 on the CPU, where a matrix this narrow takes a fifth of bfloat16's time."""
    base = base_of(model)
    return torch.float32 if base.device.type == "cpu" else base.dtype


def _fresh(model: Any, lora_r: int, lora_dropout: float) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=lora_r,
        lora_alpha=2 * lora_r,
        lora_dropout=lora_dropout,
        target_modules=target_modules(model),
        fan_in_fan_out=fan_in_fan_out(model),
        task_type="CAUSAL_LM",
    )


def _raise_serial(model: Any) -> None:
    base = base_of(model)
    setattr(base, SERIAL, getattr(base, SERIAL, 0) + 1)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """PEFT warns about its own calls into transformers and about settings it then mends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
