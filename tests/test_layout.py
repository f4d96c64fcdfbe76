"""The shape of the project: floors, sizes, sentences, letters."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from persian_assistant import wording

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "persian_assistant"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"torch", "transformers", "peft", "bitsandbytes", "accelerate", "datasets"}
LAZY = {"huggingface_hub", "rich", "prompt_toolkit", "requests", "bs4"}
LONGEST_FILE = 400
COMMANDS_WITH_HELP = (
    *("chat", "report", "push", "pretrain", "train", "selftrain", "evaluate"),
    *("seed build", "compare techniques", "compare baselines"),
)

FLOORS = {
    "__init__": 0, "errors": 0, "config": 0, "text": 0, "records": 0, "wording": 0,
    "arguments": 0, "reading": 0,
    "disk": 1, "log": 1, "journal": 1, "journal_state": 1, "journal_file": 1, "facts": 1, "said_turns": 1,
    "versions": 1, "profile": 1, "about": 1, "persona": 1, "seed_examples": 1, "example_files": 1,
    "rounds": 1, "hub": 1, "hub_client": 1, "hub_rows": 1, "push": 1,
    "figures": 0, "calendar_fa": 1, "transcript": 1, "reporting": 1,
    "bidi": 0, "distress": 0, "distress_rules": 0, "remembrance_words": 0,
    "remembrance_consent": 1, "remembrance": 1,
    "model": 2, "adapters": 2, "beside": 2, "template": 2, "kv_cache": 2, "quoting": 2, "engine": 2,
    "mixture": 2, "metrics": 2,
    "gate": 2, "packing": 2, "trainer": 2, "training_copy": 2, "measurement": 2,
    "written_replies": 1, "learning_pass": 2, "serving": 2, "pretraining": 2, "evaluation": 2,
    "scraping": 2, "comparing": 2, "selftraining": 2,
    "tuning_batches": 2, "tuning_trainer": 2, "instruction_tuning": 2, "first_training": 2,
    "techniques_folder": 1, "techniques_prompt": 2, "techniques_loading": 2, "techniques": 2,
    "learner": 3, "loading": 3, "knowledge": 3, "session_parts": 3,
    "session_learning": 3, "session_told": 3, "session": 3,
    "terminal": 4, "commands": 4,
    "cli": 5, "__main__": 5,
}  # fmt: skip
"""Floor of each module, or of each package with all that is in it. Torch lives on floor 2."""


def name_of(path: Path) -> str:
    """A module's dotted name below the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def floor_of(module: str) -> int:
    return FLOORS[module.partition(".")[0]]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_at_load(path: Path) -> Iterator[str]:
    """Full names of what a module imports when it is loaded; not inside functions, not for type checkers."""
    waiting: list[ast.AST] = list(tree_of(path).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += ast.iter_child_nodes(node)


def own_imports(path: Path) -> set[str]:
    """Modules of this package that `path` imports when it is loaded."""
    known = {name_of(module) for module in MODULES}
    found = set()
    for name in imports_at_load(path):
        if name.partition(".")[0] == "persian_assistant":
            below = name.partition(".")[2]
            found.add(below if below in known else below.rpartition(".")[0] or "__init__")
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_floors(path: Path) -> None:
    module = name_of(path)
    floor = floor_of(module)
    for other in own_imports(path):
        assert floor_of(other) <= floor, f"{module} (floor {floor}) imports {other} from above"
        if floor in (3, 4):
            assert floor_of(other) != 2, f"{module} imports {other}, and torch with it, at load"
        if floor == 4:
            assert floor_of(other) != 3, f"{module} imports {other} at load"
    if floor != 2:
        heavy = {name.partition(".")[0] for name in imports_at_load(path)} & HEAVY
        assert not heavy, f"{module} imports {heavy} at load"


def test_no_circles() -> None:
    waits = {name_of(path): own_imports(path) - {name_of(path)} for path in MODULES}
    while free := [module for module, needs in waits.items() if not needs]:
        for module in free:
            del waits[module]
        waits = {module: needs - set(free) for module, needs in waits.items()}
    assert waits == {}


@pytest.mark.parametrize("folder", ["persian_assistant", "benchmarks"])
def test_no_file_is_too_long(folder: str) -> None:
    sizes = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")
    }
    assert {str(path): size for path, size in sizes.items() if size > LONGEST_FILE} == {}


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        *([*name.split(), "--help"] for name in COMMANDS_WITH_HELP),
    ],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys\nfrom persian_assistant.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"print(sorted({HEAVY | LAZY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_open_session_has_not_imported_torch_itself() -> None:
    program = (
        "import sys\nimport persian_assistant.session, persian_assistant.terminal.loop\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120, check=True
    )
    assert done.stdout == "[]\n"


