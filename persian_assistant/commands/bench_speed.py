"""`bench speed`: what a person waits for, measured on a home of its own that is thrown away.

The chat is driven through `Session`, as the terminal drives it; the prompt is timed on a pseudo-terminal.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from persian_assistant import disk
from persian_assistant.config import Config, GenerationConfig, data_dir
from persian_assistant.errors import LearningError
from persian_assistant.wording import say

GPT2_FA_SHAPE = "gpt2-fa-shape"
"""A random model of gpt2-fa's exact shape, built on the spot: 12 layers, 768, 12 heads, vocabulary 42,001."""
ANSWER_TOKENS = 96
ANSWERS = 5
PROMPT_IS_LIVE = b"\x1b[?2004h"
"""The line editor turns on bracketed paste as it draws the prompt."""
TARGETS = {
    "prompt_seconds": 0.5,
    "swap_pause_seconds": 0.1,
    "weights_mb": 110,
    "decode_tokens_per_second": 60,
    "pass_seconds": 30,
}


def measure_speed(model: str, quantization: str, exchanges: int, config: Config) -> dict[str, Any]:
    """All figures of one model; seconds, tokens per second, MiB. Raises AssistantError."""
    with _own_home() as folder:
        path = _gpt2_fa_shape(folder / GPT2_FA_SHAPE) if model == GPT2_FA_SHAPE else model
        config = replace(
            config,
            profile="bench",
            model=replace(config.model, name=str(path), quantization=quantization),
            learning=replace(config.learning, every=100_000),
            # no end is looked for: a random model and a trained one are timed over the same tokens
            generation=GenerationConfig(max_new_tokens=ANSWER_TOKENS),
        )
        figures: dict[str, Any] = {"model": model, "quantization": quantization, "machine": _machine()}
        figures["prompt_seconds"] = _prompt_seconds(str(path), quantization)
        figures |= _chat_figures(config, exchanges)
    return figures


def _chat_figures(config: Config, exchanges: int) -> dict[str, Any]:
    import psutil

    from persian_assistant.session import Session

    began = time.perf_counter()
    session = Session.open(config, notice=lambda text: print(text, file=sys.stderr))
    try:
        session.ready(None)
        figures: dict[str, Any] = {"load_seconds": time.perf_counter() - began}
        _fill(session, exchanges)
        began = time.perf_counter()
        _pass(session)
        figures["pass_seconds"] = time.perf_counter() - began
        version = session.versions()[-1]
        trained = version.scores["trained_tokens"] / max(version.scores["train_seconds"], 0.1)
        alone = [_answer(session) for _ in range(ANSWERS)]
        figures |= {
            "pass_exchanges": exchanges,
            "trained_tokens_per_second": trained,
            "first_token_seconds": statistics.median(times[1] - times[0] for times in alone),
            "decode_tokens_per_second": statistics.median(map(_rate, alone)),
        }
        figures |= _while_learning(session, exchanges)
        status = session.status()
        figures |= {
            "weights_mb": status.weights_mb,
            "adapter_parameters": status.trainable_parameters,
            "peak_resident_mb": _peak_resident_mb(psutil.Process()),
        }
    finally:
        session.close()
    return figures


def _fill(session: Any, exchanges: int) -> None:
    """Exchanges as a person would have them: turns of the shipped seed examples."""
    from persian_assistant.seed_examples import read_seed_examples

    rows = read_seed_examples(
        [data_dir() / "seed" / "everyday.jsonl", data_dir() / "seed" / "assistant.jsonl"]
    )
    for row in rows[:exchanges]:
        session.journal.append_assistant(session.journal.append_user(row[0].content), row[1].content)


def _pass(session: Any) -> None:
    session.learn()
    session.wait_for_pass()
    if session.status().version is None:
        raise LearningError("bench.no_version")


def _answer(session: Any) -> list[float]:
    """When each of ANSWER_TOKENS tokens came, the call itself first; stop tokens are not looked for."""
    engine = session._serving.engine
    seq = session.journal.append_user("یک داستان کوتاه برایم تعریف کن")
    prompt = engine.template.prompt_ids(session._messages(seq), ANSWER_TOKENS, 512)
    times = [time.perf_counter()]
    stops, engine._stops = engine._stops, set()
    try:
        for _ in engine._tokens(prompt, session.config.generation, threading.Event()):
            times.append(time.perf_counter())
    finally:
        engine._stops = stops
    return times


