"""Twenty cycles of self-training from the same start: the plain recipe's rules against the product's.

python benchmarks/self_training.py --out FOLDER [--cycles 20] [--samples 40] [--plot FILE.svg]

`naive` is the plain recipe: what the model says goes into the data set as it is, the oldest rows leave once
the set is full (people's, too), the next model is trained on the set from the last one, and serves. `product`
is `persian-assistant selftrain` itself. Both draw answers in the same way from the same questions, and both
hear two new questions of a user in each cycle. Stopped at any point, the same command goes on from there.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from self_training_report import ARMS, plot, repeated, self_bleu, table

from persian_assistant import adapters, beside, disk, metrics
from persian_assistant.commands.bench_learning_report import machine, packages
from persian_assistant.commands.bench_learning_run import free_questions
from persian_assistant.config import LearningConfig
from persian_assistant.hub import resolve
from persian_assistant.journal import Journal
from persian_assistant.model import load_model
from persian_assistant.persona import Persona
from persian_assistant.profile import Profile
from persian_assistant.records import Message
from persian_assistant.selftraining.generation import Sampling, sampled_answers
from persian_assistant.selftraining.samples import SampleStore
from persian_assistant.selftraining.service import SelfTraining
from persian_assistant.selftraining.settings import SelfTrainConfig
from persian_assistant.selftraining.status import FOLDER
from persian_assistant.selftraining.training import pass_settings
from persian_assistant.serving import Serving
from persian_assistant.template import ChatTemplate
from persian_assistant.trainer import train_adapter
from persian_assistant.training_copy import training_copy
from persian_assistant.versions import VersionStore

NAIVE_START, NAIVE_CAP = 100, 300
"""Rows people wrote that the plain recipe's data set begins with, and its cap: 10,000 scaled to the samples
drawn here, so that the set is full within the run as it is within four days at 100 a cycle."""
NEWS = 2
"""Questions of the user's a cycle; their conversations are kept from everything else."""
HELDOUT_TOKENS, HELDOUT_ROW = 8000, 256
ANSWER_ROWS, ANSWER_TOKENS = 64, 160
FREE_TOKENS = 64

Row = list[Message]