# --- sentences --------------------------------------------------------------------------------------

KEY = re.compile(rf"({'|'.join(wording.AREAS)})\.[a-z0-9_]+")


def sentences() -> dict[str, dict[str, str]]:
    return {
        f"{area}.{name}": both for area in wording.AREAS for name, both in wording.catalogue(area).items()
    }


def placeholders(text: str) -> set[str]:
    return {
        re.split(r"[.\[!:]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None
    }


@pytest.mark.parametrize("key", sorted(sentences()))
def test_each_sentence_is_there_in_both_languages(key: str) -> None:
    both = sentences()[key]
    assert set(both) == set(wording.LANGUAGES)
    assert all(text.strip() for text in both.values())
    assert placeholders(both["fa"]) == placeholders(both["en"])


def keys_in_source() -> tuple[set[str], set[str]]:
    """Keys written out, and patterns of keys put together («chat.status_{name}»)."""
    literal, patterns = set(), set()
    for path in (*MODULES, *sorted((ROOT / "benchmarks").rglob("*.py"))):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                pattern = "".join("[a-z0-9_]+" if part is None else re.escape(str(part)) for part in parts)
                if re.match(rf"({'|'.join(wording.AREAS)})\\\.", pattern):
                    patterns.add(pattern)
            elif isinstance(node, ast.Constant) and KEY.fullmatch(str(node.value)):
                literal.add(str(node.value))
    prefixes = {key for key in literal if key.endswith("_")}
    return literal - prefixes, patterns | {re.escape(prefix) + "[a-z0-9_]+" for prefix in prefixes}


def test_every_key_in_the_source_has_its_sentence() -> None:
    literal, _ = keys_in_source()
    assert len(literal) > 100
    files = re.compile(r"\.(py|toml|json|jsonl|md|txt|log|html|safetensors)$")
    assert sorted(key for key in literal - sentences().keys() if not files.search(key)) == []


def test_no_sentence_is_dead() -> None:
    literal, patterns = keys_in_source()
    dead = [
        key
        for key in sentences()
        if key not in literal and not any(re.fullmatch(pattern, key) for pattern in patterns)
    ]
    assert dead == []


PERSIAN_LETTER = re.compile("[\u0621-\u064a\u067e-\u06cc]")
PERSIAN_IN_SOURCE = {
    "terminal/loop.py": "ب بله آره بلی اره خ خیر نه نخیر",  # answers to yes and no, as they are typed
    "commands/push.py": "بله آره اره بلی آری",
    "commands/bench_speed.py": "یک داستان کوتاه برایم تعریف کن",  # what is measured
}
"""Strings that are typed or measured, not shown: all that is shown goes through `say`."""


def own_strings(path: Path) -> list[str]:
    """The strings of a module that are not documentation."""
    told = {
        id(node.value)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    strings = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant))
    return [node.value for node in strings if isinstance(node.value, str) and id(node) not in told]


@pytest.mark.parametrize("folder", ["terminal", "commands", "reporting"])
def test_no_shown_sentence_stands_outside_of_the_wording(folder: str) -> None:
    paths = sorted((PACKAGE / folder).rglob("*.py"))
    assert len(paths) > 3
    for path in paths:
        allowed = PERSIAN_IN_SOURCE.get(path.relative_to(PACKAGE).as_posix(), "")
        words = [text for text in own_strings(path) if PERSIAN_LETTER.search(text)]
        assert [text for text in words if text not in (allowed, *allowed.split())] == [], path


# --- letters ----------------------------------------------------------------------------------------


def text_files() -> list[Path]:
    kinds = (".jsonl", ".toml", ".md", ".txt")
    data = [path for path in (ROOT / "data").rglob("*") if path.suffix in kinds]
    return [*data, *(PACKAGE / "wording").glob("*.py"), *ROOT.glob("README*.md")]


def test_no_arabic_letters_where_persian_ones_belong() -> None:
    files = text_files()
    assert len(files) > 15
    for path in files:
        found = re.search("[يىكۀ\u0640]", path.read_text(encoding="utf-8"))
        assert not found, f"{path}: {found.group()!r} at {found.start()}"
