"""A copy of a served model to train on, beside it in memory: only 4-bit weights are held twice."""

from __future__ import annotations

import copy
from typing import Any

from persian_assistant.adapters import base_of, lora_layers
from persian_assistant.model import is_4bit, packs_on_cpu


def training_copy(model: Any) -> Any:
    """A bare base model for one training thread, while `model` (with or without adapter) goes on serving.

    Frozen parameters are shared. Only 4-bit weights in bitsandbytes' CPU layout, which cannot be trained
    through, are copied and laid out plainly, with the same values to the last bit; the copy never takes
    that layout by itself (see `allow_packing`). Costs half a byte per copied weight.
    """
    base = base_of(model)
    memo: dict[int, Any] = {id(parameter): parameter for parameter in base.parameters()}
    layers = [module for module in base.modules() if packs_on_cpu(module)]
    for layer in layers:
        weight = _plain_layout(layer)
        memo[id(layer.weight)] = weight
        memo[id(layer.quant_state)] = memo[id(layer.weight.quant_state)] = weight.quant_state
    for adapted in lora_layers(base):  # each stands for the layer it wraps
        memo[id(adapted)] = copy.deepcopy(adapted.base_layer, memo)
    twin = copy.deepcopy(base, memo)
    for module in twin.modules():
        if packs_on_cpu(module):
            module.support_avx512bf16_for_cpu = False
    twin.__dict__.pop("peft_config", None)
    twin._hf_peft_config_loaded = False
    return twin.requires_grad_(False)


def allow_packing(copied: Any) -> None:
    """Let a training copy take the fast CPU layout at its next evaluation; it cannot train any more."""
    from bitsandbytes.functional import has_avx512bf16

    for module in copied.modules():
        if is_4bit(module) and module.weight.device.type == "cpu" and has_avx512bf16():
            module.support_avx512bf16_for_cpu = not (module.out_features % 32 or module.in_features % 64)


def _plain_layout(layer: Any) -> Any:
    """The layer's 4-bit weight in bitsandbytes' ordinary layout, (out * in / 2, 1) uint8, the same codes.

    bitsandbytes' own way back quantises the block sizes again, or leaves them in the CPU's order; here they
    are taken as they serve. Quantising the layer's own products again gives the same, at 17 times the cost.
    """
    import bitsandbytes as bnb
    from bitsandbytes.functional import QuantState, _convert_weight_packed_for_cpu_inverse

    weight, packed = layer.weight, layer.weight.quant_state
    if not getattr(packed, "packing_format_for_cpu", False):  # has not served yet
        return copy.deepcopy(weight)
    state = copy.copy(packed)
    state.original_nested = False
    data, _ = _convert_weight_packed_for_cpu_inverse(weight.data, state)
    state = QuantState(
        absmax=packed.absmax.t().float().reshape(-1).contiguous(),
        shape=packed.shape,
        code=packed.code,
        blocksize=packed.blocksize,
        quant_type=packed.quant_type,
        dtype=packed.original_dtype,
    )
    return bnb.nn.Params4bit(
        data,
        requires_grad=False,
        quant_state=state,
        blocksize=weight.blocksize,
        compress_statistics=False,
        quant_type=weight.quant_type,
        bnb_quantized=True,
    )
