"""Answers, token by token: prefill, cached decoding, sampling, and text without broken letters.

Knows nothing of adapters, journals or screens; what a prompt looks like is the template's business.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

import torch

from persian_assistant.adapters import SERIAL
from persian_assistant.config import GenerationConfig
from persian_assistant.errors import ModelError
from persian_assistant.kv_cache import new_cache, shared_prefix
from persian_assistant.quoting import NOTHING, Quotable, Quoting, following, only
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate

Stop = Literal["end", "length", "cancelled"]
TRIALS = 32
"""Draws for top-p before the vocabulary is sorted after all."""
PREFILL_CHUNK = 256
"""Prompt tokens per forward pass: the lock is free, and a cancel is heard, between two chunks."""
BROKEN = "\ufffd"
LONGEST_LETTER = 4
"""Bytes, so also tokens, that one letter can take at most."""


class Engine:
    """One model that answers one conversation at a time.

    `model` is the bare transformers model (adapters are injected into it in place), `lock` is held for
    each single step, so that whoever else takes it changes the adapter between two tokens.
    """

    def __init__(self, model: Any, tokenizer: Any, template: ChatTemplate, lock: Any = None) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.template = template
        self.lock = lock or threading.RLock()
        self.context_length = context_length(model, tokenizer)
        """Tokens of prompt and answer together."""
        self.tokens_per_second = 0.0
        """Decoding speed of the last answer, prompt not counted."""
        self.first_token_seconds = 0.0
        """Time from the call to the first token of the last answer."""
        self.last_stop: Stop = "end"
        """Why the last answer stopped: "end" of turn, "length" reached, "cancelled" by the user."""
        self.new_tokens = 0
        """Tokens of the last answer."""
        self.log_probability = 0.0
        """Of the last answer, its end included, in nats: summed over its tokens."""
        ends = getattr(model.generation_config, "eos_token_id", None)
        extra = ends if isinstance(ends, (list, tuple)) else [ends]
        self._stops = {*template.stop_token_ids, *(token for token in extra if token is not None)}
        self._threads = Threads()
        self._cache: Any = None
        self._cached_ids: list[int] = []
        self._cached_serial = -1

    def stream(
        self,
        messages: Sequence[Message],
        generation: GenerationConfig,
        cancel: threading.Event | None = None,
        quotable: Quotable = NOTHING,
    ) -> Iterator[str]:
        """Pieces of the answer as they come: whole letters, no blank at either end, no role marker.

        An answer that begins like a `quotable` line goes on as that line. Closing the iterator early
        counts as a cancel. Raises ModelError: no user turn, not enough memory, numbers that are not.
        """
        prompt = self.template.prompt_ids(messages, generation.max_new_tokens, self.context_length)
        return self.stream_ids(prompt, generation, cancel, quotable)

    def stream_ids(
        self,
        prompt: list[int],
        generation: GenerationConfig,
        cancel: threading.Event | None = None,
        quotable: Quotable = NOTHING,
    ) -> Iterator[str]:
        """As `stream`, from token ids."""
        quoting = following(self.template, quotable)
        text = TextStream(self.template, self.template.stop_strings)
        self.last_stop, self.new_tokens = "cancelled", 0  # unless told otherwise below
        self.log_probability = 0.0
        for token in self._tokens(prompt, generation, cancel or threading.Event(), quoting):
            if piece := text.feed(token):
                yield piece
            if text.stopped:
                self.last_stop = "end"
                return
        if self.last_stop != "cancelled" and (piece := text.flush()):
            yield piece

    # --- steps --------------------------------------------------------------------------------------

    def _tokens(
        self,
        prompt: list[int],
        generation: GenerationConfig,
        cancel: threading.Event,
        quoting: Quoting | None = None,
    ) -> Iterator[int]:
        """Sampled tokens up to, and without, the one that stops; sets the figures of the answer."""
        began = time.perf_counter()
        sampler, quoting = Sampler(generation, self._stops), quoting or Quoting([])
        room = min(generation.max_new_tokens, self.context_length - len(prompt))
        spent = 0.0
        try:
            self._threads.start()
            logits = self._prefill(prompt, cancel)
            for number in range(room):
                if logits is None or cancel.is_set():
                    return
                stepped = time.perf_counter()
                token = sampler.choose(logits, quoting)
                quoting.note(token)
                self.log_probability += float(logits[token] - logits.logsumexp(0))
                if number == 0:
                    self.first_token_seconds = time.perf_counter() - began
                if token in self._stops:
                    self.last_stop = "end"
                    return
                self.new_tokens = number + 1
                if number + 1 < room:
                    logits = self._step([token])
                step = time.perf_counter() - stepped
                self._threads.note(step)
                spent += step
                self.tokens_per_second = (number + 1) / max(spent, 1e-9)
                yield token
            self.last_stop = "length"
        except (MemoryError, torch.OutOfMemoryError) as error:
            self._cache = None
            raise ModelError("model.generation_memory") from error
        finally:
            self._threads.stop()

    def _prefill(self, prompt: list[int], cancel: threading.Event) -> torch.Tensor | None:
        """Scores after the whole prompt, (vocabulary,); None when cancelled. Reuses the last turn's cache."""
        kept = 0
        if self._cache is not None and self._cached_serial == getattr(self.model, SERIAL, 0):
            kept = shared_prefix(self._cache, self._cached_ids, prompt)
        if not kept:
            self._cache = new_cache(self.model)
        self._cached_ids = prompt[:kept]
        self._cached_serial = getattr(self.model, SERIAL, 0)
        logits = None
        for start in range(kept, len(prompt), PREFILL_CHUNK):
            if cancel.is_set():
                return None
            logits = self._step(prompt[start : start + PREFILL_CHUNK])
        return logits

    def _step(self, ids: list[int]) -> torch.Tensor:
        """Run `ids` through the model behind the cache; scores of the next token, (vocabulary,) float32."""
        with self.lock, torch.inference_mode():
            if getattr(self.model, SERIAL, 0) != self._cached_serial:
                self._cached_serial = -1  # another adapter: good for this answer, not for the next
            device = self.model.device
            output = self.model(
                input_ids=torch.tensor([ids], dtype=torch.long, device=device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
            self._cached_ids += ids
            return output.logits[0, -1].float()  # type: ignore[no-any-return]


@lru_cache
def _all_threads() -> int:
    """As torch began with: a new thread begins with as many as another uses at that moment."""
    return torch.get_num_threads()


class Threads:
    """How many threads a decoding step uses: all, or one on a busy machine.

    OpenMP's threads wait for each other, actively: where another process (or a training pass) takes a core,
    two threads were measured at 0.4 to 9 tokens/s and one at 14 to 34. What a step computes is the same to
    the last bit. So both are tried, the faster stays, and the other is tried again ever more rarely.
    """

    TRIAL, PATIENCE, LONGEST = 4, 32, 1024  # steps

    def __init__(self) -> None:
        self.most = _all_threads()
        busy = hasattr(os, "getloadavg") and os.getloadavg()[0] >= (os.cpu_count() or 1)
        self.now = 1 if busy else self.most
        self._seconds: dict[int, float] = {}  # a step's, by number of threads
        self._steps = 0  # since the last change
        self._patience = self.PATIENCE

    def start(self) -> None:
        """Use the present choice in this thread."""
        if self.now != torch.get_num_threads():
            torch.set_num_threads(self.now)

    def stop(self) -> None:
        """Give everyone else all threads again."""
        if self.now != self.most:
            torch.set_num_threads(self.most)

    def note(self, seconds: float) -> None:
        """A step took `seconds`; changes the number of threads where another looks faster."""
        if self.most == 1:
            return
        self._steps += 1
        old = self._seconds.get(self.now, seconds) if self._steps > 1 else seconds
        mean = self._seconds[self.now] = 0.5 * old + 0.5 * seconds
        other = self._seconds.get(1 if self.now == self.most else self.most)
        if self.now == self.most:
            if other is not None and mean > 1.2 * other:
                self._patience = min(2 * self._patience, self.LONGEST)
                self._use(1)
            elif self._steps == self.TRIAL:
                self._patience = self.PATIENCE
                if other is None:
                    self._use(1)
        elif (self._steps == self.TRIAL and other is not None and mean > other) or (
            self._steps >= self._patience
        ):
            self._use(self.most)

    def _use(self, count: int) -> None:
        self.now, self._steps = count, 0
        torch.set_num_threads(count)


class Sampler:
    """Chooses the next token: repetition penalty, temperature, top-p, in transformers' order.

    The penalty is on what this answer has used, not on the prompt: what a user told must be sayable back.
    """

    def __init__(self, generation: GenerationConfig, spared: set[int]) -> None:
        self._greedy = not generation.do_sample or generation.temperature == 0
        self._temperature = max(generation.temperature, 1e-5)
        self._top_p = generation.top_p
        self._penalty = generation.repetition_penalty
        self._spared = spared
        """Never penalised: an answer must be able to end however often turns have ended before."""
        self._used: list[int] = []
        self._known: set[int] = set()
        self._used_tensor: torch.Tensor | None = None
        self._random = torch.Generator()
        if generation.random_seed is None:
            self._random.seed()
        else:
            self._random.manual_seed(generation.random_seed)

    def choose(self, logits: torch.Tensor, quoting: Quoting | None = None) -> int:
        """The next token's id from float32 scores of shape (vocabulary,), of those that may follow.

        Raises ModelError on NaN.
        """
        with torch.inference_mode():
            logits = self._penalised(logits)
            logits = only(logits, quoting) if quoting else logits
            token = int(logits.argmax()) if self._greedy else self._sampled(logits)
            if not bool(torch.isfinite(logits[token])):
                raise ModelError("model.not_a_number")
        if token not in self._spared and token not in self._known:
            self._known.add(token)
            self._used.append(token)
            self._used_tensor = None
        return token

    def _penalised(self, logits: torch.Tensor) -> torch.Tensor:
        if self._penalty == 1 or not self._used:
            return logits
        if self._used_tensor is None:
            self._used_tensor = torch.tensor(self._used, dtype=torch.long, device=logits.device)
        scores = logits[self._used_tensor]
        scores = torch.where(scores < 0, scores * self._penalty, scores / self._penalty)
        return logits.index_copy(0, self._used_tensor, scores)

    def _sampled(self, logits: torch.Tensor) -> int:
        """Top-p by trial: draw from everything, keep what has less than `top_p` of likelier tokens.

        The same distribution as cutting the sorted list, without sorting a whole vocabulary (2.6 ms for
        42,001 entries against 0.1); equally likely tokens are in or out together.
        """
        shares = torch.softmax(logits / self._temperature, dim=0)
        edges = shares.cumsum(0)
        total = float(edges[-1])
        if not math.isfinite(total):
            raise ModelError("model.not_a_number")
        for _ in range(TRIALS):
            mark = torch.rand(1, generator=self._random).to(edges.device) * total
            token = min(int(torch.searchsorted(edges, mark, right=True)), len(shares) - 1)
            if self._top_p == 1 or float((shares * (shares > shares[token])).sum()) < self._top_p:
                return token
        ordered, ids = shares.sort(descending=True)  # a small top-p: nearly all trials fall outside
        kept = ordered * (ordered.cumsum(0) - ordered < self._top_p)
        return int(ids[int(torch.multinomial(kept.cpu(), 1, generator=self._random))])


class TextStream:
    """Text of a growing answer, a token at a time, at constant cost per token."""

    def __init__(self, template: ChatTemplate, stop_strings: Sequence[str]) -> None:
        self._decode = template.decode
        self._stop_strings = list(stop_strings)
        self._window: list[int] = []  # the tokens since the last but one clean cut
        self._shown = 0  # how many of them are in `_held` or out already
        self._held = ""  # not out yet: blanks, and what may become a stop string
        self._begun = False
        self.stopped = False
        """True once a stop string has come; nothing after it is text."""

    def feed(self, token: int) -> str:
        """Text that is certain now; "" while a letter or a stop string is open."""
        if self.stopped:
            return ""
        self._window.append(token)
        before = self._decode(self._window[: self._shown])
        text = self._decode(self._window)
        if text.endswith(BROKEN) and len(self._window) - self._shown < LONGEST_LETTER:
            return ""
        self._window = self._window[self._shown :]
        self._shown = len(self._window)
        return self._released(text[len(before) :].replace(BROKEN, ""))

    def flush(self) -> str:
        """What was held back and is text after all, without an open letter or blanks at the end."""
        rest = self._decode(self._window)[len(self._decode(self._window[: self._shown])) :]
        held = self._released(rest.replace(BROKEN, "")) + self._held
        self._held = ""
        return held.rstrip()

    def _released(self, text: str) -> str:
        self._held += text if self._begun else text.lstrip()
        self._begun = self._begun or bool(self._held)
        for stop in self._stop_strings:
            if (at := self._held.find(stop)) >= 0:
                self._held, self.stopped = self._held[:at].rstrip(), True
        out = self._held if self.stopped else self._held[: self._safe()]
        self._held = self._held[len(out) :]
        return out

    def _safe(self) -> int:
        """How much of the held text can go out: up to trailing blanks or an opening stop string."""
        end = len(self._held.rstrip())
        for stop in self._stop_strings:
            for size in range(min(len(stop), len(self._held)), 0, -1):
                if self._held.endswith(stop[:size]):
                    end = min(end, len(self._held[:-size].rstrip()))
                    break
        return end


def context_length(model: Any, tokenizer: Any) -> int:
    """Tokens the model can look back on, prompt and answer together."""
    config = model.config.get_text_config()
    length = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None) or 1024
    limit = getattr(tokenizer, "model_max_length", None) or length
    return int(min(length, limit))
