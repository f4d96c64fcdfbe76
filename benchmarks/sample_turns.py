"""Thirty everyday turns answered by a model, unedited, as Markdown rows: for LOG.md and model cards.

    python benchmarks/sample_turns.py [--model mini] [--quantization nf4] [--random-seed 1]

The turns stand in no training data in these words.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from persian_assistant.config import GenerationConfig
from persian_assistant.engine import Engine
from persian_assistant.hub import resolve
from persian_assistant.model import load_model
from persian_assistant.persona import Persona
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate

CONVERSATIONS = [
    ["سلام، چطوری؟", "منم بد نیستم، تازه از سر کار اومدم", "خیلی شلوغ بود، سرم درد گرفت"],
    ["درود، وقتتان خوش باد", "شما چه کارهایی بلدید؟"],
    ["امروز هوا خیلی گرم بود"],
    ["حوصله‌ام سر رفته، چی کار کنم؟"],
    ["فردا امتحان شیمی دارم و هیچی نخوندم"],
    ["نمی‌دونم واسه شام چی بذارم", "گوشت نداریم"],
    ["پایتخت ایران کدوم شهره؟"],
    ["حافظ که بود؟"],
    ["فرق سیب و پرتقال چیه؟"],
    ["یک داستان خیلی کوتاه بگو"],
    ["دلم برای مادربزرگم تنگ شده"],
    ["اسم طوطی من کاکلی است.", "اسم طوطی من چی بود؟"],
    ["من توی کرمان به دنیا اومدم ولی الان رشت زندگی می‌کنم", "من کجا به دنیا اومدم؟"],
    ["اسم برادر من چیست؟"],
    ["الان ساعت چند شده؟"],
    ["تو آدمی یا ربات؟"],
    ["یه فیلم خوب معرفی کن"],
    ["چطور چای خوب دم کنم؟"],
    ["پایتون یاد بگیرم یا جاوا؟"],
    ["ممنون از کمکت", "خب من برم بخوابم"],
    ["با دوستم دعوام شده"],
    ["اگه باران ببارد چه بپوشم؟"],
    ["نوروز چه روزی شروع می‌شه؟"],
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--quantization", default="nf4")
    parser.add_argument("--random-seed", type=int, default=1)
    parser.add_argument("--repetition-penalty", type=float, default=1.2)
    parser.add_argument("--greedy", action="store_true")
    args = parser.parse_args()
    loaded = load_model(resolve(args.model, notice=print), quantization=args.quantization)
    engine = Engine(loaded.model, loaded.tokenizer, ChatTemplate.for_model(loaded.tokenizer))
    generation = GenerationConfig(
        random_seed=args.random_seed,
        repetition_penalty=args.repetition_penalty,
        do_sample=not args.greedy,
    )
    system = Message("system", Persona.load("assistant").system)
    print("| user | model | |\n|---|---|---|")
    for turns in CONVERSATIONS:
        messages = [system]
        for number, turn in enumerate(turns):
            messages.append(Message("user", turn))
            answer = "".join(engine.stream(messages, generation, threading.Event()))
            messages.append(Message("assistant", answer))
            before = "… " if number else ""
            print(f"| {before}{turn} | {answer.replace(chr(10), ' ⏎ ')} | {engine.last_stop} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
