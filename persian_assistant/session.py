"""The one place that wires objects: an open profile with its journal, versions, model and learner.

The terminal and the piped chat talk to this and to nothing below it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from persian_assistant import transcript
from persian_assistant.config import Config, home
from persian_assistant.distress import surely_distressed
from persian_assistant.errors import LockedError, UsageError
from persian_assistant.facts.doubt import calls_for_knowledge
from persian_assistant.facts.echo import worth_telling
from persian_assistant.facts.imperatives import asks_to_do
from persian_assistant.facts.phrases import CARE, LISTENING, NOTED
from persian_assistant.facts.question_life import speaks_of_me
from persian_assistant.facts.question_near import asks
from persian_assistant.journal import Journal
from persian_assistant.knowledge import Knowledge
from persian_assistant.learner import Learner
from persian_assistant.loading import LoadingState, ModelLoader, settle
from persian_assistant.log import log_path
from persian_assistant.persona import Persona
from persian_assistant.records import FIRST_TRAINING, Exchange, Message
from persian_assistant.session_parts import (
    Ask,
    Notice,
    OpenProfile,
    Status,
    open_with_role,
    settings_of,
    with_changed,
)
from persian_assistant.session_told import ToldSession
from persian_assistant.text import normalise, sanitise
from persian_assistant.versions import VersionStore
from persian_assistant.written_replies import WrittenReplies

if TYPE_CHECKING:
    from persian_assistant.serving import Serving

CONVERSATIONS = "conversations"
READING_TEMPERATURE = 0.2
"""At most, where a small model reads an answer out of its memory."""


class Session(ToldSession):
    """One open profile. `Session.open` makes one; `close` gives the profile back."""

    def __init__(self, config: Config, notice: Notice, ask: Ask | None) -> None:
        from persian_assistant.hub import resolve

        self.config, self._notice, self._ask = config, notice, ask
        self.on_event: Callable[[str], None] = notice
        self.on_fact: Callable[[str], None] = notice
        """Is told what was read from the user's words, one sentence each."""
        persona = Persona.load(config.persona)
        self.source = resolve(
            config.model.name,
            revision=config.model.revision,
            interactive=ask is not None,
            ask=ask,
            notice=notice,
            allow_download=config.model.download,
        )
        profile, self.role = open_with_role(config, persona, self.source, notice, ask)
        persona = persona if self.role is None else self.role.persona
        self._lock = profile.lock()
        try:
            self.profile = OpenProfile(profile.name, profile.path, self.source.name, persona)
            self.store = VersionStore(profile.path)
            self.store.clean()
            self._trained = any(one.config.get("kind") == FIRST_TRAINING for one in self.store.list())
            newest = self.store.newest()
            self.journal = Journal.open(profile.journal_path, after=newest.high_water if newest else 0)
            self._knowledge = Knowledge(self.journal)
            self._first_seq = self.journal.last_seq()
            self._learner = Learner(
                self.journal,
                self.store,
                config.learning,
                self._run_pass,
                self._swap,
                lambda sentence: self.on_event(sentence),
                log_path(),
                self.facts,
            )
            self._tell_warnings()
        except BaseException:
            self._lock.release()
            raise
        # Not what was scraped: a forum's replies were written to somebody else.
        self._written = WrittenReplies([one for one in persona.seed_paths if one != persona.built_seed_path])
        self._loader = ModelLoader(self.source, config.model, persona, self.store, notice, self._loaded)
        self._loader.start()

    @classmethod
    def open(cls, config: Config, *, notice: Notice, ask: Ask | None = None) -> Session:
        """Quick: reads the disk, takes the lock, starts loading the model. Raises AssistantError."""
        return cls(config, notice, ask)

    # --- the model ----------------------------------------------------------------------------------

    @property
    def loading(self) -> LoadingState:
        return self._loader.state

    @property
    def _serving(self) -> Serving | None:
        return self._loader.serving

    def _loaded(self) -> None:
        self._tell_warnings()  # a damaged version is met when it is to serve
        self._let_go()
        self._learner.consider()
        self._knowledge.start_warming()
        self._written.start()

    def _let_go(self) -> None:
        """Nothing answers from a version that was removed, for what it knew, while the model was loading."""
        serving = self._serving
        if serving is not None and serving.version not in (None, *(one.number for one in self.store.list())):
            serving.serve(self.store.current())

    def ready(self, timeout: float | None = 0) -> bool:
        """True once the model serves. Raises what went wrong if loading failed."""
        return self._loader.ready(timeout)

    def _wait(self, cancel: threading.Event) -> Serving | None:
        while not self.ready(0.1):
            if cancel.is_set():
                return None
        return self._serving

    # --- talking ------------------------------------------------------------------------------------

    def reply(self, text: str, cancel: threading.Event) -> Iterator[str]:
        """The answer to `text`, in pieces. The user's words are on disk when this returns.

        The answer is on disk when the iterator ends; cancelled or closed early, it is kept as interrupted.
        Raises UsageError for empty text, DiskError, ModelError.
        """
        text = normalise(sanitise(text)).strip()
        if not text:
            raise UsageError("chat.empty")
        seq = self.journal.append_user(text)
        if (own_answer := self._met(seq, text)) is not None:
            return self._answer(seq, cancel, own_answer)
        self._read(seq)
        return self._answer(seq, cancel)

    def acknowledge(self, text: str, answer: str) -> None:
        """A turn that the program itself answers, such as the user's name: read and learned as any other.

        Raises DiskError.
        """
        seq = self.journal.append_user(normalise(sanitise(text)).strip())
        self._read(seq)
        self.journal.append_assistant(seq, answer, own=True)

    def _read(self, seq: int) -> None:
        """What the turn `seq` tells becomes facts, and is said to be remembered."""
        for sentence in self._knowledge.noticed(self._knowledge.observe(seq, self._first_seq)):
            self.on_fact(sentence)

    def regenerate(self, cancel: threading.Event) -> Iterator[str]:
        """Another answer to the last turn; it replaces the one before. Raises UsageError without a turn."""
        turns = self.conversation()
        if not turns:
            raise UsageError("chat.nothing_to_regenerate")
        return self._answer(turns[-1].seq, cancel, self._met(turns[-1].seq, turns[-1].user))

    def _answer(self, seq: int, cancel: threading.Event, own_answer: str | None = None) -> Iterator[str]:
        if own_answer is not None:
            self._answered_outside(seq, own_answer)
            yield own_answer
            return
        serving = self._wait(cancel)
        if serving is None:
            return
        pieces: list[str] = []
        version, finished = serving.version, False
        messages = self._messages(seq)
        generation = self.config.generation
        if self._read_out(messages):
            generation = replace(generation, temperature=min(generation.temperature, READING_TEMPERATURE))
        ready = self._ready_replies(seq, messages)
        stream = serving.stream(messages, generation, cancel, ready=ready, guess=self._in_own_words)
        if self.role is not None:
            stream = self.role.checked(stream)
        try:
            for piece in stream:
                pieces.append(piece)
                yield piece
            finished = not cancel.is_set()
        finally:
            answer = normalise(sanitise("".join(pieces))).strip()
            if answer or finished:  # an empty answer is one, too: what the user said can be learned from
                self._answered(seq, answer, not finished, version)
                self._tell_warnings()
        if finished:
            self._learner.consider()

    def _messages(self, seq: int) -> list[Message]:
        """Persona with what is known, the turns of this conversation before `seq`, and the turn to answer.

        Where the memory answers, a small model is given nothing else that it could take for the answer.
        """
        turns = self.conversation()
        asked = next((turn.user for turn in turns if turn.seq == seq), "")
        messages = self._system(asked, seq, self.config.memory and seq not in self._distressed)
        alone = self._read_out(messages)
        for turn in turns:
            if turn.seq != seq and not self._heard(turn):
                continue
            if turn.seq < seq and turn.assistant and not alone:
                messages += [Message("user", turn.user), Message("assistant", turn.assistant)]
            elif turn.seq == seq:
                messages.append(Message("user", turn.user))
        return messages

    def _ready_replies(self, seq: int, messages: list[Message]) -> tuple[str, ...]:
        """What a small model says to the turn `seq` sooner than words of its own; () to what it may know."""
        said = messages[-1].content
        if self._serving is None or not self._serving.is_small:
            return ()
        if seq in self._distressed and surely_distressed(said):
            return CARE
        if calls_for_knowledge(said):
            return ()
        earlier = {turn.assistant for turn in self.conversation() if turn.assistant}
        fitting = () if self._in_own_words else self._written.fitting(said, earlier)
        if fitting or self.role is not None or asks(said) or asks_to_do(said):
            return fitting
        if self._told_of_me(seq, said):
            return NOTED
        return LISTENING if self._serving.is_tiny and not self._in_own_words else ()

    @property
    def _in_own_words(self) -> bool:
        """Whether a small model says what it says: so it was set, or was trained on the user's own data."""
        from_folder = self._serving is not None and self._serving.folder is not None
        return self._trained or from_folder or not self.config.written_replies

    def _told_of_me(self, seq: int, said: str) -> bool:
        """Whether the turn `seq` told something of the user, read by a rule or not."""
        stated = any(fact.kind == "stated" for fact in self.facts.from_turn(seq))
        return stated or (bool(worth_telling(said)) and speaks_of_me(said, named=False))

    def _heard(self, turn: Exchange) -> bool:
        """Whether who answers now knows of `turn`. A small model would go on in the program's own words."""
        return turn.stepped_in != "answered" if self.role is None else self.role.in_hearing(turn.seq)

    def _read_out(self, messages: list[Message]) -> bool:
        """Whether a small model is given lines of memory: it is to say them, not to invent."""
        given = bool(messages) and messages[0].role == "system"
        small = self._serving is not None and self._serving.is_small
        return given and small and messages[0].content != self._plain_system()

    def conversation(self) -> list[Exchange]:
        """Turns since the start or the last /clear."""
        return self.journal.exchanges(max(self._first_seq, self.journal.last_clear()))

    def undo(self) -> Exchange | None:
        """Take the last exchange out of the conversation and of training; None if there is none."""
        turns = self.conversation()
        if not turns:
            return None
        self.journal.append("undo", target=turns[-1].seq)
        return turns[-1]

    def clear(self) -> None:
        """Begin a new conversation; the journal keeps everything."""
        self.journal.append("clear")
        self._helped = False

    def history(self, n: int = 10) -> list[Exchange]:
        """The last `n` exchanges of the profile, also of earlier starts."""
        return self.journal.last_exchanges(n)

    def save(self, path: Path | None = None) -> Path:
        """Write this conversation as a new Markdown file (0600).

        Raises UsageError when it is empty or the file is there already, DiskError.
        """
        turns = self.conversation()
        if not turns:
            raise UsageError("chat.nothing_to_save")
        folder = self.profile.path / CONVERSATIONS
        return transcript.save(turns, self.speaker(), self.speaker, path, folder)

    # --- settings and figures -----------------------------------------------------------------------

    def set(self, name: str, value: str) -> str:
        """Change one setting for this run; returns the value in force. Raises UsageError."""
        self.config = with_changed(self.config, name, value)
        self._learner.settings = self.config.learning
        in_force = self.settings()[name]
        return "-" if in_force is None else str(in_force).lower()

    def settings(self) -> dict[str, object]:
        """What /set can change, and its values."""
        return settings_of(self.config)

    def status(self) -> Status:
        """Figures of the moment."""
        serving, current = self._serving, self.store.current()
        return Status(
            profile=self.profile.name,
            base_model=self.profile.base_model,
            quantization=serving.loaded.quantization if serving else self.config.model.quantization,
            device=serving.loaded.device if serving else self.config.model.device,
            version=serving.version if serving else (current.number if current else None),
            exchanges=self.journal.count(),
            facts=self.facts.count(),
            pending=len(self._learner.pending()) if self._learner.settings.enabled else 0,
            every=self._learner.settings.every,
            turns_until_pass=self._learner.turns_until_pass(),
            pass_running=self._learner.running,
            learning_enabled=self._learner.settings.enabled,
            memory=self.config.memory,
            tokens_per_second=serving.engine.tokens_per_second if serving else 0.0,
            trainable_parameters=serving.adapter_parameters() if serving else 0,
            weights_mb=serving.loaded.weights_mb if serving else 0.0,
            home=home(),
        )

    # --- another profile ----------------------------------------------------------------------------

    def switch(self, *, model: str | None = None, persona: str | None = None) -> None:
        """Open the profile of another model or persona in place of this one, once its model serves.

        Raises AssistantError and then stays where it was.
        """
        config = replace(self.config, profile=None)
        if model is not None:
            config = replace(config, model=replace(config.model, name=model, revision=None))
        else:
            config = replace(config, model=replace(config.model, name=self.source.name))
        if persona is not None:
            config = replace(config, persona=persona)
        try:
            other = Session(config, self._notice, self._ask)
        except LockedError as error:
            if error.values.get("name") == self.profile.name:
                return  # it is this very profile that is open
            raise
        try:
            other.ready(None)
        except BaseException:
            other.close()
            raise
        other.on_event, other.on_fact = self.on_event, self.on_fact
        other.keep_ended(self)
        self.close()
        self.__dict__ = other.__dict__  # everything here belongs to the open profile
        settle()

    def close(self) -> None:
        """End a running pass (the next start runs it again) and give the profile back."""
        try:
            self._learner.close()
            self._knowledge.close()
            self._loader.close()
        finally:
            self._lock.release()

    def _tell_warnings(self) -> None:
        """Pass on what journal and versions had to put up with, each sentence once."""
        warnings = [*self.store.warnings, *self.journal.warnings]
        self.store.warnings.clear()
        self.journal.warnings.clear()
        for warning in warnings:
            self._notice(warning)
