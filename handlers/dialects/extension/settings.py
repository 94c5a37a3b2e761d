"""S2's settings as they stand in a session's configuration. Source: S2; docs/extension.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from roocode_server.models.auto_approval import AutoApproval
from roocode_server.models.error import FieldMistake, ValidationFailed

SESSION_SETTINGS: Final = {
    "mode": "mode",
    "customInstructions": "customInstructions",
    "apiProvider": "provider",
    "apiModelId": "model",
    "modelTemperature": "temperature",
    "modelMaxTokens": "maxTokens",
    "reasoningEffort": "effort",
    "fuzzyMatchThreshold": "fuzzyMatchThreshold",
}
"""S2's settings, and their names in a session's configuration."""
TASK_SETTINGS: Final = {"diffEnabled": "enableDiff", "enableCheckpoints": "enableCheckpoints"}
"""S2's settings that belong to a task, and their names there."""
AUTO_APPROVAL: Final = frozenset(
    known.data_key or name for name, known in AutoApproval.schema().fields.items()
)


@dataclass(slots=True)
class ExtensionSettings:
    """S2's settings, sorted by where this server keeps them."""

    session: dict[str, Any] = field(default_factory=dict)
    auto_approval: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    """Settings that have no effect here."""

    @property
    def is_for_session(self) -> bool:
        """Whether any of them changes the session's configuration."""
        return bool(self.session or self.auto_approval)

    def config(self, standing: Mapping[str, Any]) -> dict[str, Any]:
        """The change to a session's configuration, given its present automatic approval."""
        if not self.auto_approval:
            return dict(self.session)
        changed = {**standing, **self.auto_approval}
        kept = {name: content for name, content in changed.items() if content is not None}
        return {**self.session, "autoApproval": kept}


def read_settings(values: Mapping[str, Any], *, with_task: bool, place: str) -> ExtensionSettings:
    """Sort S2's settings. `null` restores a default; unknown ones are collected by name.

    Raises: ValidationFailed, if a setting belongs to a task and there is none.
    """
    misplaced = [name for name in values if name in TASK_SETTINGS and not with_task]
    if misplaced:
        reason = "Belongs to a task: pass it to startNewTask."
        raise ValidationFailed([FieldMistake(f"{place}.{name}", reason) for name in misplaced])
    settings = ExtensionSettings()
    for name, content in values.items():
        if name in SESSION_SETTINGS:
            settings.session[SESSION_SETTINGS[name]] = content
        elif name in TASK_SETTINGS:
            if content is not None:
                settings.task[TASK_SETTINGS[name]] = content
        elif name in AUTO_APPROVAL:
            settings.auto_approval[name] = content
        else:
            settings.unknown.append(name)
    return settings


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """A session's configuration in S2's words; settings that nobody has set read as `false`."""
    own = {name: config[ours] for name, ours in SESSION_SETTINGS.items() if ours in config}
    return {**own, "alwaysAllowReadOnly": False, **config["autoApproval"]}


def names_in(place: str) -> dict[str, str]:
    """S2's names for the fields of a session's and a task's configuration."""
    named = {f"config.{ours}": f"{place}.{name}" for name, ours in (SESSION_SETTINGS | TASK_SETTINGS).items()}
    return {**named, "config.autoApproval": place}
