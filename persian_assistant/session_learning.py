"""The part of a session that deals with learning: passes, versions, going back to one, pushing it.

session.py wires the objects; session_told.py deals with what the user told.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from persian_assistant.errors import DiskError, LearningError, ModelError
from persian_assistant.journal import Journal
from persian_assistant.learner import Learner, PassState
from persian_assistant.session_parts import Ask, Notice, OpenProfile
from persian_assistant.versions import Version, VersionStore

if TYPE_CHECKING:
    from persian_assistant.serving import Serving


class LearningSession:
    """What Session adds is declared here and said there."""

    profile: OpenProfile
    store: VersionStore
    journal: Journal
    _learner: Learner
    _notice: Notice

    @property
    def _serving(self) -> Serving | None:
        raise NotImplementedError

    def ready(self, timeout: float | None = 0) -> bool:
        raise NotImplementedError

    def learn(self) -> None:
        """Start a pass now. Raises LearningError if nothing is new or one runs, ModelError."""
        if not self.ready():
            raise LearningError("learning.not_loaded")
        self._learner.start()

    def cancel_pass(self) -> bool:
        """Ask a running pass to end; True if one ran."""
        return self._learner.cancel()

    def wait_for_pass(self, timeout: float | None = None) -> bool:
        """Until no pass runs; False when `timeout` seconds were not enough."""
        return self._learner.wait(timeout)

    @property
    def pass_state(self) -> PassState:
        return self._learner.state

    def _run_pass(self, *arguments: Any) -> Any:
        serving = self._serving
        if serving is None:
            raise LearningError("learning.not_loaded")
        return serving.learning_pass().run(*arguments)

    def _swap(self, version: Version | None) -> None:
        if self._serving is not None:
            self._serving.serve(version)

    def versions(self) -> list[Version]:
        """Every version of the profile, oldest first."""
        return self.store.list()

    def rollback(self, number: int | None = None) -> Version | None:
        """Serve an earlier version, or the base model for None.

        Raises UsageError, LearningError, DiskError, ModelError; what served before serves on then.
        """
        if not self.ready():
            raise LearningError("learning.not_loaded")
        if self._learner.running:
            raise LearningError("learning.running")
        before = self.store.current()
        version = self.store.rollback(number)
        try:
            self._swap(version)
        except ModelError:
            self.store.rollback(before.number if before else None)
            raise
        with suppress(DiskError):  # CURRENT has it; the journal's line is for who reads the past
            self.journal.append("rollback", version=version.number if version else None)
        return version

    def push(self, repo_id: str, *, public: bool, yes: bool = False, ask: Ask | None = None) -> str:
        """Upload the current version; shows what would go and asks first. Returns the address."""
        from persian_assistant.push import bundle_of, push_adapter

        bundle = bundle_of(self.profile.name, self._notice)
        return push_adapter(bundle, repo_id, public=public, yes=yes, ask=ask, notice=self._notice)
