"""Targets of notifications: each phone, chat or topic that an Apprise address names, by itself.

Apprise reports one result for all targets of an address, and its own digest of an address leaves the targets out. So an
address with several is taken apart into copies of its service with one target each.
"""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType

from apprise import AppriseAsset, AppriseConfig, NotifyBase

from schemas.venue import Venue
from stream.runtime.settings import Settings

log = logging.getLogger(__name__)

TargetId = NewType("TargetId", str)
"""Digest of a service's address with its one target."""


@dataclass(frozen=True, slots=True)
class Target:
    """One phone, chat or topic of a contact.

    Attributes:
        label: kind of service and position among the contact's targets, without the address: `ntfy 1/2`.
    """

    id: TargetId
    label: str
    service: NotifyBase


def targets_by_contact(settings: Settings, venue: Venue) -> dict[str, dict[TargetId, Target]]:
    """Return the targets of each contact.

    A missing file or address is logged as an error; contacts with an address are reached all the same.
    """
    asset = AppriseAsset(app_id="Pulso", app_desc="Pulso", app_url="", async_mode=False, http_redirects=False)
    config = AppriseConfig(asset=asset)
    if settings.contacts is None:
        log.error("the venue file has contacts, but PULSO_CONTACTS names no Apprise file: nobody is notified")
    elif not settings.contacts.is_file():
        log.error("PULSO_CONTACTS: %s is not a file: nobody is notified", settings.contacts)
    else:
        config.add(str(settings.contacts.resolve()), asset=asset)
    targets: dict[str, dict[TargetId, Target]] = {}
    for contact in venue.contacts:
        tagged = [service for service in config.services() if contact.id in {str(tag) for tag in service.tags}]
        targets[contact.id] = _targets([single for service in tagged for single in single_targets(service)])
        if not tagged:
            log.error("contact %s has no address; add one with the tag %s to PULSO_CONTACTS", contact.id, contact.id)
    return targets


def _targets(services: list[NotifyBase]) -> dict[TargetId, Target]:
    by_id: Mapping[TargetId, NotifyBase] = {_target_id(service): service for service in services}
    return {
        target: Target(target, f"{_scheme(service)} {number}/{len(by_id)}", service)
        for number, (target, service) in enumerate(by_id.items(), 1)
    }


def _target_id(service: NotifyBase) -> TargetId:
    return TargetId(hashlib.sha256(service.url(privacy=False).encode()).hexdigest()[:16])


def _scheme(service: NotifyBase) -> str:
    return str(service.url(privacy=True)).partition("://")[0]


def single_targets(service: NotifyBase) -> list[NotifyBase]:
    """Return a copy of a service for each of its targets; the service itself where it has one or can't be taken apart.

    Services keep their targets in lists of different names. Those that matter are found by emptying each: the number
    of targets, which is the service's length, falls.
    """
    number = len(service)
    if number < 2:
        return [service]
    lists = {name: value for name, value in vars(service).items() if isinstance(value, list) and value}
    targets = {name: value for name, value in lists.items() if len(_with(service, {name: []})) < number}
    none: dict[str, list[Any]] = {name: [] for name in targets}
    singles = [_with(service, none | {name: [one]}) for name, value in targets.items() for one in value]
    is_apart = all(len(single) == 1 for single in singles) and len({_target_id(single) for single in singles}) == number
    return singles if is_apart else [service]


def _with(service: NotifyBase, attributes: Mapping[str, list[Any]]) -> NotifyBase:
    changed = copy.copy(service)
    for name, value in attributes.items():
        setattr(changed, name, list(value))
    return changed
