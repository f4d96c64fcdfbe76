"""A loaded model with the version that serves: engine, adapter, and what learning passes need of both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from persian_assistant import adapters, beside
from persian_assistant.config import GenerationConfig, ModelConfig
from persian_assistant.engine import Engine
from persian_assistant.errors import AssistantError, LearningError, ModelError
from persian_assistant.facts.doubt import calls_for_knowledge, known, worth_saying
from persian_assistant.facts.phrases import to_say
from persian_assistant.facts.question_near import asks
from persian_assistant.hub import ModelSource
from persian_assistant.model import LoadedModel, load_model
from persian_assistant.persona import Persona, memory_lines
from persian_assistant.quoting import NOTHING, Quotable
from persian_assistant.records import Message
from persian_assistant.seed_examples import general_texts, split_seed_examples
from persian_assistant.techniques_folder import ServedFolder, TrainedFolder
from persian_assistant.techniques_loading import load_trained
from persian_assistant.template import ChatTemplate
from persian_assistant.versions import Version, VersionStore
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.learning_pass import LearningPass

Notice = Callable[[str], None]


SMALL_MODEL = 200_000_000
"""Parameters below which a model takes the answer from elsewhere in a long prompt, even where it is given.

gpt2-fa (118 million, never tuned to answer) is among them.
"""

TINY_MODEL = 30_000_000
"""Parameters below which next to nothing is known of the world."""


class Serving:
    """One model in memory. `serve` changes the version between two tokens of a running answer."""

    def __init__(
        self, loaded: LoadedModel, template: ChatTemplate, persona: Persona, store: VersionStore
    ) -> None:
        self.loaded, self.template, self.persona, self.store = loaded, template, persona, store
        self.engine = Engine(loaded.model, loaded.tokenizer, template)
        self.version: int | None = None
        self.is_small = int(loaded.model.num_parameters()) < SMALL_MODEL
        self.is_tiny = int(loaded.model.num_parameters()) < TINY_MODEL
        self.folder: TrainedFolder | None = None
        """What answers in place of the profile's versions (`--adapter`); nothing is swapped then."""
        self._folder_parameters = 0
        self._peft_model: Any = None
        self._pass: LearningPass | None = None
        self._changing = threading.Lock()

    @classmethod
    def load(
        cls, source: ModelSource, settings: ModelConfig, persona: Persona, store: VersionStore, notice: Notice
    ) -> Serving:
        """Load the model and the current version; a version that does not fit is left out with a notice.

        With a trained folder in `settings` that is what serves; it raises ModelError where it does not fit.
        """
        folder, parameters = None, 0
        if isinstance(settings, ServedFolder):
            folder = TrainedFolder.read(settings.adapter)
            loaded, parameters = load_trained(
                source, folder, quantization=settings.quantization, device=settings.device, notice=notice
            )
        else:
            loaded = load_model(
                source, quantization=settings.quantization, device=settings.device, notice=notice
            )
        template = ChatTemplate.for_model(loaded.tokenizer)
        for text in template.notices:
            notice(text)
        serving = cls(loaded, template, persona, store)
        if folder is not None:
            serving.folder, serving._folder_parameters = folder, parameters
            notice(say("compare.serves_folder", technique=folder.technique, path=folder.path))
            return serving
        current = store.current()
        try:
            serving.serve(current)
        except AssistantError as error:
            number = current.number if current else 0
            notice(say("learning.version_skipped", number=number, reason=error))
        return serving

    def serve(self, version: Version | None) -> None:
        """Answer from `version`, or from the base model for None. Raises ModelError: nothing changed then."""
        with self._changing:
            self._serve(version)

    def _serve(self, version: Version | None) -> None:
        if self.folder is not None:
            raise ModelError("compare.folder_serves", path=self.folder.path)
        if version is None:
            if self._peft_model is not None:
                adapters.remove_adapter(self._peft_model, self.engine.lock)
                self._peft_model = None
            self.version = None
            return
        name = f"v{version.number}"
        if self._peft_model is None:
            adapters.read_adapter(version.path, self.loaded.model)  # checked before anything is touched
            with self.engine.lock:
                self._peft_model = adapters.attach(self.loaded.model, version.path, name)
        elif self.version != version.number:
            adapters.swap_adapter(self._peft_model, version.path, name, self.engine.lock)
        self.version = version.number

    @contextmanager
    def lending(self, version: Version | None) -> Iterator[None]:
        """In here the engine answers from `version` (None: the base); what serves is not changed by it.

        No learning pass may be starting. Raises ModelError for a version that does not fit.
        """
        number = version.number if version else None
        if self.folder is not None:
            raise ModelError("compare.folder_serves", path=self.folder.path)
        with self._changing:
            if number == self.version:
                lent: AbstractContextManager[None] = nullcontext()
            elif version is None:
                lent = beside.bare(self._peft_model, self.engine.lock)
            elif self._peft_model is None:
                lent = beside.on_bare(self.loaded.model, version.path, self.engine.lock)
            else:
                lent = beside.another(self._peft_model, version.path, self.engine.lock)
            with lent:
                yield

    def stream(
        self,
        messages: Sequence[Message],
        generation: GenerationConfig,
        cancel: threading.Event,
        *,
        ready: Sequence[str] = (),
        guess: bool = True,
    ) -> Iterator[str]:
        """Pieces of the answer, as the engine's. Raises ModelError.

        A small model keeps to the lines of memory that it is given; where it is given none and asked about
        the user's life, it says what it knows for sure, in one piece. Else it says one of the `ready` replies
        where there are any: which one is its choice. A very small one that may not `guess` says of the
        world, too, only what it knows.
        """
        quotable = self.quotable(messages)
        if ready and self.is_small and not quotable.must:  # what was taught to these very words goes first
            quotable = Quotable(tuple(ready), must=True)
        elif self.knows_or_invents(messages):
            return self._surely(_asked_alone(messages), generation, cancel, worth_saying)
        elif not guess and self.is_tiny and not quotable.lines and asks(messages[-1].content):
            return self._surely(messages, generation, cancel, known)
        return self.engine.stream(messages, generation, cancel, quotable)

    def _surely(
        self,
        messages: Sequence[Message],
        generation: GenerationConfig,
        cancel: threading.Event,
        weighed: Callable[[str, str, float, bool], str],
    ) -> Iterator[str]:
        generation = replace(generation, do_sample=False, repetition_penalty=1.0)
        answer, engine = "".join(self.engine.stream(messages, generation, cancel)), self.engine
        if engine.last_stop != "cancelled":  # half an answer was not weighed
            ended = engine.last_stop == "end"
            yield weighed(messages[-1].content, answer, engine.log_probability, ended)

    def quotable(self, messages: Sequence[Message]) -> Quotable:
        """The lines of memory in a prompt that a small model is kept to."""
        return quotable_lines(messages) if self.is_small else NOTHING

    def knows_or_invents(self, messages: Sequence[Message]) -> bool:
        """Whether a small model is asked about the user's life and given no line of memory."""
        return self.is_small and not memory_lines(messages) and calls_for_knowledge(messages[-1].content)

    def learning_pass(self) -> LearningPass:
        """Made at the first pass: seed examples and general text are read then, and Trainer is imported."""
        from persian_assistant.learning_pass import LearningPass, PassMaterial

        if self.folder is not None:
            raise LearningError("compare.folder_serves", path=self.folder.path)
        if self._pass is None:
            rows, heldout = split_seed_examples(self.persona.seed_paths)
            material = PassMaterial(
                seed_examples=rows,
                heldout_examples=heldout,
                general_texts=general_texts("train"),
                heldout_texts=general_texts("heldout"),
                persona=self.persona.system,
            )
            self._pass = LearningPass(self.loaded, self.template, self.store, material)
        return self._pass

    def adapter_parameters(self) -> int:
        """Parameters of the adapter (or the trained folder) that serves, 0 for the base model."""
        if self._peft_model is None:
            return self._folder_parameters
        return sum(tensor.numel() for tensor in adapters.adapter_tensors(self._peft_model).values())


def _asked_alone(messages: Sequence[Message]) -> list[Message]:
    """Without what was said before: a small model would rather say its last answer again, and surely."""
    return [*(one for one in messages[:1] if one.role == "system"), messages[-1]]


def quotable_lines(messages: Sequence[Message]) -> Quotable:
    """What memory a prompt holds, as an answer says it; it must to a question and where it was taught."""
    known = memory_lines(messages)
    lines = tuple(map(to_say, known))
    return Quotable(lines, must=bool(known) and (asks(messages[-1].content) or lines != tuple(known)))
