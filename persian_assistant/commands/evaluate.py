"""`persian-assistant evaluate`: figures of a model, a version or a trained folder, also against another."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persian_assistant import disk
from persian_assistant.config import QUANTIZATIONS, Config, data_dir, home
from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.example_files import parse_columns
from persian_assistant.figures import listed
from persian_assistant.hub_rows import HUB_PREFIX
from persian_assistant.text import sanitise, to_latin_digits, to_persian_digits
from persian_assistant.wording import language, say

if TYPE_CHECKING:
    from rich.console import Console

    from persian_assistant.evaluation.intervals import Estimate
    from persian_assistant.evaluation.measures import Outcome
    from persian_assistant.evaluation.report import Line, Sets
    from persian_assistant.hub import ModelSource
    from persian_assistant.profile import Profile

BASE, CURRENT = "base", "current"
PERCENT = (
    "accuracy",
    "accuracy_by_length",
    "accuracy_chance",
    "exact_match",
    "f1",
    "contains_answer",
    "stop_rate",
)
"""Figures of 0..1 that are shown as a percentage."""
VERDICTS = {"better": "evaluate.better", "worse": "evaluate.worse", "unsure": "evaluate.unsure", None: ""}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""

    def flag(name: str, **options: Any) -> None:
        key = "evaluate.flag_" + name.strip("-").replace("-", "_")
        parser.add_argument(name, help=say(key).replace("%", "%%"), **options)

    flag("--model", metavar="NAME")
    flag("--revision", metavar="REF")
    flag("--download", action="store_true")
    flag("--quantization", choices=QUANTIZATIONS)
    flag("--persona", metavar="NAME|PATH")
    flag("--profile", metavar="NAME")
    flag("--version", metavar="{N,current,base}")
    flag("--adapter", type=Path, metavar="DIR")
    flag("--against", metavar="{base,N}")
    flag("--text", nargs="+", metavar="FILE")
    flag("--choices", metavar="FILE")
    flag("--qa", metavar="FILE")
    flag("--instructions", metavar="FILE")
    flag("--columns", metavar="NAME=COLUMN,…")
    flag("--split", default="train", metavar="NAME")
    flag("--limit", metavar="N", default="0")
    flag("--random-seed", metavar="N", default="0")
    flag("--json", type=Path, metavar="FILE")


def run(args: argparse.Namespace, config: Config) -> int:
    """Measure and print the table; Ctrl-C leaves the sets that are done. Raises AssistantError."""
    limit = _whole(args.limit, "--limit")
    random_seed = _whole(args.random_seed, "--random-seed")
    if args.json is not None and not args.json.expanduser().absolute().parent.is_dir():
        raise UsageError("evaluate.no_folder", path=args.json)

    from persian_assistant.commands.bars import stderr_console
    from persian_assistant.commands.pretrain import _Stages

    console = stderr_console()
    with _Stages(console) as stages:

        def notice(text: str) -> None:
            stages.say(sanitise(text))

        subject, base = _arms(args, config, notice)
        sources = _sources(args)
        sets = _sets(args, sources, limit, notice)
        found: list[dict[str, Outcome]] = [{}, {}]
        stopped = False
        try:
            for arm, outcomes in ((base, found[1]), (subject, found[0])):
                if arm is not None:
                    _measure(arm, sets, outcomes, notice, stages.tick)
        except KeyboardInterrupt:
            stopped = True
    if not found[0]:  # stopped while the model to compare with was measured
        found.reverse()
        subject, base = base or subject, None
    _show(found, subject, base, random_seed, args.json, sources, finished=not stopped)
    if stopped:
        raise Cancelled("evaluate.stopped", count=len(found[0]))
    return 0


def _whole(text: str, name: str) -> int:
    digits = to_latin_digits(str(text)).strip()
    if not (digits.isascii() and digits.isdigit()):
        raise UsageError("cli.bad_value", name=name, value=text, expected="0, 1, 2 …")
    return int(digits)


# --- which model --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arm:
    """One model to measure."""

    label: str
    source: ModelSource
    folder: Path | None
    """What was trained on it; None: the base."""
    quantization: str
    device: str
    system: str


def _arms(args: argparse.Namespace, config: Config, notice: Callable[[str], None]) -> tuple[Arm, Arm | None]:
    """What is measured, and what it is compared with. Raises AssistantError."""
    from persian_assistant.hub import resolve
    from persian_assistant.persona import Persona

    if args.adapter is not None and args.version is not None:
        raise UsageError("evaluate.adapter_or_version")
    profile = _profile(args)
    name, revision = args.model or config.model.name, args.revision or config.model.revision
    quantization = args.quantization or config.model.quantization
    persona = args.persona or (profile.persona if profile else None) or config.persona
    folder = None
    if profile is not None:
        if args.model is None:
            name, revision = profile.repo_id or profile.base_model, profile.revision
        quantization = args.quantization or profile.quantization or quantization
    if args.adapter is not None:
        from persian_assistant.techniques_folder import TrainedFolder

        folder = TrainedFolder.read(args.adapter)
        if args.model is None and profile is None and folder.base.get("name"):
            name = folder.base.get("repo_id") or folder.base["name"]
            revision = folder.base.get("revision")
        quantization = args.quantization or folder.quantization or quantization
    source = resolve(
        name,
        revision=revision,
        notice=notice,
        allow_download=args.download or config.model.download,
    )
    if profile is not None:
        profile.check_base(source.name, source.fingerprint)
    system = Persona.load(persona).system
    bare = Arm(
        say("evaluate.base", name=source.name), source, None, quantization, config.model.device, system
    )
    if folder is not None:
        folder.check(source)
        subject = replace(bare, label=folder.path.name, folder=folder.path)
    else:
        subject = _version(bare, profile, args.version or (CURRENT if profile else BASE))
    if args.against is None:
        return subject, None
    base = _version(bare, profile, args.against)
    if base == subject:
        raise UsageError("evaluate.same", label=subject.label)
    return subject, base


def _profile(args: argparse.Namespace) -> Profile | None:
    """The profile whose versions are meant; the only one there is where none is named."""
    from persian_assistant.profile import Profile, list_profiles

    wanted = {args.version, args.against} - {None, BASE}
    if args.profile is None and not wanted:
        return None
    known = list_profiles(home())
    if args.profile is None and len(known) > 1:
        raise UsageError("hub.which_profile", known="، ".join(known))
    if args.profile is None and not known:
        raise UsageError("evaluate.no_profile", path=home())
    return Profile.open(home(), args.profile or known[0])


def _version(bare: Arm, profile: Profile | None, wanted: str) -> Arm:
    """`bare` with the version `wanted` of the profile on it. Raises UsageError, DiskError."""
    from persian_assistant.versions import VersionStore

    if wanted == BASE:
        return bare
    assert profile is not None  # _profile has seen to that
    store = VersionStore(profile.path)
    if wanted == CURRENT:
        version = store.current()
        if version is None:
            raise UsageError("evaluate.no_version", name=profile.name)
    else:
        versions = {version.number: version for version in store.list()}
        digits = to_latin_digits(wanted)
        version = versions.get(int(digits) if digits.isascii() and digits.isdigit() else 0)
        if version is None:
            known = listed(versions) or say("disk.no_versions")
            raise UsageError("disk.no_such_version", number=wanted, known=known)
        store.verify(version)
    return replace(bare, label=say("evaluate.version", number=version.number), folder=version.path)


# --- on what ------------------------------------------------------------------------------------------


def _sources(args: argparse.Namespace) -> dict[str, list[str]]:
    """Files and data sets by the name of the set; without any flag, what ships. Raises UsageError."""
    if args.columns and not args.instructions:
        raise UsageError("evaluate.columns_of_what")
    given = {name: getattr(args, name) for name in ("choices", "qa", "instructions")}
    if args.text or any(given.values()):
        named = {name: [source] for name, source in given.items() if source}
        return {**({"text": args.text} if args.text else {}), **named}
    general = sorted(str(path) for path in (data_dir() / "general").glob("*.jsonl"))
    return {"text": general, **{name: [str(data_dir() / "evaluation" / f"{name}.jsonl")] for name in given}}


def _sets(
    args: argparse.Namespace, sources: dict[str, list[str]], limit: int, notice: Callable[[str], None]
) -> Sets:
    """The items of `sources`; rows left out are told. Raises UsageError."""
    from persian_assistant.evaluation import items
    from persian_assistant.evaluation.report import Sets
    from persian_assistant.example_files import left_out, read_examples
    from persian_assistant.seed_examples import general_texts

    sets = Sets()
    if args.text:
        sets = replace(sets, texts=items.read_texts(args.text, limit))
    elif "text" in sources:  # of the shipped text only what is never trained
        sets = replace(sets, texts=general_texts("heldout")[: limit or None])
    for source in sources.get("choices", ()):
        questions, bad = items.read_choices(source, limit, args.split)
        sets = replace(sets, choices=questions)
        _tell(notice, source, left_out(bad, len(questions)))
    for source in sources.get("qa", ()):
        passages, bad = items.read_passages(source, limit, args.split)
        sets = replace(sets, passages=passages)
        _tell(notice, source, left_out(bad, len(passages)))
    for source in sources.get("instructions", ()):
        columns = parse_columns(args.columns) if args.columns else None
        examples = read_examples(source, columns=columns, split=args.split, limit=limit)
        sets = replace(sets, instructions=examples.conversations)
        _tell(notice, source, examples.notice)
    return sets


def _tell(notice: Callable[[str], None], source: str, sentence: str) -> None:
    if sentence:
        notice(f"{source}: {sentence}")


def _source(source: str) -> dict[str, Any]:
    """Name and, of a file, SHA-256: what the figures hang on."""
    path = Path(source).expanduser()
    if source.startswith(HUB_PREFIX) or not path.is_file():
        return {"source": source}
    return {"source": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


# --- measuring and showing ----------------------------------------------------------------------------


def _measure(
    arm: Arm,
    sets: Sets,
    outcomes: dict[str, Outcome],
    notice: Callable[[str], None],
    tick: Callable[[str, int, int], None],
) -> None:
    """Fill `outcomes`, set by set, with the model loaded for it alone."""
    from persian_assistant.evaluation.measures import Subject
    from persian_assistant.model import load_model
    from persian_assistant.template import ChatTemplate

    notice(say("model.loading", name=arm.label))
    if arm.folder is None:
        loaded = load_model(arm.source, quantization=arm.quantization, device=arm.device, notice=notice)
    else:
        from persian_assistant.techniques import load_trained
        from persian_assistant.techniques_folder import TrainedFolder

        folder = TrainedFolder.read(arm.folder)
        loaded, _ = load_trained(
            arm.source, folder, quantization=arm.quantization, device=arm.device, notice=notice
        )
    subject = Subject(loaded.model, ChatTemplate.for_model(loaded.tokenizer), arm.system)

    def told(name: str, done: int, total: int) -> None:
        tick(f"{arm.label} · {say(f'evaluate.set_{name}')}", done, total)

    for name, outcome in sets.measure(subject, told):
        outcomes[name] = outcome


def _show(
    found: list[dict[str, Outcome]],
    subject: Arm,
    base: Arm | None,
    random_seed: int,
    path: Path | None,
    sources: dict[str, list[str]],
    *,
    finished: bool,
) -> None:
    """The table on stdout, whatever becomes of the file; then the record. Raises DiskError."""
    from rich.console import Console

    from persian_assistant.evaluation.report import lines, record

    outcomes, others = found
    if not outcomes:
        return
    rows = lines(outcomes, others, random_seed)
    _table(rows, subject, base, Console())
    if path is not None:
        told = {
            "format": 1,
            "finished": finished,
            "model": _told(subject),
            "against": None if base is None else _told(base),
            "data": {name: [_source(one) for one in sources[name]] for name in outcomes},
        }
        written = record(told, outcomes, others, random_seed)
        disk.write_private(path.expanduser(), disk.to_json(written, indent=1) + "\n")


def _told(arm: Arm) -> dict[str, Any]:
    return {
        "label": arm.label,
        "base": arm.source.name,
        "fingerprint": arm.source.fingerprint,
        "trained": None if arm.folder is None else arm.folder.name,
        "quantization": arm.quantization,
    }


def _table(rows: list[Line], subject: Arm, base: Arm | None, console: Console) -> None:
    from rich.table import Table

    from persian_assistant.terminal.output import show_table

    table = Table(box=None, pad_edge=False)
    table.add_column(say("evaluate.column_figure"))
    table.add_column(subject.label, justify="right")
    if base is not None:
        table.add_column(base.label, justify="right")
        table.add_column(say("evaluate.column_difference"), justify="right")
        table.add_column("")
    done = ""
    for line in rows:
        if line.set != done:
            table.add_row(say(f"evaluate.set_{line.set}") + f" ({_digits(str(line.items))})", style="bold")
            done = line.set
        cells = [f"  {say(f'evaluate.figure_{line.figure}')}", _cell(line.figure, line.estimate)]
        if line.base is not None and line.difference is not None:
            verdict = VERDICTS[line.verdict]
            cells += [_cell(line.figure, line.base), _cell(line.figure, line.difference, signed=True)]
            cells.append(say(verdict) if verdict else "")
        table.add_row(*cells)
    show_table(table, console)
    console.print(say("evaluate.footnote"), highlight=False, soft_wrap=True)


def _cell(figure: str, estimate: Estimate, *, signed: bool = False) -> str:
    """`62.0% (54.1 … 70.2)`: the value and its interval, where there is one."""
    scale, form, unit = (100.0, ".1f", "%") if figure in PERCENT else (1.0, ".3f", "")
    if figure in ("chrf", "corpus_chrf", "words") or abs(estimate.value) >= 100:
        form = ".1f"
    sign = "+" if signed else ""
    value = f"{estimate.value * scale:{sign}{form}}{unit}"
    if estimate.low < estimate.high:  # neither missing nor, as for guessing, no interval at all
        value += f" ({estimate.low * scale:{sign}{form}} … {estimate.high * scale:{sign}{form}})"
    return _digits(value)


def _digits(text: str) -> str:
    return to_persian_digits(text).replace(".", "٫").replace("%", "٪") if language() == "fa" else text