class Measure:
    """Looks at a model in memory after each cycle."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.questions = free_questions()

    def figures(self, model: Any, cycle: int, before: Sequence[str]) -> dict[str, Any]:
        """`before`: free answers of the cycles before this one."""
        bench, template = self.bench, self.bench.serving.template
        human = bench.human
        perplexity = metrics.perplexity(
            model,
            template,
            human.heldout_texts,
            max_tokens=HELDOUT_TOKENS,
            max_length=HELDOUT_ROW,
            stop=lambda: False,
        )
        rows = [bench.example(row) for row in human.heldout_examples[:ANSWER_ROWS]]
        answers = [answer for answer in self._free(model, cycle) if answer]
        return {
            "perplexity": perplexity,
            "answer_loss": metrics.weighted_loss(model, rows),
            "distinct2": metrics.distinct_n(answers),
            "self_bleu": self_bleu(answers),
            "rep4": sum(map(metrics.rep_n, answers)) / max(len(answers), 1),
            "words": sum(len(text.split()) for text in answers) / max(len(answers), 1),
            "near_duplicates": repeated(answers, before),
            "answers": answers,
        }

    def _free(self, model: Any, cycle: int) -> list[str]:
        sampling = Sampling(max_new_tokens=FREE_TOKENS)
        return self.bench.said(model, [[Message("user", one)] for one in self.questions], sampling, cycle)


# --- one run ----------------------------------------------------------------------------------------


class Bench:
    """The model, the data, and the record of both arms in a folder."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.folder = disk.make_private_dir(args.out)
        self.persona = Persona.load("assistant")
        self.source = resolve(args.model, notice=print)
        loaded = load_model(self.source, quantization="nf4", device=args.device, notice=print)
        self.profile = Profile.open(
            self.folder / "home", "bench", create={"base_model": self.source.name, "persona": "assistant"}
        )
        self.serving = Serving(
            loaded, ChatTemplate.for_model(loaded.tokenizer), self.persona, VersionStore(self.profile.path)
        )
        self.human = self.serving.learning_pass().material
        seeds = list(self.human.seed_examples)
        random.Random(1).shuffle(seeds)
        count = NEWS * args.cycles
        self.news = [row[0].content for row in seeds[:count]]
        self.human = replace(self.human, seed_examples=seeds[count:])
        self.serving.learning_pass().material = self.human
        self.measure = Measure(self)
        self.record = self._opened()

    def _opened(self) -> dict[str, Any]:
        same = {
            "model": self.args.model,
            "samples": self.args.samples,
            "most_tokens": self.args.most_tokens,
            "sampling": asdict(Sampling(SelfTrainConfig().temperature, SelfTrainConfig().top_p)),
            "naive": {"start": NAIVE_START, "cap": NAIVE_CAP},
        }
        path = self.folder / "self-training.json"
        if path.exists():
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if any(record[name] != json.loads(disk.to_json(value)) for name, value in same.items()):
                raise SystemExit(f"{path}: of other settings; give another --out")
            return record
        record = {**same, "packages": packages(), "machine": machine(), "arms": {arm: [] for arm in ARMS}}
        return record

    def keep(self) -> None:
        disk.write_private(self.folder / "self-training.json", disk.to_json(self.record, indent=1) + "\n")

    def run(self) -> None:
        """Both arms by turns, so that a run that is stopped has as much of each."""
        arms: dict[str, Callable[[int], dict[str, Any]]] = {
            "naive": Naive(self).cycle,
            "product": Product(self).cycle,
        }
        for cycle in range(self.args.cycles + 1):
            for arm in ARMS:
                done = self.record["arms"][arm]
                if len(done) <= cycle:
                    found = arms[arm](cycle) if cycle else self._start()
                    done.append({"cycle": cycle, **found})
                    self.keep()
                    shown = {
                        name: value for name, value in done[-1].items() if name not in ("answers", "fresh")
                    }
                    print(arm, disk.to_json(shown), flush=True)

    def _start(self) -> dict[str, Any]:
        return self.measure.figures(self.serving.loaded.model, 0, [])

    def before(self, arm: str) -> list[str]:
        return [text for found in self.record["arms"][arm] for text in found["answers"]]

    def repeated(self, arm: str, fresh: Sequence[str]) -> float:
        """Of what an arm adds: against all it added before and all that people wrote."""
        earlier = [text for found in self.record["arms"][arm] for text in found.get("fresh", [])]
        people = [message.content for row in self.human.seed_examples for message in row]
        return repeated(fresh, [*people, *earlier])

    def said(self, model: Any, prompts: Sequence[Row], sampling: Sampling, seed: int) -> list[str]:
        """Answers to conversations that end with a user's turn."""
        template, found = self.serving.template, []
        for at in range(0, len(prompts), metrics.DECODED_TOGETHER):
            ids = [
                template.prompt_ids(self.with_persona(turns), sampling.max_new_tokens, 1024)
                for turns in prompts[at : at + metrics.DECODED_TOGETHER]
            ]
            answers = sampled_answers(model, template, ids, sampling, 1000 * seed + at)
            found += [answer.text for answer in answers]
        return found

    def with_persona(self, turns: Sequence[Message]) -> Row:
        return [Message("system", self.persona.system), *turns]

    def example(self, row: Sequence[Message]) -> Any:
        messages = self.with_persona(row)
        weights = [float(message.role == "assistant") for message in messages]
        return self.serving.template.encode_example(messages, weights, ANSWER_TOKENS)


