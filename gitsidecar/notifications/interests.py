"""Who wants to hear of what."""

from __future__ import annotations

import dataclasses

from gitsidecar.model import notices, selectors


@dataclasses.dataclass(frozen=True, slots=True)
class Interest:
    """The *events* of the sets with these *names* (none = all) that the *selector* matches."""

    events: frozenset[notices.Event] = frozenset(notices.Event)
    names: frozenset[str] = frozenset()
    selector: selectors.Selector = dataclasses.field(default_factory=selectors.Selector)

    def wants(self, notice: notices.Notice) -> bool:
        """Say whether *notice* is wanted; one of the repository concerns everybody who wants its event."""
        if notice.event not in self.events:
            return False
        if not notice.set_name:
            return True
        return (not self.names or notice.set_name in self.names) and self.selector.matches(notice.labels)
