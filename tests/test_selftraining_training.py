"""Where a cycle starts, what it trains on, whom it asks what, and how answers are drawn."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from learning_files import FACTS, talk
from learning_parts import load, material
from test_versions import publish

from persian_assistant.config import LearningConfig
from persian_assistant.errors import ModelError
from persian_assistant.facts import telling
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.metrics import greedy_answers, weighted_loss
from persian_assistant.model import LoadedModel
from persian_assistant.records import Exchange, Lessons, Message
from persian_assistant.selftraining.generation import Sampling, answer_losses, drawn, sampled_answers
from persian_assistant.selftraining.lineage import UNKNOWN, Lineage, depth_of, lineage_of
from persian_assistant.selftraining.prompts import Prompts
from persian_assistant.selftraining.samples import Sample, SampleStore
from persian_assistant.selftraining.training import MOST_GENERATED, Material, self_mixture
from persian_assistant.template import ChatTemplate
from persian_assistant.versions import VersionStore

WIDE = 200


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load()


@pytest.fixture(scope="module")
def template(loaded: LoadedModel) -> ChatTemplate:
    return ChatTemplate.for_model(loaded.tokenizer)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "journal.jsonl")


def samples(count: int, depth: int = 1) -> list[Sample]:
    return [
        Sample(1, 0.0, tuple(talk(f"بگو {at}", f"این هم پاسخ شمارهٔ {at} به تو.")), depth, None, 0, None, 2.0)
        for at in range(count)
    ]


# --- the mixture


def mixed(template: ChatTemplate, count: int, budget: int = 3000, **changes: Any) -> Any:
    given = Material(changes.get("lessons", Lessons()), material(), samples(count, changes.get("depth", 1)))
    return self_mixture(given, template, LearningConfig(), WIDE, budget, changes.get("seed", 1))


@pytest.mark.parametrize("count", [0, 3, 50, 2000])
def test_the_generated_share_is_bounded(template: ChatTemplate, count: int) -> None:
    mixture, _ = mixed(template, count)
    counts = mixture.counts
    assert counts["generated_tokens"] <= MOST_GENERATED * counts["tokens"]
    assert counts["generated_labels"] <= MOST_GENERATED * counts["labels"]
    assert counts["tokens"] == sum(map(len, mixture.examples)) <= 3000
    assert min(counts["generated"], 1) == min(count, 1)
    if count == 2000:  # as much as there may be
        assert counts["generated_labels"] > 0.8 * MOST_GENERATED * counts["labels"] or counts[
            "generated_tokens"
        ] > 0.8 * (MOST_GENERATED * counts["tokens"])


def test_no_human_row_makes_room_for_samples(template: ChatTemplate) -> None:
    without, with_many = mixed(template, 0)[0], mixed(template, 2000)[0]
    human = ("seed_examples", "general_texts", "told")
    assert [without.counts[name] for name in human] == [with_many.counts[name] for name in human]
    assert without.counts["seed_examples"] > 0
    rows = {tuple(row.input_ids) for row in with_many.examples}
    assert {tuple(row.input_ids) for row in without.examples} <= rows


def test_the_cap_never_evicts_what_people_wrote(template: ChatTemplate, tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    human = mixed(template, 0)[0].examples
    store.append(samples(40))
    store.trim(5)
    given = Material(Lessons(), material(), store.read())
    mixture, _ = self_mixture(given, template, LearningConfig(), WIDE, 3000, 1)
    assert mixture.counts["generated"] == 5
    assert {tuple(row.input_ids) for row in human} <= {tuple(row.input_ids) for row in mixture.examples}


def test_of_a_sample_only_the_answer_trains_and_no_kl_holds_it(template: ChatTemplate) -> None:
    mixture, depth = mixed(template, 2000, depth=2)
    assert depth == 2
    said = [
        template.decode(
            [token for token, weight in zip(row.input_ids, row.loss_weights, strict=True) if weight]
        )
        for row in mixture.examples
        if not row.kl_weight
    ]
    assert len(said) == mixture.counts["generated"] > 5
    assert all(text.startswith("این هم پاسخ شمارهٔ") for text in said)


def test_other_cycles_draw_other_rows(template: ChatTemplate) -> None:
    assert mixed(template, 50)[0].data_hash == mixed(template, 50)[0].data_hash
    assert mixed(template, 50)[0].data_hash != mixed(template, 50, seed=2)[0].data_hash


def test_what_the_user_told_is_trained_again(template: ChatTemplate, journal: Journal) -> None:
    facts = FactStore(journal)
    facts.observe(journal.append_user("یک قناری دارم که اسمش نغمه است."))
    lessons = Lessons(earlier_facts=tuple(facts.live()))
    mixture, _ = mixed(template, 5, 9000, lessons=lessons)
    assert mixture.counts["told"] > 0
    assert any("نغمه" in template.decode(row.input_ids) for row in mixture.examples)
    said = (Exchange(7, 0.0, "دیروز نردبان را به همسایه‌ی طبقه‌ی بالا دادیم", "باشد."),)
    mixture, _ = mixed(template, 5, 9000, lessons=Lessons(earlier_said=said))
    assert any("نردبان" in template.decode(row.input_ids) for row in mixture.examples)


# --- lineage


def made(store: VersionStore, parent: int | None, depth: int | None = None, high_water: int = 5) -> int:
    config = {"counts": {"tokens": 1} | ({"depth": depth, "cycle": 1} if depth is not None else {})}
    return publish(store, 1.0, high_water=high_water, parent=parent, config=config).number


def numbers(line: Lineage) -> tuple[int | None, int | None, int]:
    root, generator = (one.number if one else None for one in (line.root, line.generator))
    return root, generator, line.depth


def test_a_cycle_starts_from_what_people_taught(tmp_path: Path, journal: Journal) -> None:
    store, facts = VersionStore(tmp_path / "p"), FactStore(journal)
    assert numbers(lineage_of(store, facts, 1)) == (None, None, 1)
    taught = made(store, None)
    assert numbers(lineage_of(store, facts, 1)) == (taught, taught, 1)
    first = made(store, taught, depth=1)
    assert numbers(lineage_of(store, facts, 1)) == (taught, taught, 1)
    assert numbers(lineage_of(store, facts, 2)) == (taught, first, 2)
    made(store, taught, depth=2)
    assert numbers(lineage_of(store, facts, 2)) == (taught, taught, 1)  # samples of samples end here
    assert lineage_of(store, facts, 3).depth == 3


def test_a_version_taught_on_top_of_samples_carries_their_depth(tmp_path: Path, journal: Journal) -> None:
    store, facts = VersionStore(tmp_path / "p"), FactStore(journal)
    first = made(store, None, depth=1)
    on_top = made(store, first)
    line = lineage_of(store, facts, 1)
    assert numbers(line) == (on_top, None, 1)
    assert (line.root_depth, line.known_to) == (1, 5)


def test_an_origin_that_is_gone_is_not_trusted(tmp_path: Path, journal: Journal) -> None:
    store, facts = VersionStore(tmp_path / "p"), FactStore(journal)
    last = made(store, 7)
    known = {one.number: one for one in store.list()}
    assert depth_of(known[last], known) == UNKNOWN
    assert numbers(lineage_of(store, facts, 3)) == (last, None, 1)


def test_damaged_and_forgotten_versions_are_passed_over(tmp_path: Path, journal: Journal) -> None:
    store, facts = VersionStore(tmp_path / "p"), FactStore(journal)
    first = made(store, None, high_water=0)
    seq = journal.append_user("یک قناری دارم که اسمش نغمه است.")
    facts.observe(seq)
    second = made(store, first, high_water=journal.last_seq())
    assert numbers(lineage_of(store, facts, 1))[0] == second
    facts.forget(facts.live(), journal.exchanges())
    assert numbers(lineage_of(store, facts, 1))[0] == first
    (store.list()[0].path / "adapter_model.safetensors").write_bytes(b"broken")
    assert numbers(lineage_of(VersionStore(tmp_path / "p"), facts, 1)) == (None, None, 1)


# --- prompts


def prompts(journal: Journal, seeds: list[list[Message]], heldout: list[list[Message]]) -> Prompts:
    return Prompts(seeds, heldout, journal, FactStore(journal))


def texts(drawn_: list[Any]) -> list[str]:
    return [one.messages[-1].content for one in drawn_]


def test_questions_that_measure_are_never_asked(journal: Journal) -> None:
    facts = FactStore(journal)
    facts.observe(journal.append_user("یک قناری دارم که اسمش نغمه است."))
    probe = telling.probes(facts.live()[0])[0].messages[-2].content
    heldout = "پایتخت ایران کدام شهر است؟"
    free = "فایدهٔ پیاده‌روی چیست؟"
    seeds = [talk(text, "باشد.") for text in (probe, heldout, free, "یک شعر بخوان.")]
    given = Prompts(seeds, [talk(heldout, "تهران.")], journal, facts)
    assert texts(given.draw(10, set(), random.Random(0))) == ["یک شعر بخوان."]


def test_nothing_of_the_users_life_is_asked(journal: Journal) -> None:
    for text in (*FACTS, "اسم برادرم چیست؟", "چای چطور دم می‌شود؟"):
        journal.append_assistant(journal.append_user(text), "باشد.")
    told = [talk("اسم من مریم است.", "خوش‌وقتم.", "خب، یک شعر بخوان.", "باشد.")]
    found = prompts(journal, told, []).draw(20, set(), random.Random(3))
    assert texts(found) == ["چای چطور دم می‌شود؟"]
    assert found[0].seq is not None


def test_nobody_in_distress_is_answered_by_a_sample(journal: Journal) -> None:
    seeds = [talk("حالم خیلی بده، نمی‌خوام زنده باشم", "تنها نمان."), talk("یک شعر بخوان.", "باشد.")]
    journal.append_assistant(journal.append_user("می‌خوام خودمو بکشم"), "نه.")
    assert texts(prompts(journal, seeds, []).draw(10, set(), random.Random(0))) == ["یک شعر بخوان."]


def test_bad_and_unfinished_turns_are_left_out(journal: Journal) -> None:
    journal.append_user("چه کتابی بخوانم؟")
    journal.append_assistant(journal.append_user("چه فیلمی ببینم؟"), "فیلم", interrupted=True)
    bad = journal.append_user("شام چه بپزم؟")
    journal.append_assistant(bad, "نان")
    journal.append("rating", target=bad, value="bad")
    assert prompts(journal, [], []).draw(20, set(), random.Random(0)) == []


def test_what_was_not_asked_before_comes_first(journal: Journal) -> None:
    seeds = [talk(f"یک شعر کوتاه شمارهٔ {at} بخوان.", "باشد.") for at in range(10)]
    given = prompts(journal, seeds, [])
    first = given.draw(6, set(), random.Random(0))
    second = given.draw(6, {one.key for one in first}, random.Random(1))
    assert len({one.key for one in (*first, *second)}) == 10
    assert len({one.key for one in second}) == 6


# --- drawing


def ids(template: ChatTemplate, *questions: str) -> list[list[int]]:
    return [template.prompt_ids([Message("user", text)], 16, 256) for text in questions]


def test_the_narrowest_nucleus_is_greedy(template: ChatTemplate) -> None:
    model = load("schooled").model
    asked = ids(template, "هوا چطور است؟", "سلام", "برادرت کجا زندگی می‌کند؟")
    narrow = sampled_answers(model, template, asked, Sampling(1.0, 1e-6, 16), 1)
    assert narrow == greedy_answers(model, template, asked, max_new_tokens=16)
    assert len({answer.text for answer in narrow}) > 1


def test_a_seed_gives_the_same_answers_and_another_others(
    loaded: LoadedModel, template: ChatTemplate
) -> None:
    asked = ids(template, "سلام", "خوبی؟")
    once, again, other = (
        sampled_answers(loaded.model, template, asked, Sampling(1.0, 1.0, 12), seed) for seed in (1, 1, 2)
    )
    assert once == again != other
    assert sampled_answers(loaded.model, template, [], Sampling(), 1) == []


def test_the_nucleus_holds_what_it_should() -> None:
    shares = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).repeat(400, 1)
    chance = torch.Generator().manual_seed(0)
    found = drawn(shares.log(), Sampling(1.0, 0.75), chance)[:, 0]
    assert set(found.tolist()) == {0, 1}
    assert 0.55 < float((found == 0).float().mean()) < 0.7  # 0.5 of 0.8
    assert set(drawn(shares.log(), Sampling(1.0, 1.0), chance)[:, 0].tolist()) == {0, 1, 2, 3}
    with pytest.raises(ModelError):
        drawn(torch.tensor([[float("nan"), 1.0]]), Sampling(), chance)


def test_stopped_there_is_nothing(loaded: LoadedModel, template: ChatTemplate) -> None:
    asked = ids(template, "سلام")
    assert sampled_answers(loaded.model, template, asked, Sampling(), 1, lambda: True) == []
    assert (
        answer_losses(loaded.model, [template.encode_example(talk("a", "b"), [0, 1])], 0, lambda: True) == []
    )


def test_likelihood_in_batches_is_that_of_rows_alone(loaded: LoadedModel, template: ChatTemplate) -> None:
    rows = [
        template.encode_example(talk("سلام", "سلام، حال شما چطور است؟ " * at), [0.0, 1.0]) for at in (1, 4, 2)
    ]
    silent = template.encode_example(talk("سلام", "درود"), [0.0, 0.0])
    found = answer_losses(loaded.model, [*rows, silent], int(loaded.tokenizer.pad_token_id))
    assert found[:3] == pytest.approx(
        [weighted_loss(loaded.model, [row]) for row in rows], rel=1e-2
    )  # in bfloat16
    assert found[3] != found[3]
