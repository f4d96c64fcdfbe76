"""The half of a session that deals with what the user told: teaching, correcting, forgetting, asking back.

session.py is the other half and wires the objects; session_learning.py deals with passes and versions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from persian_assistant import remembrance, transcript
from persian_assistant.config import Config, home
from persian_assistant.errors import LearningError, UsageError
from persian_assistant.facts.phrases import LESSON
from persian_assistant.facts.search import Matches
from persian_assistant.facts.store import FactStore
from persian_assistant.figures import listed
from persian_assistant.knowledge import Knowledge, Lesson, Rating, tidy
from persian_assistant.loading import LoadingState
from persian_assistant.persona import with_memory
from persian_assistant.profile import ProfileLock
from persian_assistant.records import Exchange, Fact, Message
from persian_assistant.session_learning import LearningSession
from persian_assistant.text import normalise, sanitise
from persian_assistant.versions import Version
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.serving import Serving

FAREWELLS = "farewells"
"""The folder of what was exported before a profile was erased; in the folder of all state."""
Which = Literal["current", "last", "base"] | int


class ToldSession(LearningSession):
    """What Session adds is declared here and said there."""

    config: Config
    role: remembrance.Role | None
    """Of a persona that plays somebody who is gone."""
    on_event: Callable[[str], None]
    _knowledge: Knowledge
    _lock: ProfileLock
    _helped: bool = False
    """The line of help was shown in this conversation."""
    _distressed: frozenset[int] = frozenset()
    """Turns of this run that spoke of acute distress outright."""
    _ended: frozenset[Path] = frozenset()
    """Profiles whose role distress ended since the program was started."""

    @property
    def loading(self) -> LoadingState:
        raise NotImplementedError

    def _wait(self, cancel: threading.Event) -> Serving | None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def conversation(self) -> list[Exchange]:
        raise NotImplementedError

    def _tell_warnings(self) -> None:
        raise NotImplementedError

    # --- telling ------------------------------------------------------------------------------------

    @property
    def facts(self) -> FactStore:
        """Everything told, taught and corrected."""
        return self._knowledge.facts

    def teach(self, question: str, answer: str) -> Fact:
        """Learn the answer to a question. Raises UsageError, DiskError."""
        if self.role is not None:
            self.role.check_lesson(answer)
        return self._told(self._knowledge.teach(question, answer))

    def fix(self, reply: str) -> Fact:
        """Put `reply` in the place of the last answer, and learn it. Raises UsageError, DiskError."""
        if self.role is not None:
            self.role.check_lesson(reply)
        return self._told(self._knowledge.fix(self._last_turn(), reply))

    def edit_fact(self, fact_id: str, value: str) -> Fact:
        """Put another value in the place of a fact's. Raises UsageError, DiskError."""
        if self.role is not None:
            self.role.check_lesson(value)
        return self._told(self._knowledge.edit(fact_id, value))

    def rate(self, value: Rating) -> Exchange:
        """Call the last answer good or bad; returns the turn. Raises UsageError, DiskError."""
        return self._knowledge.rate(self._last_turn(), value)

    def find_fact(self, fact_id: str) -> Fact:
        """The live fact with this id. Raises UsageError."""
        return self._knowledge.find(fact_id)

    def forget_matches(self, words: str) -> Matches:
        """What `words` mean: facts and exchanges, for `forget`."""
        return self.facts.matching(tidy(words))

    def forget(self, matches: Matches) -> None:
        """These are gone: from facts, training, the journal's file, every version; the rest is learned anew.

        Raises DiskError.
        """
        self._knowledge.forget(matches)
        self._tell_warnings()
        self._learner.forgotten(begin=self._loaded_well())

    def lessons(self) -> list[Lesson]:
        """What the next pass trains on, and why each other row is left out."""
        newest = self.store.newest()
        after = newest.high_water if newest else 0
        return self._knowledge.lessons(self._learner.lessons(), after, self._learner.settings)

    def _last_turn(self) -> Exchange | None:
        turns = self.conversation()
        return turns[-1] if turns else None

    def _told(self, fact: Fact) -> Fact:
        self._tell_warnings()
        if self._loaded_well():
            self._learner.consider()
        return fact

    def _loaded_well(self) -> bool:
        return self.loading.done and self.loading.error is None

    # --- asking beside the conversation -------------------------------------------------------------

    def _system(self, question: str, before: int | None, memory: bool) -> list[Message]:
        known = self._known(question, before) if memory and question else []
        system = with_memory(self._plain_system(), known)
        return [Message("system", system)] if system else []

    def _known(self, question: str, before: int | None) -> list[str]:
        """What bears on `question`; of the assistant itself where a small model is asked for that."""
        small = self._serving is not None and self._serving.is_small
        own = self.profile.persona.about.answer(question) if small else ""
        if own and not self._knowledge.was_taught(question):
            return [LESSON.format(question=question, answer=own)]
        return self._knowledge.recall(question, before, small=small)

    def _plain_system(self) -> str:
        """The system message of whoever answers, without what is known of the user."""
        return self.role.system if self.role is not None else self.profile.persona.system

    def fresh_messages(self, question: str, *, memory: bool | None = None) -> list[Message]:
        """The prompt for `question` in a conversation of its own; `memory` None: as it is set."""
        question = tidy(question)
        on = self.config.memory if memory is None else memory
        return [*self._system(question, None, on), Message("user", question)]

    def answer_once(
        self,
        question: str,
        *,
        version: Which = "current",
        memory: bool | None = None,
        greedy: bool = True,
        cancel: threading.Event | None = None,
    ) -> str:
        """The answer to `question` in a conversation of its own; nothing reaches the journal.

        `version`: the one that serves, the one before it, the bare base, or a number; any but the serving one
        is put beside it for as long as it answers. Raises UsageError, ModelError, DiskError; LearningError
        while a pass runs (but for the serving one).
        """
        if self.role is not None:  # what is answered here is not looked at sentence by sentence
            raise UsageError("remembrance.not_here")
        cancel = cancel or threading.Event()
        serving = self._wait(cancel)
        if serving is None:
            return ""
        wanted = self._version(version)
        generation = self.config.generation
        if greedy:
            generation = replace(generation, do_sample=False)
        messages = self.fresh_messages(question, memory=memory)
        if (wanted.number if wanted else None) != serving.version and self._learner.running:
            raise LearningError("learning.running")
        with serving.lending(wanted):
            answer = "".join(serving.stream(messages, generation, cancel))
        return normalise(sanitise(answer)).strip()

    def compare(self, question: str, other: Which, cancel: threading.Event | None = None) -> tuple[str, str]:
        """The answers of `other` and of the serving version, both from the weights alone.

        For "current" it is the serving one twice: without memory, and with it. Raises as `answer_once`.
        """
        one = self.answer_once(question, version=other, memory=False, cancel=cancel)
        return one, self.answer_once(question, memory=other == "current", cancel=cancel)

    def _version(self, which: Which) -> Version | None:
        """Raises UsageError for one that is not there."""
        serving = self._serving.version if self._serving else None
        number = serving if which == "current" else None if which == "base" else which
        known = {version.number: version for version in self.store.list()}
        if number == "last":
            if serving is None:
                raise UsageError("chat.nothing_to_compare")
            number = known[serving].parent if serving in known else None
        if number is None:
            return None
        if not isinstance(number, int) or number not in known:
            raise UsageError(
                "disk.no_such_version", number=number, known=listed(known) or say("disk.no_versions")
            )
        return known[number]

    # --- the role of somebody who is gone -----------------------------------------------------------

    def _met(self, seq: int, text: str) -> str | None:
        """The program's own answer to a turn that no model may answer; in other personas a line of help."""
        if self.role is not None:
            return self.role.meet(seq, text)
        if line := remembrance.help_aside(text):
            self._distressed |= {seq}
            if not self._helped:
                self._helped = True
                self.on_event(line)
        return None

    def _answered(self, seq: int, answer: str, interrupted: bool, version: int | None) -> None:
        """Write a model's answer; nothing is learned of a turn that spoke of acute distress."""
        self.journal.append_assistant(seq, answer, interrupted=interrupted, version=version)
        if seq in self._distressed:
            self.journal.append("rating", target=seq, value="bad", by="distress")

    def keep_ended(self, before: ToldSession) -> None:
        """A role that distress ended stays so when another profile was opened in between."""
        ended_now = before.role is not None and before.role.ended
        self._ended = before._ended | ({before.profile.path} if ended_now else frozenset())
        if self.role is not None and self.profile.path in self._ended:
            self.role.ended = True

    def _answered_outside(self, seq: int, answer: str) -> None:
        """Write an answer of the program's own; nothing of the turn is learned or read as a fact."""
        number = self.journal.append_assistant(seq, answer, own=True)
        self.journal.append("rating", target=seq, value="bad")
        self.journal.append("observed", upto=number)

    def speaker(self, seq: int = 0) -> str:
        """Who answered the turn `seq`, as a transcript names them; for no turn, whose transcript it is."""
        title = self.profile.persona.title
        return f"{title} [{self.role.label(seq)}]" if self.role is not None else title

    def pause_role(self) -> None:
        """Step out of the role. Raises UsageError in another persona or where it is so already, DiskError."""
        self._role().pause(self.journal.last_seq() + 1)

    def resume_role(self) -> None:
        """Take the role up again. Raises UsageError where it may not be, DiskError."""
        self._role().resume(self.journal.last_seq() + 1)

    def export_all(self, path: Path | None = None) -> Path | None:
        """Every conversation of the profile as one new Markdown file; None where there is none.

        Raises UsageError, DiskError.
        """
        self._role()
        if path is not None and self.profile.path.resolve() in path.resolve().parents:
            raise UsageError("remembrance.farewell_inside", path=path)
        turns = self.journal.exchanges()
        if not turns:
            return None
        return transcript.save(turns, self.speaker(), self.speaker, path, home() / FAREWELLS)

    def erase(self) -> None:
        """Remove the profile for good and close. Raises UsageError in another persona, DiskError."""
        self._role()
        self._knowledge.close()
        self._learner.close()
        remembrance.erase(self.profile.path, self._lock.release)
        self.close()

    def _role(self) -> remembrance.Role:
        if self.role is None:
            raise UsageError("remembrance.only_there", name="persona")
        return self.role