def _rate(times: list[float]) -> float:
    """Tokens per second after the first one."""
    return (len(times) - 2) / (times[-1] - times[1])


def _while_learning(session: Any, exchanges: int) -> dict[str, float]:
    """Decode speed while a pass runs, and how much longer a token took where the swap fell into it."""
    _fill(session, exchanges)
    serving = session._serving
    swaps: list[tuple[float, float]] = []
    serve = serving.serve

    def timed(version: Any) -> None:
        began = time.perf_counter()
        serve(version)
        swaps.append((began, time.perf_counter()))

    serving.serve = timed
    session.learn()
    answers: list[list[float]] = []
    began = time.perf_counter()
    while session.pass_state.running:
        answers.append(_answer(session))
    seconds = time.perf_counter() - began
    gaps = [pair for times in answers for pair in pairwise(times[1:])]
    usual = statistics.median(after - before for before, after in gaps)
    hit = [after - before for before, after in gaps for start, end in swaps if before < end and after > start]
    return {
        "decode_while_learning_tokens_per_second": statistics.median(map(_rate, answers)),
        "pass_while_answering_seconds": seconds,
        "swap_pause_seconds": max(0.0, max(hit, default=float("nan")) - usual),
        "swap_work_seconds": max((end - start for start, end in swaps), default=float("nan")),
        "longest_token_seconds": max(after - before for before, after in gaps),
    }


def _prompt_seconds(model: str, quantization: str) -> float:
    """From starting the program on a pseudo-terminal to the first prompt; the best of three warm starts."""
    if os.name != "posix":
        return float("nan")
    return min(_one_start(model, quantization) for _ in range(3))


def _one_start(model: str, quantization: str) -> float:
    import fcntl
    import pty
    import struct
    import termios

    command = [sys.executable, "-m", "persian_assistant", "chat", "--model", model]
    command += ["--quantization", quantization, "--profile", "start"]
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm"}, close_fds=True
    )
    os.close(slave)
    seen = b""
    try:
        while PROMPT_IS_LIVE not in seen:
            piece = os.read(master, 4096)
            if not piece:
                return float("nan")
            seen += piece
            if b"\x1b[6n" in piece:  # where is the cursor? A terminal answers that
                os.write(master, b"\x1b[1;1R")
        return time.perf_counter() - began
    finally:
        process.kill()
        process.wait()
        os.close(master)


@contextmanager
def _own_home() -> Iterator[Path]:
    before = os.environ.get("PERSIAN_ASSISTANT_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PERSIAN_ASSISTANT_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ["PERSIAN_ASSISTANT_HOME"]
            else:
                os.environ["PERSIAN_ASSISTANT_HOME"] = before


def _gpt2_fa_shape(folder: Path) -> Path:
    """A random GPT-2 of gpt2-fa's shape with the bundled tokenizer (ids past it never come from text)."""
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    tokenizer = AutoTokenizer.from_pretrained(data_dir() / "models" / "mini")
    torch.manual_seed(0)
    end = tokenizer.eos_token_id
    config = GPT2Config(vocab_size=42_001, n_positions=1024, bos_token_id=end, eos_token_id=end)
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _peak_resident_mb(process: Any) -> float:
    try:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1024 if sys.platform != "darwin" else peak / 2**20
    except ImportError:
        return float(process.memory_info().peak_wset) / 2**20


def _machine() -> dict[str, Any]:
    import platform

    import torch

    return {"cores": os.cpu_count(), "cuda": torch.cuda.is_available(), "system": platform.system()}


def show(figures: dict[str, Any], path: Path | None) -> None:
    """A table on stdout; the same as JSON in `path`."""
    from rich.console import Console
    from rich.table import Table

    from persian_assistant.terminal.output import show_table

    table = Table(box=None)
    for name in ("figure", "value", "target"):
        table.add_column(say(f"bench.column_{name}"))
    for name, value in figures.items():
        shown = f"{value:.3g}" if isinstance(value, float) else str(value)
        table.add_row(name, shown, str(TARGETS.get(name, "")))
    show_table(table, Console())
    if path is not None:
        disk.write_private(path, disk.to_json(figures, indent=1) + "\n")
