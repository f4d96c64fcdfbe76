"""One run of `bench learning`: one session told a whole rounds file, asked after every round.

Knows nothing of arms, files or screens. Questions are decoded together, greedily, each as the first of a
conversation of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from persian_assistant.config import data_dir
from persian_assistant.errors import LearningError
from persian_assistant.facts.doubt import worth_saying
from persian_assistant.rounds import Event, Replies, Rounds, is_right, mean, score
from persian_assistant.text import answer_key
from persian_assistant.wording import say

PROBE_TOKENS = 48
FREE_TOKENS = 96
HELDOUT_TOKENS = 8_000
HELDOUT_ROW = 256
LINUX_RESET_PEAK = "5"
"""Written to /proc/self/clear_refs, it begins a new peak of resident memory (man proc)."""


class Run:
    """Plays a rounds file into a session. `memory`: for each, all questions are asked once."""

    def __init__(
        self, session: Any, rounds: Rounds, arm: str, seed: int, memory: Sequence[bool], progress: Any
    ) -> None:
        self.session, self.rounds, self.arm, self.seed = session, rounds, arm, seed
        self.memory, self.progress = tuple(memory), progress
        self.replies: dict[bool, list[Replies | None]] = {on: [] for on in self.memory}
        self.passes: list[dict[str, Any]] = []
        self.trained_wordings: set[str] = set()
        """Questions that stood in training in these very words, as far as the session can tell."""
        session.on_event = self._heard
        self._sentences: list[str] = []
        self._passes_seen = 0
        self._known: dict[tuple[tuple[int, ...], int], str] = {}
        """Answers of the version that serves, by prompt and most tokens."""

    def play(self) -> list[dict[str, Any]]:
        """Everything told, learned and asked; one record of figures for each of `memory`."""
        began = time.perf_counter()
        _reset_peak()
        self._tell("base")
        base = self._language(free=True)
        chance = self._ask(self.rounds.count, memory=False)  # nothing was told yet
        for _ in range(self.seed):  # the pass draws from the journal's numbers: another seed, other draws
            self.session.clear()
        versions = []
        for number in range(1, self.rounds.count + 1):
            self._round(number)
            if self.arm != "joint" or number == self.rounds.count:
                self._learn(number)
                self._note_wordings()
                self._tell("ask", number)
                last = number == self.rounds.count
                versions.append({"round": number, **self._language(free=last)})
                for on in self.memory:
                    self.replies[on].append(self._ask(number, on))
            else:
                for on in self.memory:
                    self.replies[on].append(None)
        seconds = time.perf_counter() - began
        return [self._figures(on, base, versions, chance, seconds) for on in self.memory]

    # --- telling and learning -----------------------------------------------------------------------

    def _round(self, number: int) -> None:
        self.session.clear()
        for event in self.rounds.of(number):
            self._tell("talk", number)
            self._play_event(event)
            self._wait()

    def _play_event(self, event: Event) -> None:
        plain = self.arm == "naive"  # it knows talking only: no commands
        if event.event == "say":
            self._talk(event.text)
        elif event.event == "teach":
            if plain:
                self._talk(event.answer)
            else:
                self.session.teach(event.question, event.answer)
        elif event.event == "fix":
            self._talk(event.text)
            if plain:
                self._talk(event.reply)
            else:
                self.session.fix(event.reply)
        elif not plain:
            self._forget(event.text)

    def _talk(self, text: str) -> None:
        for _ in self.session.reply(text, threading.Event()):
            pass

    def _forget(self, words: str) -> None:
        """What a user does who types /forget and says yes to all that is shown."""
        matches = self.session.forget_matches(words)
        if matches:
            self.session.forget(matches)

    def _learn(self, number: int) -> None:
        """The pass of a round, and whatever a /forget began by itself."""
        self._tell("learn", number)
        began = time.perf_counter()
        with suppress(LearningError):  # nothing is new, or all of it was learned on /forget
            self.session.learn()
        self._wait()
        self._known.clear()
        seconds = time.perf_counter() - began
        records = self.session.journal.passes()
        ended = [found for found in records[self._passes_seen :] if found.outcome != "started"]
        self._passes_seen = len(records)
        for found in ended[:-1]:
            self._note_pass(number, found, found.scores.get("seconds", 0.0))
        last = ended[-1] if ended else None
        self._note_pass(number, last, max(seconds, last.scores.get("seconds", 0.0) if last else 0.0))
        self._sentences.clear()

    def _note_pass(self, number: int, found: Any, seconds: float) -> None:
        """`found`: what the journal says of the pass; None where there was nothing to learn."""
        configs = {version.number: version.config for version in self.session.versions()}
        config = configs.get(found.version, {}) if found else {}
        scores = found.scores if found else {}
        published = found is not None and found.outcome == "published"
        scale = scores.get("scale", 1.0)
        self.passes.append(
            {
                "round": number,
                "seconds": round(seconds, 2),
                "gate": "scaled" if published and scale < 1 else found.outcome if found else "none",
                "scale": scale if published else None,
                "reason": found.reason if found else None,
                "version": found.version if found else None,
                "trained_tokens": scores.get("trained_tokens", config.get("trained_tokens")),
                "train_seconds": scores.get("train_seconds", config.get("train_seconds")),
                "counts": config.get("counts"),
                "scores": scores,
                "told": list(self._sentences),
            }
        )

    def _wait(self) -> None:
        while not self.session.wait_for_pass(0.2):  # in short steps, so that Ctrl-C is heard
            state = self.session.pass_state
            self.progress.phase(state.phase, state.progress)

    def _heard(self, sentence: str) -> None:
        self._sentences.append(sentence)

    # --- asking -------------------------------------------------------------------------------------

    def _ask(self, number: int, memory: bool) -> Replies:
        """Replies to the probes of all facts live after round `number`, to forgotten ones and to controls."""
        live, gone = self.rounds.live(number), self.rounds.forgotten(number)
        questions = [probe.question for fact in (*live, *gone) for probe in fact.probes]
        replies = iter(self._answers([*questions, *self.rounds.controls], memory))
        by_fact = [
            {fact.id: [next(replies) for _ in fact.probes] for fact in facts} for facts in (live, gone)
        ]
        return Replies(by_fact[0], by_fact[1], list(replies))

    def _answers(
        self, questions: Sequence[str], memory: bool, max_new_tokens: int = PROBE_TOKENS
    ) -> list[str]:
        from persian_assistant.engine import context_length
        from persian_assistant.metrics import greedy_answers

        serving = self.session._serving
        longest = context_length(serving.loaded.model, serving.loaded.tokenizer)
        asked = [self.session.fresh_messages(text, memory=memory) for text in questions]
        prompts = [
            tuple(serving.template.prompt_ids(messages, max_new_tokens, longest)) for messages in asked
        ]
        quotable = {
            prompt: serving.quotable(messages) for prompt, messages in zip(prompts, asked, strict=True)
        }
        # where nothing is looked up, both kinds of memory ask the same
        new = [one for one in dict.fromkeys(prompts) if (one, max_new_tokens) not in self._known]
        with serving.engine.lock:
            answers = greedy_answers(
                serving.loaded.model,
                serving.template,
                new,
                max_new_tokens=max_new_tokens,
                quotable=[quotable[prompt] for prompt in new],
            )
        pressed = {
            prompt: messages[-1].content
            for prompt, messages in zip(prompts, asked, strict=True)
            if serving.knows_or_invents(messages)
        }
        for prompt, answer in zip(new, answers, strict=True):
            said = answer.text
            if prompt in pressed:
                said = worth_saying(pressed[prompt], said, answer.log_probability, answer.ended)
            self._known[prompt, max_new_tokens] = said
        return [self._known[prompt, max_new_tokens] for prompt in prompts]

    def _note_wordings(self) -> None:
        """Remember every question that stood before an answer in training."""
        if not self.session.config.learning.facts:
            return
        from persian_assistant.facts.said_views import said_lessons
        from persian_assistant.facts.views import train_views

        told = self.session.journal.exchanges()
        views = [view for fact in self.session.facts.live() for view in train_views(fact)]
        views += [view for exchange in told for view in said_lessons(exchange)]
        asked = {message.content for view in views for message in view.messages if message.role == "user"}
        self.trained_wordings |= set(map(answer_key, asked))

    # --- measuring ----------------------------------------------------------------------------------

    def _language(self, free: bool) -> dict[str, Any]:
        """Held-out perplexity of what serves now; with `free`, also rep-4 and distinct-2 of free answers."""
        from persian_assistant import metrics

        serving = self.session._serving
        with serving.engine.lock:
            perplexity = metrics.perplexity(
                serving.loaded.model,
                serving.template,
                serving.learning_pass().material.heldout_texts,
                max_tokens=HELDOUT_TOKENS,
                max_length=HELDOUT_ROW,
                stop=lambda: False,
            )
        figures: dict[str, Any] = {"version": serving.version, "perplexity": perplexity}
        if free:
            answers = self._answers(free_questions(), False, FREE_TOKENS)
            figures["rep4"] = mean([metrics.rep_n(answer) for answer in answers])
            figures["distinct2"] = metrics.distinct_n(answers)
        return figures

    def _figures(
        self,
        memory: bool,
        base: dict[str, Any],
        versions: list[dict[str, Any]],
        chance: Replies,
        seconds: float,
    ) -> dict[str, Any]:
        replies = self.replies[memory]
        last = replies[-1]
        assert last is not None
        for version in versions:
            version["perplexity_ratio"] = version["perplexity"] / base["perplexity"]
        untrained = self._untrained(last)
        asked_of_base = score(self.rounds, [*[None] * (self.rounds.count - 1), chance])
        return {
            "arm": self.arm,
            "random_seed": self.seed,
            "memory": "on" if memory else "off",
            **score(self.rounds, replies),
            "acc_untrained_wordings": mean(untrained),
            "untrained_wordings": len(untrained),
            "base": {
                **base,
                **{name: asked_of_base[name] for name in ("acc", "false_recall", "forget_residual")},
            },
            "versions": versions,
            "perplexity_ratio": versions[-1]["perplexity_ratio"],
            "rep4": versions[-1]["rep4"],
            "distinct2": versions[-1]["distinct2"],
            "base_rep4": base["rep4"],
            "base_distinct2": base["distinct2"],
            "passes": self.passes,
            "longest_pass_seconds": max(found["seconds"] for found in self.passes),
            "peak_memory_mb": peak_memory_mb(),
            "seconds": round(seconds, 1),
            "replies": [
                self._transcript(number, said) for number, said in enumerate(replies, start=1) if said
            ],
        }

    def _untrained(self, last: Replies) -> list[bool]:
        """Right or not, for each probe of the last round whose very words never stood in training."""
        return [
            is_right(reply, probe.answers)
            for fact in self.rounds.live()
            for probe, reply in zip(fact.probes, last.live[fact.id], strict=True)
            if answer_key(probe.question) not in self.trained_wordings
        ]

    def _transcript(self, number: int, said: Replies) -> dict[str, Any]:
        """What was asked and answered after a round, so that every figure can be looked into."""
        facts = {fact.id: fact for fact in self.rounds.taught()}
        rows = [
            [identity, probe.question, reply, is_right(reply, probe.answers)]
            for replies in (said.live, said.forgotten)
            for identity, found in replies.items()
            for probe, reply in zip(facts[identity].probes, found, strict=True)
        ]
        controls = [list(pair) for pair in zip(self.rounds.controls, said.controls, strict=True)]
        return {"round": number, "probes": rows, "controls": controls}

    def _tell(self, what: str, number: int = 0) -> None:
        self.progress.at(self.arm, self.seed, number, self.rounds.count, say(f"bench.doing_{what}"))


def free_questions() -> list[str]:
    """The questions whose answers are looked at for repetition and variety."""
    lines = (data_dir() / "rounds" / "free.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def _reset_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text(LINUX_RESET_PEAK)


def peak_memory_mb() -> float:
    """Highest resident memory in MiB: of this run where Linux can tell, else of the process so far."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    import psutil

    from persian_assistant.commands.bench_speed import _peak_resident_mb

    return _peak_resident_mb(psutil.Process(os.getpid()))
