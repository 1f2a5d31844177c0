"""The page that checks an account, and its endpoint: files in, findings out; nothing is stored."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData, UploadFile

from console.authentication import ActingUser, CurrentUser, require_role
from console.services import Services
from processors.csv_table import CellError, TableError
from processors.influencers.accounts import parse_accounts
from processors.influencers.engagement import parse_posts
from processors.influencers.fake_followers import FakeFollowerModel
from processors.influencers.report import report_on
from processors.influencers.summary import Language
from processors.models.inference import ModelError
from schemas.influencers import InfluencerReport
from stream.stores.accounts import Role

router = APIRouter()

ROLES: tuple[Role, ...] = ("production",)
CHECK_PATH = "/api/influencers"

MAX_REQUEST_BYTES = 900 * 1024
"""Longest request. A file of it stays in memory: the form's parser writes only those above 1 MiB to disk."""

MAX_ACCOUNTS, MAX_POSTS = 5_000, 2_000
"""Lines of the files. The interval of 5,000 followers is as wide as the model's own error allows."""

MAX_FOLLOWERS = 1e9
"""Followers of an account."""

MAX_NAME = 80
"""Letters of a file's name in errors."""


class Checks:
    """Checks one file at a time, so that several don't slow the console down; loads the model with the first."""

    def __init__(self) -> None:
        self._model: FakeFollowerModel | None = None
        self._turn = asyncio.Semaphore(1)

    async def check(
        self, sample: tuple[Path, bytes], posts: tuple[Path, bytes] | None, followers: float | None, language: Language
    ) -> InfluencerReport:
        """Return the findings on a sample of followers and the last posts.

        Raises:
            CellError, TableError: a file can't be used.
            ModelError: the model can't be loaded.
        """
        async with self._turn:
            return await asyncio.to_thread(self._check, sample, posts, followers, language)

    def _check(
        self, sample: tuple[Path, bytes], posts: tuple[Path, bytes] | None, followers: float | None, language: Language
    ) -> InfluencerReport:
        _check_lines(*sample, MAX_ACCOUNTS)
        accounts = parse_accounts(*sample)
        if posts is not None:
            _check_lines(*posts, MAX_POSTS)
        read = parse_posts(*posts) if posts is not None else ()
        self._model = self._model or FakeFollowerModel.load()
        return report_on(accounts, self._model, language, read, followers)


@router.get("/influencers", response_class=HTMLResponse)
async def influencers(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the form; the findings are shown below it, and are gone with the page."""
    require_role(user, *ROLES)
    return services.page(
        request, "influencers/influencers.html", user, state={"max_bytes": MAX_REQUEST_BYTES, "path": CHECK_PATH}
    )


@router.post(CHECK_PATH)
async def check(request: Request, user: ActingUser, services: Services) -> Response:
    """Return the findings on the files of a form: `sample`, and `posts` with `followers`.

    Raises:
        HTTPException: 413 the form is too long; 422 a file can't be used, with its lines; 503 the model is missing.
    """
    require_role(user, *ROLES)
    async with request.form(max_files=2, max_fields=4) as form:
        sample, posts = await _file(form, "sample"), await _file(form, "posts")
        followers = _followers(form)
    if sample is None:
        raise HTTPException(422, "a file with a sample of followers is needed")
    if posts is not None and followers is None:
        raise HTTPException(422, "posts need the number of followers that the account has now")
    language: Literal["en", "es"] = "es" if services.language(request) == "es" else "en"
    try:
        report = await services.part(Checks).check(sample, posts, followers, language)
    except (CellError, TableError) as error:
        raise HTTPException(422, str(error)) from error
    except ModelError as error:
        raise HTTPException(503, str(error)) from error
    return Response(msgspec.json.encode(report), media_type="application/json")


async def _file(form: FormData, name: str) -> tuple[Path, bytes] | None:
    """Return name and bytes of an uploaded file; None where it is empty or missing."""
    part = form.get(name)
    if not isinstance(part, UploadFile) or not part.size:
        return None
    return Path(Path(part.filename or name).name[:MAX_NAME] or name), await part.read()


def _followers(form: FormData) -> float | None:
    """Return the number of followers; None where it is not given.

    Raises:
        HTTPException: 422 it is not a number.
    """
    text = str(form.get("followers") or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 1 <= number <= MAX_FOLLOWERS:
        raise HTTPException(422, "followers must be a number from 1 on")
    return number


def _check_lines(path: Path, data: bytes, most: int) -> None:
    """Check that a file does not have too many lines.

    Raises:
        TableError: it has.
    """
    if (lines := data.count(b"\n")) > most + 1:
        raise TableError(f"{path}: {lines} lines; take at random {most} of them, they say as much")
