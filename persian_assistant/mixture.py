"""What one pass trains on: the new, what was told earlier, seed examples and general text, by tokens.

Knows nothing of the model; every weight on a label comes from here and is laid on tokens by template.py.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled
from persian_assistant.facts import curriculum, telling
from persian_assistant.facts.phrases import NOT_TOLD
from persian_assistant.facts.said_views import said_lessons
from persian_assistant.metrics import text_ids
from persian_assistant.persona import with_memory
from persian_assistant.records import Example, Exchange, Fact, Lessons, Message, View
from persian_assistant.template import ChatTemplate
from persian_assistant.text import answer_key

MOST_NEGATIVES = 500
"""Questions about untold things in a pass: more of them would crowd out what many facts need."""
LEAST_SHARE_TOKENS, MOST_SHARE_TOKENS = 2000, 6000
"""Tokens of seed examples, and of general text: twenty turns of small talk alone would spoil the language,
and what holds it need not grow with what is told."""
OPEN_ROWS = 16
"""Rows looked at for a place for the next view."""
READING_ROWS = 64
"""Questions in a pass that are asked with a line of memory before them, which answers: weights that know the
facts must go on reading what they are given."""
READ_IN_VAIN = 0.25
"""Share of them whose line says that nothing was told."""
MOST_SAID, MOST_SAID_AGAIN = 64, 24
"""New and earlier turns that are trained as they were said: to find what to ask of one takes two seconds."""
FEWEST_EPOCHS = 4
"""Rows are left out before they are seen less often. Where no fact is new, it is enough."""
MOST_OF_ONE_ANSWER = 0.2
"""No answer stands under more than this share of the rows about facts: soon it would follow everything."""


@dataclass(frozen=True)
class Mixture:
    """The rows of one pass, shuffled, and how they came together."""

    examples: list[Example]
    counts: dict[str, int]
    """Rows by origin: `exchanges`, `facts`, `views`, `negatives`, `earlier_views`, `reading`,
    `seed_examples`, `general_texts`; `tokens` in all."""
    data_hash: str
    """SHA-256 over the token ids and weights in order: the same data gives the same hash."""


@dataclass(frozen=True)
class Ingredients:
    """What may go in."""

    lessons: Lessons
    seed_examples: Sequence[Sequence[Message]]
    general_texts: Sequence[str]
    persona: str = ""
    """System message put before seed examples and views, as the chat puts it before every conversation."""


@dataclass
class _Builder:
    """Encodes rows for one template, length and random seed."""

    template: ChatTemplate
    settings: LearningConfig
    persona: str
    max_length: int
    chance: random.Random
    stop: Callable[[], bool] = lambda: False
    counts: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    """What the new rows ask, as `answer_key`: nothing earlier answers it otherwise."""

    def messages(self, messages: Sequence[Message], weights: dict[str, float], kl: float = 0.0) -> Example:
        """`weights`: loss weight by role."""
        if self.persona and messages[0].role != "system":
            messages = [Message("system", self.persona), *messages]
        values = [weights.get(message.role, 0.0) for message in messages]
        return replace(self.template.encode_example(messages, values, self.max_length), kl_weight=kl)

    def conversations(self, views: Sequence[View], kl: float = 0.0) -> list[Example]:
        """Rows of a few views each, one after the other as turns; no two of one fact or one question."""
        rows: list[list[View]] = []
        for view in self.shuffled(views):
            for row in rows[-OPEN_ROWS:]:
                if len(row) < self.settings.views_per_row and not any(_alike(view, other) for other in row):
                    row.append(view)
                    break
            else:
                rows.append([view])
        answers = {"assistant": 1.0}
        return [self.messages([turn for view in row for turn in view.messages], answers, kl) for row in rows]

    def length(self, view: View) -> int:
        """Tokens of a view without the persona."""
        return len(self.template.encode_example(view.messages, [1.0] * len(view.messages)))

    def exchange(self, exchange: Exchange) -> Example:
        reply_weight = self.settings.good_weight if exchange.rating == "good" else self.settings.reply_weight
        weights = {"user": self.settings.user_weight, "assistant": reply_weight}
        turns = [Message("user", exchange.user)]
        if reply_weight > 0 and exchange.assistant:
            turns.append(Message("assistant", exchange.assistant))
        return self.template.encode_example(turns, [weights[turn.role] for turn in turns], self.max_length)

    def text(self, text: str) -> Example:
        ids = text_ids(self.template, text)[: self.max_length]
        return Example(ids, list(ids), [1.0] * len(ids), self.settings.kl_weight)

    def draw(
        self, name: str, items: Iterable[Any], tokens: float, encode: Callable[[Any], Example]
    ) -> list[Example]:
        """Items in their order until they hold about `tokens` tokens. Rows without loss are left out."""
        rows: list[Example] = []
        taken = 0
        for item in items:
            if taken >= tokens:
                break
            row = encode(item)
            if row.trains:
                rows.append(row)
                taken += len(row)
        self.counts[name] += len(rows)
        return rows

    def shuffled(self, items: Sequence[Any]) -> list[Any]:
        return self.chance.sample(list(items), len(items))


def build_mixture(
    parts: Ingredients,
    template: ChatTemplate,
    settings: LearningConfig,
    max_length: int,
    random_seed: int,
    stop: Callable[[], bool] = lambda: False,
) -> Mixture:
    """Rows of at most `max_length` tokens. The new fills its share; the others are drawn at random.

    Views of facts train the assistant's turns; a user's words carry `user_weight` where no fact was read
    from them; the model's own unrated replies carry `reply_weight` (none by default: training on them
    teaches nothing new). Views of one fact never share a row. Raises Cancelled soon after `stop()` is true.
    """
    build = _Builder(template, settings, parts.persona, max_length, random.Random(random_seed), stop)
    lessons = parts.lessons
    new = _new_rows(build, lessons)
    earlier_share = settings.earlier_share if settings.facts and settings.replay else 0.0
    replayed = earlier_share + settings.seed_share + settings.general_share
    unit = sum(map(len, new)) / (1 - replayed)
    earlier = _earlier_rows(build, lessons, unit * earlier_share) if earlier_share else []
    answers = {"assistant": 1.0}
    seeds = build.draw(
        "seed_examples",
        build.shuffled(parts.seed_examples),
        _share_tokens(unit, settings.seed_share),
        lambda row: build.messages(list(row), answers, settings.kl_weight),
    )
    general = build.draw(
        "general_texts",
        build.shuffled(parts.general_texts),
        _share_tokens(unit, settings.general_share),
        build.text,
    )
    reading = _reading_rows(build, lessons) if earlier_share else []
    examples = [*new, *earlier, *reading, *seeds, *general]
    build.chance.shuffle(examples)
    names = (
        *("exchanges", "facts", "views", "negatives", "earlier_views"),
        *("reading", "seed_examples", "general_texts"),
    )
    counts = {name: build.counts[name] for name in names}
    counts["tokens"] = sum(map(len, examples))
    return Mixture(examples, counts, _hash(examples))


def _share_tokens(unit: float, share: float) -> float:
    """Tokens that `share` of `unit` stands for, within bounds; none for no share, or beside nothing new."""
    return min(max(unit * share, LEAST_SHARE_TOKENS), MOST_SHARE_TOKENS) if unit * share else 0.0


def within(mixture: Mixture, settings: LearningConfig, most_tokens: int) -> tuple[Mixture, int]:
    """(mixture, epochs) that train `most_tokens` tokens at most: epochs give way first, then random rows."""
    tokens = mixture.counts["tokens"]
    affordable = most_tokens // max(tokens, 1) if mixture.counts["facts"] else FEWEST_EPOCHS
    epochs = min(settings.num_train_epochs, max(FEWEST_EPOCHS, affordable))
    if tokens * epochs <= most_tokens:
        return mixture, epochs
    kept: list[Example] = []
    taken = 0
    for row in mixture.examples:  # shuffled already
        if kept and taken + len(row) > most_tokens / epochs:
            continue
        kept.append(row)
        taken += len(row)
    return Mixture(kept, {**mixture.counts, "tokens": taken}, _hash(kept)), epochs


def _new_rows(build: _Builder, lessons: Lessons) -> list[Example]:
    """Views of the new facts and as many rows about untold things as set, then the words of the chat."""
    settings = build.settings
    views_of = _views(lessons.new_facts, lessons.earlier_facts) if settings.facts else {}
    taught = [fact_id for fact_id, views in views_of.items() if views]
    told = {int(fact_id.partition(".")[0]) for fact_id in taught}
    views = [view for fact_id in taught for view in views_of[fact_id]]
    live = [*lessons.earlier_facts, *lessons.new_facts]
    count = min(round(len(views) * settings.negatives), MOST_NEGATIVES)
    untold = telling.untold(live, count, build.chance) if views else []
    asked = [*views, *untold]
    rows = []
    exchanges = [item for item in lessons.exchanges if item.complete and item.rating != "bad"]
    if settings.facts:
        phrased = [fact for fact in lessons.new_facts if fact.id in taught]
        turns = _some_said(lessons.said, build.chance)
        asked += _newest_of_each(_said(build, turns, phrased), set(map(_question, asked)))
        build.asked.update(map(_question, asked))
    for exchange in exchanges:
        read = settings.facts and exchange.seq in told
        if not read or exchange.rating == "good":
            rows.append(build.exchange(exchange))
    rows = [row for row in rows if row.trains]
    kept = _without_excess(asked, build.chance)
    build.counts["facts"] += len(taught)
    build.counts["exchanges"] += len(exchanges)
    build.counts["views"] += sum(view.kind != "negative" for view in kept)
    build.counts["negatives"] += sum(view.kind == "negative" for view in kept)
    known = [view for view in kept if view.kind != "negative"]
    unknown = [view for view in kept if view.kind == "negative"]
    return [*rows, *build.conversations(known), *build.conversations(unknown, settings.kl_weight)]


def _views(facts: Sequence[Fact], others: Sequence[Fact]) -> dict[str, list[View]]:
    """What is trained of `facts`, by id; a question that one of `others` asks, too, is answered with both."""
    about = {(fact.subject, fact.attribute) for fact in facts}
    beside = [fact for fact in others if (fact.subject, fact.attribute) in about]
    views = curriculum.settled({fact.id: telling.lessons(fact) for fact in (*beside, *facts)})
    return {fact.id: views[fact.id] for fact in facts}


def _alike(view: View, other: View) -> bool:
    """Whether one would give away the other in the same conversation."""
    same_fact = view.fact_id is not None and view.fact_id == other.fact_id
    return same_fact or view.messages[-2].content == other.messages[-2].content


def _without_excess(views: list[View], chance: random.Random) -> list[View]:
    """`views` without what would make one answer too large a part of them."""
    by_answer: dict[str, list[View]] = defaultdict(list)
    for view in views:
        by_answer[view.messages[-1].content].append(view)
    if len(by_answer) < 2 / MOST_OF_ONE_ANSWER:  # too few answers for any to stay under the bar
        return views
    most = int(len(views) * MOST_OF_ONE_ANSWER)
    return [view for same in by_answer.values() for view in chance.sample(same, min(len(same), most))]


def _some_said(turns: Sequence[Exchange], chance: random.Random) -> list[Exchange]:
    """MOST_SAID of `turns`, oldest first: half of them the newest, for a pass from the base is given all."""
    ordered = sorted(turns, key=lambda turn: turn.seq)
    newest = ordered[-MOST_SAID // 2 :]
    before = ordered[: len(ordered) - len(newest)]
    drawn = chance.sample(before, min(len(before), MOST_SAID - len(newest)))
    return [*sorted(drawn, key=lambda turn: turn.seq), *newest]


def _said(build: _Builder, turns: Sequence[Exchange], facts: Sequence[Fact]) -> dict[int, list[View]]:
    """Views of turns as they were said, by number, for what `facts` do not tell. Raises Cancelled."""
    of_turn: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        of_turn[fact.seq].append(fact)
    found = {}
    for turn in turns:
        if build.stop():
            raise Cancelled("learning.cancelled")
        found[turn.seq] = said_lessons(turn, of_turn[turn.seq])
    return found


def _question(view: View) -> str:
    return answer_key(view.messages[-2].content)


def _newest_of_each(views_of: Mapping[int, Sequence[View]], asked: Collection[str]) -> list[View]:
    """Views of turns, oldest first, each question once: the newest answer holds; none that is in `asked`."""
    views = [view for views in views_of.values() for view in views]
    return list({key: view for view in views if (key := _question(view)) not in asked}.values())


def _earlier_rows(build: _Builder, lessons: Lessons, tokens: float) -> list[Example]:
    """Views of what was told earlier: one of each in random order, then a second of each, and so on.

    `tokens` are filled, and `earlier_rows` in any case: what little there is is all seen again.
    """
    facts, said = lessons.earlier_facts, lessons.earlier_said
    least = build.settings.earlier_rows
    drawn = build.chance.sample(list(facts), min(len(facts), max(least, 1)))
    turns = build.chance.sample(list(said), min(len(said), MOST_SAID_AGAIN))
    turns.sort(key=lambda turn: turn.seq)
    of_turn: dict[str | None, list[View]] = defaultdict(list)
    for view in _newest_of_each(_said(build, turns, facts), build.asked):
        of_turn[view.fact_id].append(view)
    every = [*_views(drawn, facts).values(), *of_turn.values()]
    waiting = [build.shuffled(views) for views in build.shuffled(every)]
    views: list[View] = []
    taken = 0
    while any(waiting) and (taken < tokens or len(views) < least):
        for of_fact in waiting:
            if of_fact and (taken < tokens or len(views) < least):
                views.append(of_fact.pop())
                taken += build.length(views[-1])
    build.counts["earlier_views"] += len(views)
    return build.conversations(views)


def _reading_rows(build: _Builder, lessons: Lessons) -> list[Example]:
    """Questions asked as with `--memory on`: the line that answers stands first in the system message."""
    live = [*lessons.earlier_facts, *lessons.new_facts]
    asked = build.chance.sample(live, min(len(live), round(READING_ROWS * (1 - READ_IN_VAIN))))
    chosen = [(fact, build.chance.choice(made)) for fact in asked if (made := _questions(fact))]
    in_vain = round(len(chosen) * READ_IN_VAIN / (1 - READ_IN_VAIN))
    rows = []
    for fact, view in [*chosen, *((None, one) for one in telling.untold(live, in_vain, build.chance))]:
        lines = [NOT_TOLD[0] if fact is None else telling.told(fact)]
        if fact is not None and build.chance.random() < 0.5:
            lines += [told for told in [telling.told(build.chance.choice(live))] if told not in lines]
        answer = fact.value if fact is not None and fact.kind == "fixed" else lines[0]
        system = Message("system", with_memory(build.persona, lines))
        turns = [system, view.messages[-2], Message("assistant", answer)]
        rows.append(build.messages(turns, {"assistant": 1.0}, build.settings.kl_weight))
    build.counts["reading"] += len(rows)
    return rows


def _questions(fact: Fact) -> list[View]:
    return [view for view in telling.lessons(fact) if view.kind in ("direct", "colloquial")]


def _hash(examples: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr((example.input_ids, example.loss_weights)).encode())
    return digest.hexdigest()
