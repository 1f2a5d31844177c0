"""Which value of which result each rule watches, and what it tells people, in Spanish and English."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from processors.alerts.crowd_rules import Watched, blindness, watched
from processors.alerts.stock_notices import count_text, fetch_text
from schemas.alerts import Observation
from schemas.attendance import VenueOccupancy
from schemas.bars import DemandForecast
from schemas.crowd import CrowdCount
from schemas.fields import identifier
from schemas.music import MusicTags
from schemas.social import PostReading
from schemas.support import SupportTriage
from schemas.venue import Venue
from schemas.violence import ViolenceScore

Result = CrowdCount | ViolenceScore | DemandForecast | SupportTriage | PostReading | MusicTags | VenueOccupancy


class Watch(Struct, frozen=True):
    """Turns results into observations for one venue."""

    venue: Venue

    def observations(self, result: Result) -> list[Observation]:
        """Every value of one result that some rule watches; ids derive from the event, so a retry repeats them."""
        return list(self._values(result))

    def _values(self, result: Result) -> Iterator[Observation]:
        match result:
            case CrowdCount():
                yield from self._crowd(result)
            case ViolenceScore():
                yield from self._violence(result)
            case DemandForecast():
                yield from self._demand(result)
            case SupportTriage():
                yield from self._support(result)
            case PostReading():
                yield from self._posts(result)
            case MusicTags():
                yield from self._music(result)
            case VenueOccupancy():
                yield from self._occupancy(result)

    def _crowd(self, count: CrowdCount) -> Iterator[Observation]:
        blind = blindness(count.camera, count.blind)
        yield _crowd_observation(blind, count.camera, count)
        for seen in count.zones:
            # Two cameras on one zone are two subjects: no average over cameras or zones ever hides one.
            subject = f"{seen.zone}/{count.camera}"
            for one in watched(seen, self.venue):
                yield _crowd_observation(one, f"{subject}/{one.subject}" if one.subject else subject, count)

    def _occupancy(self, occupancy: VenueOccupancy) -> Iterator[Observation]:
        if self.venue.capacity is not None:
            yield _observation(
                "venue-capacity", occupancy.venue, occupancy.event_id, occupancy.time,
                occupancy.persons / self.venue.capacity,
                es=f"Recinto: {occupancy.persons:.0f} personas, aforo {self.venue.capacity}.",
                en=f"Venue: {occupancy.persons:.0f} people, capacity {self.venue.capacity}.",
            )  # fmt: skip

    @staticmethod
    def _violence(score: ViolenceScore) -> Iterator[Observation]:
        where = score.zone or score.camera
        observation = _observation(
            "violence", score.camera, score.event_id, score.time, score.probability,
            es=f"Posible pelea en {where} (cámara {score.camera}): mire la imagen.",
            en=f"Possible fight at {where} (camera {score.camera}): look at the picture.",
        )  # fmt: skip
        yield replace(observation, evidence=score.evidence)

    def _demand(self, forecast: DemandForecast) -> Iterator[Observation]:
        bar = next((bar for bar in self.venue.bars if bar.id == forecast.bar), None)
        known = {product.id: product for product in bar.products} if bar else {}
        zone, rule = ZoneInfo(self.venue.timezone), self.venue.rules["stock-out"]
        hold = (rule.raise_at + rule.clear_at) / 2
        for product in forecast.products:
            if product.run_out_probability is None:
                continue
            subject = f"{forecast.bar}/{product.product}"
            value = product.run_out_probability
            if product.coming and not product.fetch:
                value = 0.0  # somebody is on the way
            elif product.along or not product.fetch:
                value = min(value, hold)  # not worth a trip now: nothing new, and nothing that is open goes yet
            observation = _observation(
                "stock-out", subject, forecast.event_id, forecast.time, value,
                **fetch_text(forecast, product, known, zone),
            )  # fmt: skip
            yield replace(observation, amount=product.fetch, source=product.fetch_from if product.fetch else None)
            yield _observation(
                "stock-count", subject, forecast.event_id, forecast.time, 1.0 if product.oversold else 0.0,
                **count_text(forecast, product, known),
            )  # fmt: skip

    @staticmethod
    def _support(mail: SupportTriage) -> Iterator[Observation]:
        if mail.priority == "urgent":
            yield _observation(
                "mail-urgent", mail.message, mail.event_id, mail.time, 1.0,
                es=f"Correo urgente: {mail.summary}", en=f"Urgent mail: {mail.summary}",
            )  # fmt: skip
        if mail.cluster is not None:
            yield _observation(
                "mail-surge", mail.cluster, mail.event_id, mail.time, mail.surge,
                es=f"«{mail.cluster_label}»: {mail.cluster_size} correos, {mail.surge:.0f} veces lo normal.",
                en=f"“{mail.cluster_label}”: {mail.cluster_size} mails, {mail.surge:.0f} times the usual pace.",
            )  # fmt: skip

    @staticmethod
    def _posts(post: PostReading) -> Iterator[Observation]:
        if not post.subject:
            return  # about nothing that could be named to anybody
        now, usual, posts = 100 * post.negative_share, 100 * post.usual_share, post.posts
        about = {language: post.names.get(language, post.subject) for language in ("es", "en")}
        yield _observation(
            "posts-negative", post.subject, post.event_id, post.time, post.change,
            es=f"Redes: «{about['es']}», {now:.0f} % de las publicaciones son negativas (lo normal {usual:.0f} %; "
            f"{posts:.0f} en un cuarto de hora).",
            en=f"Social: “{about['en']}”, {now:.0f} % of the posts are negative (usually {usual:.0f} %; "
            f"{posts:.0f} within a quarter of an hour).",
        )  # fmt: skip

    @staticmethod
    def _music(tags: MusicTags) -> Iterator[Observation]:
        yield _observation(
            "stage-silent", tags.stage, tags.event_id, tags.time, 1.0 if tags.silent else 0.0,
            es=f"Escenario {tags.stage}: {'sin sonido' if tags.silent else 'vuelve el sonido'}.",
            en=f"Stage {tags.stage}: {'no sound' if tags.silent else 'sound is back'}.",
        )  # fmt: skip


def _observation(rule: str, subject: str, event_id: str, time: datetime, value: float, **text: str) -> Observation:
    return Observation(
        id=identifier(f"{event_id}#{rule}"),
        key=identifier(f"{rule}/{subject}"),
        rule=rule,
        subject=identifier(subject),
        time=time,
        value=value,
        text=text,
    )


def _crowd_observation(one: Watched, subject: str, count: CrowdCount) -> Observation:
    observation = _observation(one.rule, subject, count.event_id, count.time, one.value, es=one.es, en=one.en)
    return replace(observation, evidence=count.evidence)
