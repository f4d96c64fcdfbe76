"""A base model and its tokenizer, loaded from a local folder into 4 bits where that runs.

Knows nothing of adapters, prompts, or where the folder came from.
"""

from __future__ import annotations

import logging
import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from persian_assistant.errors import ModelError
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.hub import ModelSource

LENGTH_OF_REASON = 200


@dataclass
class LoadedModel:
    """A model ready to serve: in eval mode, every parameter frozen."""

    model: Any
    """The transformers model (a PreTrainedModel)."""
    tokenizer: Any
    """Its tokenizer (a PreTrainedTokenizerBase), pad and eos token always set."""
    source: ModelSource
    quantization: str
    """In force: "nf4" or "none"; another than asked for is told in `notices`."""
    device: str
    """"cpu", "cuda" or "mps"."""
    weights_mb: float
    """Everything the model holds in memory, quantisation constants included, in MiB."""
    notices: list[str] = field(default_factory=list)
    """Sentences already shown while loading."""

    def as_base(self) -> dict[str, Any]:
        """What a version.json says of its base model."""
        source = self.source
        return {
            "name": source.name,
            "repo_id": source.repo_id,
            "revision": source.revision,
            "fingerprint": source.fingerprint,
            "quantization": self.quantization,
        }


def load_model(
    source: ModelSource,
    *,
    quantization: str = "nf4",
    device: str = "auto",
    notice: Callable[[str], None] = lambda text: None,
) -> LoadedModel:
    """Load `source.path`; where 4 bits cannot run, say so once through `notice` and go on without.

    Raises ModelError: files missing or damaged, an unknown architecture or one that needs remote code,
    weights that hold more than numbers, not enough memory, a device that is not there.
    """
    path = Path(source.path)
    chosen = pick_device(device)
    notices: list[str] = []
    with _quiet(), _translated(path):
        config = _load_config(path)
        tokenizer = _load_tokenizer(path)
        model, in_force, reason = _load_weights(path, config, quantization, chosen)
    if reason:
        notices.append(say("model.no_4bit", reason=reason))
        notice(notices[-1])
    _align_special_tokens(model, tokenizer)
    return LoadedModel(model, tokenizer, source, in_force, chosen, weights_mb(model), notices)


def pick_device(device: str) -> str:
    """The device behind `device`; "auto" is the GPU where there is one. Raises ModelError."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there.get(device, False):
        raise ModelError("model.no_device", device=device)
    return device


def compute_dtype(device: str) -> torch.dtype:
    """bfloat16 wherever the hardware multiplies it, else float32.

    Measured on two AVX-512-BF16 cores with GPT-2's small shape: decoding is 1.8 times as fast in bfloat16
    as in float32 and the embeddings weigh half; a CPU without such instructions emulates it slowly.
    """
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device == "cpu" and torch.cpu.get_capabilities().get("avx512_bf16", False):
        return torch.bfloat16
    return torch.float32


def weights_mb(model: nn.Module) -> float:
    """Memory of all parameters, buffers and quantisation constants in MiB, shared ones counted once."""
    seen: dict[int, int] = {}
    for tensor in (*model.parameters(), *model.buffers()):
        state = getattr(tensor, "quant_state", None)
        parts = [
            tensor,
            getattr(state, "absmax", None),
            getattr(getattr(state, "state2", None), "absmax", None),
        ]
        for part in parts:
            if isinstance(part, torch.Tensor):
                seen[part.data_ptr()] = part.numel() * part.element_size()
    return sum(seen.values()) / 2**20


def is_4bit(module: nn.Module) -> bool:
    """True for a bitsandbytes 4-bit linear layer (without importing bitsandbytes)."""
    return any(kind.__name__ == "Linear4bit" for kind in type(module).__mro__) and hasattr(
        getattr(module, "weight", None), "quant_state"
    )


def packs_on_cpu(module: nn.Module) -> bool:
    """True where a 4-bit layer rewrites its weight into bitsandbytes' CPU layout when it first serves."""
    return is_4bit(module) and bool(getattr(module, "support_avx512bf16_for_cpu", False))


