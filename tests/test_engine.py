"""Answers: whole letters, clean stops, the same tokens as transformers' own loop."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import (
    ARCHITECTURES,
    SENTENCES,
    save_tiny,
    tiny_config,
    tiny_model,
    tiny_tokenizer,
)
from transformers import RepetitionPenaltyLogitsProcessor

from persian_assistant.config import GenerationConfig
from persian_assistant.engine import Engine, Sampler, TextStream, Threads
from persian_assistant.errors import ModelError
from persian_assistant.kv_cache import GrowingLayer, new_cache
from persian_assistant.metrics import greedy_answers
from persian_assistant.model import load_model
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate

TALK = [Message("system", "کوتاه پاسخ بده."), Message("user", "سلام، حال شما چطور است؟")]
GREEDY = GenerationConfig(do_sample=False, repetition_penalty=1.0, max_new_tokens=30)


def build(architecture: str = "gpt2", kind: str | None = None, **changes: Any) -> Engine:
    tokenizer = tiny_tokenizer(kind or ARCHITECTURES[architecture])
    model = tiny_model(tiny_config(architecture, tokenizer, **changes))
    return Engine(model, tokenizer, ChatTemplate.for_model(tokenizer))


def tokens(engine: Engine, prompt: list[int], generation: GenerationConfig) -> list[int]:
    return list(engine._tokens(prompt, generation, threading.Event()))


# --- the loop ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", [1.0, 1.3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_greedy_tokens_are_those_of_generate(architecture: str, penalty: float) -> None:
    engine = build(architecture)
    engine._stops = set()
    prompt = engine.template.prompt_ids(TALK, 60, 256)
    expected = engine.model.generate(
        input_ids=torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        do_sample=False,
        logits_processor=[RepetitionPenaltyLogitsProcessor(penalty, prompt_ignore_length=len(prompt))],
        max_new_tokens=60,
        min_new_tokens=60,
        eos_token_id=[],
        pad_token_id=0,
    )[0, len(prompt) :].tolist()
    generation = GenerationConfig(do_sample=False, repetition_penalty=penalty, max_new_tokens=60)
    assert tokens(engine, prompt, generation) == expected
    with torch.inference_mode():
        logits = engine.model(input_ids=torch.tensor([prompt + expected])).logits[0, len(prompt) - 1 : -1]
    chosen = logits.log_softmax(-1).gather(-1, torch.tensor(expected)[:, None])
    assert engine.log_probability == pytest.approx(float(chosen.sum()), abs=1e-2)  # without the penalty
    assert engine.last_stop == "length" and engine.new_tokens == 60
    assert engine.tokens_per_second > 0 and engine.first_token_seconds > 0


@pytest.mark.parametrize("architecture", ["gpt2", "gemma2"])
def test_the_next_turn_reuses_the_cache_and_answers_alike(architecture: str) -> None:
    engine = build(architecture)
    engine._stops = set()
    first = engine.template.prompt_ids(TALK, 60, 256)
    answer = tokens(engine, first, GREEDY)
    second = [*first, *answer, 7, 8, 9]
    steps: list[int] = []
    step = engine._step
    engine._step = lambda ids: steps.append(len(ids)) or step(ids)  # type: ignore[func-returns-value, method-assign]
    warm = tokens(engine, second, GREEDY)
    prefilled = steps[0]
    assert prefilled == (len(second) if architecture == "gemma2" else 4)  # its window layers cannot be cut
    engine._cache = None
    assert warm == tokens(engine, second, GREEDY)
    assert tokens(engine, first, GREEDY) == answer  # and back to a shorter one
    engine.model.adapter_serial = 1
    steps.clear()
    tokens(engine, second, GREEDY)
    assert sum(steps[:1]) == len(second)  # another adapter: nothing of the old cache


def test_four_bits_from_disk_answer(tmp_path: Path) -> None:
    loaded = load_model(save_tiny(tmp_path, "qwen2"), device="cpu")
    engine = Engine(loaded.model, loaded.tokenizer, ChatTemplate.for_model(loaded.tokenizer))
    generation = GenerationConfig(max_new_tokens=20, random_seed=3)
    first = "".join(engine.stream(TALK, generation))
    assert first and first == "".join(engine.stream(TALK, generation))
    assert first != "".join(engine.stream(TALK, GenerationConfig(max_new_tokens=20, random_seed=4)))


def test_it_stops_at_the_end_of_the_turn() -> None:
    engine = build("llama")
    prompt = engine.template.prompt_ids(TALK, 60, 256)
    engine._stops = set()
    whole = tokens(engine, prompt, GREEDY)
    stop = whole[8]
    engine._stops = {stop}
    engine._cache = None
    assert tokens(engine, prompt, GREEDY) == whole[: whole.index(stop)]
    assert engine.last_stop == "end"
    fresh = build("llama")
    assert {fresh.tokenizer.eos_token_id, *fresh.template.stop_token_ids} <= fresh._stops


def test_the_context_ends_cleanly() -> None:
    engine = build("gpt2", n_positions=64)
    engine._stops = set()
    assert engine.context_length == 64
    got = tokens(engine, list(range(5, 55)), GenerationConfig(max_new_tokens=300))
    assert len(got) == 14 and engine.last_stop == "length"
    long = [Message("user", " ".join(SENTENCES))]
    assert "".join(engine.stream(long, GenerationConfig(max_new_tokens=300))) is not None
    assert engine.last_stop == "length" and 32 <= engine.new_tokens < 40


def test_a_cancel_is_heard_between_two_tokens() -> None:
    engine = build("gpt2", "mini")
    engine._stops = set()
    cancel = threading.Event()
    got = []
    for piece in engine.stream(TALK, GenerationConfig(max_new_tokens=100), cancel):
        got.append(piece)
        cancel.set()
    assert engine.last_stop == "cancelled" and 0 < engine.new_tokens < 100
    pieces = engine.stream(TALK, GenerationConfig(max_new_tokens=100))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert engine.last_stop == "cancelled"
    assert list(engine.stream(TALK, GREEDY, cancel)) == []
    assert engine.last_stop == "cancelled" and engine.new_tokens == 0


def test_no_gradient_mode_leaks_out_of_a_half_read_answer() -> None:
    engine = build("gpt2", "mini")
    engine._stops = set()
    pieces = engine.stream(TALK, GREEDY)
    next(pieces)
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    pieces.close()  # type: ignore[attr-defined]


def test_numbers_that_are_not_are_told() -> None:
    engine = build("gpt2", "mini")
    with torch.no_grad():
        engine.model.transformer.ln_f.weight.fill_(float("nan"))
    with pytest.raises(ModelError) as caught:
        list(engine.stream(TALK, GenerationConfig()))
    assert caught.value.key == "model.not_a_number"
    with pytest.raises(ModelError):
        list(engine.stream(TALK, GREEDY))
    with pytest.raises(ModelError):
        list(engine.stream(TALK[:1], GREEDY))


# --- sampling ---------------------------------------------------------------------------------------


def choices(logits: torch.Tensor, generation: GenerationConfig, times: int = 400) -> set[int]:
    sampler = Sampler(generation, spared=set(range(len(logits))))
    return {sampler.choose(logits) for _ in range(times)}


def test_top_p_keeps_the_smallest_set_that_reaches_the_share() -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    for top_p, kept in ((0.4, {0}), (0.45, {0}), (0.75, {0, 1}), (0.9, {0, 1, 2}), (1.0, {0, 1, 2, 3})):
        generation = GenerationConfig(temperature=1, top_p=top_p, repetition_penalty=1, random_seed=1)
        assert choices(logits, generation) == kept, top_p
    generation = GenerationConfig(temperature=1, top_p=0.9, repetition_penalty=1, random_seed=1)
    assert len(choices(torch.zeros(1000), generation, 3000)) > 800


def test_tokens_come_as_often_as_cutting_the_sorted_list_would_give() -> None:
    logits = torch.randn((300,), generator=torch.Generator().manual_seed(0)) * 2
    for top_p in (0.02, 0.6, 0.95):
        generation = GenerationConfig(temperature=1.5, top_p=top_p, repetition_penalty=1, random_seed=1)
        sampler = Sampler(generation, spared=set(range(300)))
        drawn = torch.bincount(torch.tensor([sampler.choose(logits) for _ in range(4000)]), minlength=300)
        shares, ids = torch.softmax(logits / 1.5, 0).sort(descending=True)
        shares = shares * (shares.cumsum(0) - shares < top_p)
        expected = torch.zeros(300).index_copy(0, ids, shares / shares.sum())
        assert set(drawn.nonzero().flatten().tolist()) <= set(expected.nonzero().flatten().tolist())
        assert (drawn / 4000 - expected).abs().max() < 0.03, top_p


def test_temperature_and_seed() -> None:
    logits = torch.randn((500,), generator=torch.Generator().manual_seed(0))
    cold = choices(logits, GenerationConfig(temperature=0.1, top_p=1, repetition_penalty=1))
    hot = choices(logits, GenerationConfig(temperature=2, top_p=1, repetition_penalty=1))
    assert len(cold) < len(hot)
    assert choices(logits, GenerationConfig(temperature=0)) == {int(logits.argmax())}
    same = [
        [
            sampler.choose(logits)
            for sampler in [Sampler(GenerationConfig(random_seed=5), set())]
            for _ in range(9)
        ]
        for _ in range(2)
    ]
    assert same[0] == same[1]


def test_the_penalty_is_on_the_answers_own_tokens_and_spares_the_end_of_the_turn() -> None:
    logits = torch.tensor([2.0, 1.9, -1.0, -3.0])
    generation = GenerationConfig(do_sample=False, repetition_penalty=2)
    sampler = Sampler(generation, spared=set())
    assert [sampler.choose(logits) for _ in range(3)] == [0, 1, 0]
    assert torch.equal(logits, torch.tensor([2.0, 1.9, -1.0, -3.0]))
    assert sampler._penalised(logits).tolist() == pytest.approx([1.0, 0.95, -1.0, -3.0])
    assert sampler._penalised(-logits).tolist() == pytest.approx([-4.0, -3.8, 1.0, 3.0])
    sparing = Sampler(generation, spared={0})
    assert [sparing.choose(logits) for _ in range(3)] == [0, 0, 0]


# --- text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "gemma2", "mini"])
def test_streamed_text_is_the_decoded_text_without_a_broken_letter(kind: str) -> None:
    template = ChatTemplate.for_model(tiny_tokenizer(kind))
    for text in (*SENTENCES, "😀👩‍👩‍👧 و ۱۲۳ English\n\nخط دوم  با فاصله", "نیم‌فاصله‌ها"):
        ids = template._encoder.encode(text, add_special_tokens=False).ids
        stream = TextStream(template, [])
        pieces = [stream.feed(token) for token in ids] + [stream.flush()]
        assert "".join(pieces) == text
        assert not any("\ufffd" in piece for piece in pieces)
        assert sum(map(bool, pieces)) > 1


def test_random_bytes_never_show_and_never_stall() -> None:
    template = ChatTemplate.for_model(tiny_tokenizer("plain"))
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(1, 257, (300,), generator=generator).tolist()  # single bytes, mostly broken
    stream = TextStream(template, [])
    pieces = []
    for token in ids:
        pieces.append(stream.feed(token))
        assert len(stream._window) <= 9  # constant work per token
    assert "\ufffd" not in "".join(pieces)


def test_an_open_letter_at_the_end_is_left_out() -> None:
    template = ChatTemplate.for_model(tiny_tokenizer("plain"))
    alphabet = template.tokenizer.convert_tokens_to_ids(["Ø", "³"])  # the two bytes of س
    stream = TextStream(template, [])
    assert stream.feed(alphabet[0]) == ""
    assert stream.feed(alphabet[1]) == "س"
    assert stream.feed(alphabet[0]) == "" and stream.flush() == ""


def feed(text: str, stops: list[str]) -> tuple[list[str], TextStream]:
    template = ChatTemplate.for_model(tiny_tokenizer("plain"))
    stream = TextStream(template, stops)
    pieces = [stream.feed(token) for token in template._encoder.encode(text).ids]
    return [*pieces, stream.flush()], stream


def test_a_stop_string_ends_the_answer_and_its_beginning_never_shows() -> None:
    stops = ["\nکاربر:", "\nدستیار:"]
    pieces, stream = feed(" من خوبم.\nکاربر: تو چطور؟", stops)
    assert "".join(pieces) == "من خوبم." and stream.stopped
    assert not any("\n" in piece for piece in pieces)
    pieces, stream = feed("خط یک\nکار و بار\nکاربرد", stops)
    assert "".join(pieces) == "خط یک\nکار و بار\nکاربرد" and not stream.stopped
    pieces, stream = feed("  \n سلام \n\n", stops)
    assert "".join(pieces) == "سلام"
    pieces, _ = feed("پایان\nکار", stops)
    assert "".join(pieces) == "پایان\nکار"


def test_the_plain_chat_never_speaks_for_the_user() -> None:
    """A real model that has learned a whole two-sided dialogue by heart stops before the user's line."""
    engine = build("gpt2", "plain")
    prompt = engine.template.prompt_ids(TALK, 30, 256)
    dialogue = torch.tensor([[*prompt, *engine.template._encoder.encode(" بله\nکاربر: خب\nدستیار:").ids]])
    engine.model.loss_type = "ForCausalLM"
    optimizer = torch.optim.AdamW(engine.model.parameters(), lr=1e-2)
    for _ in range(40):
        engine.model(input_ids=dialogue, labels=dialogue).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert "".join(engine.stream(TALK, GREEDY)) == "بله"
    assert engine.last_stop == "end"
    (alone,) = greedy_answers(engine.model, engine.template, [prompt], max_new_tokens=40)
    assert alone.text == "بله" and alone.ended
    assert alone.log_probability == pytest.approx(engine.log_probability, abs=1e-2)  # not of what came after


