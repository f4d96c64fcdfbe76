"""`seed build` makes seed examples from a persona and forum threads; `seed show` looks at them."""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from persian_assistant import disk
from persian_assistant.commands.push import YES
from persian_assistant.config import Config, home
from persian_assistant.errors import Cancelled, DiskError, UsageError
from persian_assistant.persona import Persona
from persian_assistant.text import sanitise, to_latin_digits, to_persian_digits
from persian_assistant.wording import language, say

if TYPE_CHECKING:
    from persian_assistant.scraping.crawl import Crawl, CrawlCounts
    from persian_assistant.scraping.fetching import FetchSettings
    from persian_assistant.scraping.rows import SeedRows

DEFAULT_SOURCE = "https://jumplander.org/?fa=forum"
SAMPLE = 5
SHOWN_CHARS = 400
"""Of a question or a reply in the sample."""
SHOWN_EVERY = 15.0
"""Seconds between two lines of progress where there is no terminal."""
_UNITS = {"": 1, "k": 1000, "m": 1_000_000, "g": 1_000_000_000}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    actions = parser.add_subparsers(dest="action", metavar="{build,show}", required=True)
    build = actions.add_parser("build", help=say("seed.command_build"), description=say("seed.command_build"))
    build.add_argument("urls", nargs="*", metavar="URL", help=say("seed.help_urls", default=DEFAULT_SOURCE))
    build.add_argument("--persona", metavar="NAME|PATH", help=say("seed.help_persona"))
    build.add_argument("--out", type=Path, metavar="FILE", help=say("seed.help_out"))
    build.add_argument("--limit-pages", type=int, default=100, metavar="N", help=say("seed.help_limit_pages"))
    build.add_argument("--max-page-bytes", metavar="SIZE", help=say("seed.help_max_page_bytes"))
    build.add_argument("--max-bytes", metavar="SIZE", help=say("seed.help_max_bytes"))
    build.add_argument("--delay", type=float, default=1.0, metavar="S", help=say("seed.help_delay"))
    build.add_argument("--allow-private", action="store_true", help=say("seed.help_allow_private"))
    build.add_argument("--yes", action="store_true", help=say("seed.help_yes"))
    build.add_argument("--refresh", action="store_true", help=say("seed.help_refresh"))
    show = actions.add_parser("show", help=say("seed.command_show"), description=say("seed.command_show"))
    show.add_argument("file", nargs="?", type=Path, metavar="FILE", help=say("seed.help_file"))
    show.add_argument("--persona", metavar="NAME|PATH", help=say("seed.help_persona"))


def run(args: argparse.Namespace, config: Config) -> int:
    """Build or show; the file's path or its counts on stdout, the rest on stderr. Raises AssistantError."""
    persona = Persona.load(args.persona or config.persona)
    if args.action == "show":
        return _show(args.file, persona)
    out: Path = args.out or persona.built_seed_path
    if out.exists() and not args.refresh:
        from persian_assistant.seed_examples import read_seed_examples

        _notice(say("seed.in_use", path=out, rows=_digits(len(read_seed_examples([out])))))
        print(out)
        return 0
    return _build(args, persona, out)


def _build(args: argparse.Namespace, persona: Persona, out: Path) -> int:
    from persian_assistant.scraping.cache import PageCache
    from persian_assistant.scraping.crawl import Crawl
    from persian_assistant.scraping.errors import SourceError
    from persian_assistant.scraping.fetching import Fetcher
    from persian_assistant.scraping.rows import forum_rows, persona_rows

    settings = _settings(args)
    if args.out is None:
        disk.make_private_dir(out.parent)
    elif not out.parent.is_dir():  # better now than after the last page
        raise DiskError("disk.missing", path=out.parent)
    sources = args.urls or list(persona.forum) or [DEFAULT_SOURCE]
    cache = PageCache(home() / "scraped", sources)
    if cache.resumed:
        _notice(say("seed.resuming"))
    with _progress(args.limit_pages) as (tick, notice), Fetcher(settings, cache, notice) as fetcher:
        crawl = Crawl(fetcher, args.limit_pages, notice, tick)
        try:
            made = forum_rows(crawl.threads(sources), persona.name)
        except KeyboardInterrupt:
            raise Cancelled("seed.stopped", pages=_digits(crawl.counts.pages)) from None
        except SourceError as error:
            if error.key == "seed.nothing_found":
                cache.finish()  # the next run looks again
            raise
    if not made.rows:
        cache.finish()
    own = persona_rows(persona)
    _report(crawl, made, len(own), persona)
    _agree(args, own + made.rows, made.rows, out)
    disk.write_private(out, "".join(disk.to_json(row) + "\n" for row in own + made.rows))
    cache.finish()
    _notice(say("seed.written", rows=_digits(len(own) + len(made.rows)), path=out))
    if args.out is None:
        _notice(say("seed.written_used", name=persona.name))
    print(out)
    return 0


def _settings(args: argparse.Namespace) -> FetchSettings:
    from persian_assistant.scraping.fetching import FetchSettings

    sizes = {
        name: _size(value, "--" + name.replace("_", "-"))
        for name in ("max_page_bytes", "max_bytes")
        if (value := getattr(args, name)) is not None
    }
    return FetchSettings(delay=args.delay, allow_private=args.allow_private, **sizes)