class Naive:
    """The plain recipe. Its state is one file and one folder for each cycle."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.folder = disk.make_private_dir(bench.folder / "naive")

    def cycle(self, number: int) -> dict[str, Any]:
        """Ask, add, train, save, look."""
        bench = self.bench
        rows, previous = self._state(number - 1)
        chance = random.Random(number)
        model = bench.serving.loaded.model
        count = bench.args.samples - NEWS
        asked = [[row[0]] for row in chance.sample(list(bench.human.seed_examples), count)]
        heard = bench.news[NEWS * (number - 1) : NEWS * number]
        asked += [[Message("user", text)] for text in heard]
        settings = SelfTrainConfig()
        sampling = Sampling(settings.temperature, settings.top_p)
        if previous is None:
            answers = bench.said(model, asked, sampling, number)
        else:
            with beside.on_bare(model, previous, bench.serving.engine.lock):
                answers = bench.said(model, asked, sampling, number)
        added = [
            [*turns, Message("assistant", text)] for turns, text in zip(asked, answers, strict=True) if text
        ]
        rows = [*rows, *added][-NAIVE_CAP:]
        trained = self._train(number, rows, previous)
        with beside.on_bare(model, trained, bench.serving.engine.lock):
            figures = bench.measure.figures(model, number, bench.before("naive"))
        record = [[message.as_chat() for message in row] for row in rows]
        disk.write_private(trained / "rows.json", disk.to_json(record))
        people = [row for row in rows if row in self._state(0)[0]]
        fresh = [row[-1].content for row in added]
        return {
            **figures,
            "added": len(added),
            "fresh": fresh,
            "fresh_near_duplicates": bench.repeated("naive", fresh),
            "human_rows": len(people),
            "rows": len(rows),
        }

    def _state(self, number: int) -> tuple[list[Row], Path | None]:
        """The data set and the adapter after cycle `number`."""
        if number == 0:
            seeds = [list(row) for row in self.bench.human.seed_examples]
            return random.Random(0).sample(seeds, NAIVE_START), None
        folder = self.folder / f"{number:02d}"
        record = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
        return [[Message(turn["role"], turn["content"]) for turn in row] for row in record], folder

    def _train(self, number: int, rows: list[Row], previous: Path | None) -> Path:
        bench = self.bench
        settings = replace(pass_settings(LearningConfig(), SelfTrainConfig().epochs), kl_weight=0.0)
        candidate = adapters.attach(
            training_copy(bench.serving.loaded.model),
            previous,
            "candidate",
            lora_r=settings.lora_r,
            trainable=True,
        )
        pad = int(bench.serving.loaded.tokenizer.pad_token_id)
        train_adapter(candidate, [bench.example(row) for row in rows], pad, settings, random_seed=number)
        folder = disk.make_private_dir(self.folder / f"{number:02d}")
        adapters.save_adapter(candidate, folder, "candidate")
        return folder


class Product:
    """The service itself, a cycle at a time; a user asks something new before each."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        settings = SelfTrainConfig(
            samples=bench.args.samples, cycles=1, interval=0, most_tokens=bench.args.most_tokens
        )
        self.service = SelfTraining(
            bench.profile,
            lambda: bench.serving,
            settings,
            LearningConfig(),
            threading.Event(),
            tell=lambda key, **values: print(key, values.get("last", {}).get("reason", ""), flush=True),
        )

    def cycle(self, number: int) -> dict[str, Any]:
        """Ask, run, look."""
        bench = self.bench
        if self.service.status.cycle < number:
            with bench.profile.lock():
                journal = Journal.open(bench.profile.journal_path)
                for text in bench.news[NEWS * (number - 1) : NEWS * number]:
                    journal.append_assistant(journal.append_user(text), "باشد.")
        if self.service.status.cycle < number or self.service.status.step:
            self.service.run()
        status = self.service.status
        current = bench.serving.store.current()
        with bench.serving.lending(current):
            figures = bench.measure.figures(bench.serving.loaded.model, number, bench.before("product"))
        store = SampleStore(bench.profile.path / FOLDER)
        fresh = [sample.answer for sample in store.read() if sample.cycle == number]
        counts = status.last.get("counts", {})
        return {
            **figures,
            "added": len(fresh),
            "fresh": fresh,
            "fresh_near_duplicates": bench.repeated("product", fresh),
            "dropped": {
                name: value for name, value in status.counts.items() if name not in ("generated", "kept")
            },
            "outcome": status.last.get("outcome"),
            "reason": status.last.get("reason"),
            "scale": status.last.get("scores", {}).get("scale"),
            "generated_share": counts.get("generated_labels", 0) / max(counts.get("labels", 1), 1),
            "sleeping": status.sleeping,
            "version": current.number if current else None,
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--most-tokens", type=int, default=20_000)
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    torch.manual_seed(0)
    bench = Bench(args)
    bench.run()
    print(table(bench.record))
    if args.plot:
        args.plot.write_text(plot(bench.record), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