def test_a_model_loaded_while_another_trains_has_all_threads() -> None:
    before, most = torch.get_num_threads(), Threads().most
    found: list[int] = []
    try:
        torch.set_num_threads(1 if before > 1 else 2)  # what a new thread begins with
        thread = threading.Thread(target=lambda: found.append(Threads().most))
        thread.start()
        thread.join()
    finally:
        torch.set_num_threads(before)
    assert found == [most]


def test_threads_settle_on_what_is_faster() -> None:
    """A machine that is calm, then busy, then calm again; seconds a step by number of threads."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        threads = Threads()
        threads.most = threads.now = 2
        for busy, count in ((False, 2), (True, 1), (False, 2)):
            used = []
            for _ in range(2500):
                used.append(threads.now)
                threads.note(
                    {(2, False): 0.01, (1, False): 0.014, (2, True): 0.3, (1, True): 0.03}[threads.now, busy]
                )
            assert threads.now == count
            assert used[-1000:].count(count) > 985
            assert torch.get_num_threads() == threads.now
        threads.now = 1
        threads.start()
        assert torch.get_num_threads() == 1
        threads.stop()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


# --- the cache --------------------------------------------------------------------------------------


def test_the_cache_grows_without_losing_anything() -> None:
    engine = build("llama", max_position_embeddings=1024)
    cache = new_cache(engine.model)
    assert all(type(layer) is GrowingLayer for layer in cache.layers)
    layer = GrowingLayer()
    states = torch.randn(1, 2, 700, 4)
    for start, end in ((0, 10), (10, 11), (11, 300), (300, 301), (301, 700)):
        keys, values = layer.update(states[..., start:end, :], -states[..., start:end, :])
        assert torch.equal(keys, states[..., :end, :]) and torch.equal(values, -keys)
        assert layer.get_seq_length() == end
    layer.cut(20)
    keys, _ = layer.update(states[..., 30:31, :], states[..., 30:31, :])
    assert torch.equal(keys[..., :20, :], states[..., :20, :]) and keys.shape[-2] == 21