def _size(text: str, flag: str) -> int:
    found = re.fullmatch(r"(\d+)([kmg]?)b?", to_latin_digits(text).strip().lower())
    if found is None:
        raise UsageError("cli.bad_value", name=flag, value=text, expected=say("seed.bad_size"))
    return int(found[1]) * _UNITS[found[2]]


def _report(crawl: Crawl, made: SeedRows, own: int, persona: Persona) -> None:
    """What was found and what was left out; raises UsageError where no thread gave a row."""
    from persian_assistant.scraping.rows import REASONS

    counts = crawl.counts
    why = [(reason, made.left_out[reason]) for reason in REASONS]
    why += [("empty", counts.empty), ("failed", counts.failed)]
    told = "، ".join(say(f"seed.left_{reason}", count=_digits(count)) for reason, count in why if count)
    if not made.rows:
        raise UsageError("seed.no_rows", threads=_digits(counts.threads), reasons=told)
    numbers = {"rows": len(made.rows), "threads": counts.threads, "pages": counts.pages, "persona": own}
    shown = {name: _digits(number) for name, number in numbers.items()}
    _notice(say("seed.found", name=persona.name, **shown))
    if told:
        _notice(say("seed.left_out", reasons=told))


def _agree(
    args: argparse.Namespace, rows: list[dict[str, Any]], scraped: list[dict[str, Any]], out: Path
) -> None:
    """Show a sample of what was scraped and ask. Raises UsageError where nobody can, Cancelled on no."""
    _show_sample(scraped)
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("seed.needs_yes")
    question = say("seed.ask_write", rows=_digits(len(rows)), path=out)
    print(sanitise(question), "[y/N] ", end="", file=sys.stderr, flush=True)
    try:
        agreed = sys.stdin.readline().strip().lower() in YES
    except KeyboardInterrupt:
        agreed = False
    if not agreed:
        raise Cancelled("seed.declined")


def _show_sample(rows: list[dict[str, Any]]) -> None:
    if rows:
        _notice(say("seed.sample"))
    for row in random.Random(0).sample(rows, min(SAMPLE, len(rows))):
        _notice("")
        for message in row["messages"]:
            mark = "> " if message["role"] == "user" else ""
            text = str(message["content"])
            _notice(mark + (text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"))
        if source := row.get("source"):
            _notice(f"({source})")


def _show(given: Path | None, persona: Persona) -> int:
    from persian_assistant.seed_examples import json_records, read_seed_examples

    path = given or persona.built_seed_path
    if not path.exists():
        raise UsageError("seed.no_such_file" if given else "seed.no_file", path=path)
    rows = [record for _, record in json_records(path)]
    conversations = read_seed_examples([path])  # says what is wrong with a row, and where
    words = sum(len(message.content.split()) for row in conversations for message in row)
    exchanges = sum(message.role == "assistant" for row in conversations for message in row)
    numbers = {"rows": len(rows), "exchanges": exchanges, "words": words}
    print(say("seed.counts", path=path, **{name: _digits(number) for name, number in numbers.items()}))
    _print_counts(say("seed.topics"), (str(row["topic"]) for row in rows if row.get("topic")))
    _print_counts(say("seed.sources"), (_site(str(row["source"])) for row in rows if row.get("source")))
    _show_sample(rows)
    return 0


def _print_counts(title: str, names: Iterable[str]) -> None:
    if counts := Counter(names):
        print(title)
    for name, count in counts.most_common(20):
        print(say("seed.count_of", name=sanitise(name), count=_digits(count)))


def _site(source: str) -> str:
    try:
        return urlsplit(source).netloc or source
    except ValueError:
        return source


@contextmanager
def _progress(limit: int) -> Iterator[tuple[Callable[[CrawlCounts], None], Callable[..., None]]]:
    """(tick, notice): a bar on a terminal, elsewhere a line now and then; notices stand above the bar."""
    from rich.progress import BarColumn, Progress, TextColumn

    from persian_assistant.commands.bars import Elapsed, stderr_console
    from persian_assistant.scraping.errors import shown

    console = stderr_console()
    text = TextColumn("{task.description}", markup=False)
    last = time.monotonic()

    def notice(key: str, values: dict[str, object]) -> None:
        console.print(sanitise(say(key, **shown(values))))

    with Progress(
        text,
        BarColumn(),
        Elapsed(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(say("seed.reading"), total=limit)

        def tick(counts: CrawlCounts) -> None:
            nonlocal last
            numbers = {"pages": counts.pages, "limit": limit, "threads": counts.threads}
            line = say("seed.progress", **{name: _digits(number) for name, number in numbers.items()})
            bar.update(task, completed=counts.pages, description=line)
            if bar.disable and time.monotonic() - last >= SHOWN_EVERY:
                last = time.monotonic()
                console.print(line)

        yield tick, notice


def _digits(number: int) -> str:
    return to_persian_digits(str(number)) if language() == "fa" else str(number)


def _notice(line: str) -> None:
    print(sanitise(line), file=sys.stderr)
