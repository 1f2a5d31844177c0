"""Words of the audit log for a change of a sign."""

from __future__ import annotations

from schemas.signs import SignCommand, SignStatus

_ACTIONS: dict[SignStatus, str] = {"proposed": "sign-proposed", "active": "sign-set", "withdrawn": "sign-withdrawn"}


def audit_words(command: SignCommand) -> tuple[str, str, str]:
    """Return action, subject and detail of an audit entry."""
    until = command.until.isoformat(timespec="seconds")
    text = f"{command.text.es} / {command.text.en}"
    detail = f"{command.id}: {command.priority}, arrow {command.arrow}, until {until}: {text}"
    return _ACTIONS[command.status], command.sign, detail