def first_line(error: BaseException) -> str:
    """What a library's error says, short enough for a sentence of ours."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:LENGTH_OF_REASON]


# --- loading ----------------------------------------------------------------------------------------


def _load_tokenizer(path: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise ModelError("model.no_tokenizer", path=path, reason=first_line(error)) from error
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise ModelError("model.no_tokenizer", path=path, reason="vocabulary = 0")
    return tokenizer


def _load_config(path: Path) -> Any:
    from transformers import AutoConfig

    if not (path / "config.json").is_file():
        raise ModelError("model.missing_files", path=path, reason="config.json")
    return AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)


def _load_weights(path: Path, config: Any, quantization: str, device: str) -> tuple[Any, str, str]:
    """The model, the quantisation in force, and why it is not the one asked for ("" when it is)."""
    if getattr(config, "quantization_config", None) is not None:  # the checkpoint brings its own
        model = _from_pretrained(path, device, None)
        return model, "nf4" if any(map(is_4bit, model.modules())) else "none", ""
    if quantization == "none":
        return _from_pretrained(path, device, None), "none", ""
    try:
        model = _from_pretrained(path, device, _nf4(compute_dtype(device)))
        _first_run(model)
        return model, "nf4", ""
    except (ModelError, OSError, MemoryError, torch.OutOfMemoryError, pickle.UnpicklingError):
        raise  # the files or the memory, not the 4 bits
    except Exception as error:
        reason = first_line(error)
    return _from_pretrained(path, device, None), "none", reason


def _nf4(dtype: torch.dtype) -> Any:
    import bitsandbytes  # noqa: F401  # its ImportError says what is missing, the config's does not
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def _from_pretrained(path: Path, device: str, quantization_config: Any) -> Any:
    from transformers import AutoModelForCausalLM

    model, info = AutoModelForCausalLM.from_pretrained(
        path,
        dtype=compute_dtype(device),
        device_map={"": device},
        quantization_config=quantization_config,
        local_files_only=True,
        trust_remote_code=False,
        weights_only=True,  # .bin files: numbers only, no pickled objects
        output_loading_info=True,
    )
    missing = sorted({*info["missing_keys"], *(str(key) for key in info.get("mismatched_keys", ()))})
    if missing:  # transformers would go on with random numbers there
        names = ", ".join(missing[:3]) + (f" … ({len(missing)})" if len(missing) > 3 else "")
        raise ModelError("model.missing_weights", path=path, names=names)
    if getattr(model, "loss_type", "") is None:  # GPT-2's class name says nothing; it would warn at each pass
        model.loss_type = "ForCausalLM"
    model.requires_grad_(False)
    return model.eval()


def _first_run(model: nn.Module) -> None:
    """Run one token through, so that 4-bit layers prove themselves and take the layout they serve in.

    bitsandbytes' CPU kernel wants 32 rows and 64 columns at a time; other sizes stay in the plain layout.
    """
    for module in model.modules():
        if packs_on_cpu(module) and (module.out_features % 32 or module.in_features % 64):  # type: ignore[operator]
            module.support_avx512bf16_for_cpu = False  # type: ignore[assignment]
    with torch.inference_mode():
        device = next(model.parameters()).device
        model(torch.zeros((1, 1), dtype=torch.long, device=device), use_cache=False)


def _align_special_tokens(model: Any, tokenizer: Any) -> None:
    """Give tokenizer and model the same end and padding token; neither may be missing later."""
    eos = model.generation_config.eos_token_id if model.generation_config is not None else None
    eos = eos if eos is not None else model.config.eos_token_id
    first = eos[0] if isinstance(eos, (list, tuple)) else eos
    if tokenizer.eos_token_id is None and isinstance(first, int) and first < len(tokenizer):
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(first)
    if tokenizer.eos_token_id is None:
        last = len(tokenizer) - 1  # no end token anywhere: the last entry is the rarest
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(last)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.config.pad_token_id = tokenizer.pad_token_id
    if model.generation_config is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id


# --- silence and errors -----------------------------------------------------------------------------


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars and no library chatter on the user's screen while loading."""
    from transformers.utils import logging as library

    verbosity, bars = library.get_verbosity(), library.is_progress_bar_enabled()
    bitsandbytes = logging.getLogger("bitsandbytes")
    level = bitsandbytes.level
    library.set_verbosity_error()
    library.disable_progress_bar()
    bitsandbytes.setLevel(logging.ERROR)  # it warns about an optional kernel package at import
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        library.set_verbosity(verbosity)
        bitsandbytes.setLevel(level)
        if bars:
            library.enable_progress_bar()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Every failure of the libraries as a ModelError that says what to do."""
    try:
        yield
    except ModelError:
        raise
    except pickle.UnpicklingError as error:
        raise ModelError("model.unsafe_weights", path=path) from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise ModelError("model.out_of_memory", path=path) from error
    except Exception as error:
        raise ModelError(_key(error), path=path, reason=first_line(error)) from error


def _key(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}".lower()
    for key, signs in (
        ("model.remote_code", ("trust_remote_code", "custom code")),
        ("model.unsafe_weights", ("weights_only", "unpickling")),
        ("model.out_of_memory", ("can't allocate memory", "not enough memory", "out of memory")),
        ("model.missing_files", ("no file named", "does not appear to have", "no such file", "not found in")),
        ("model.damaged", ("safetensor", "deserializ", "valid json", "jsondecode", "header", "truncated",
                           "size mismatch", "central directory", "zip archive", "mismatched")),
        ("model.unknown_architecture", ("recognize this architecture", "unrecognized", "model_type")),
    ):  # fmt: skip
        if any(sign in text for sign in signs):
            return key
    return "model.load_failed"
