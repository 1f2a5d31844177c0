"""Login, logout, and the choice of a language."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from console.authentication import COOKIE, Visitor, asking
from console.language import LANGUAGES
from console.services import LANGUAGE_COOKIE, House, house, pages_of
from console.sessions import SESSION_SECONDS
from stream.stores import audit

router = APIRouter()
Parts = Annotated[House, Depends(house)]


def inside(path: str) -> str:
    """A path of the console; what leads elsewhere becomes the first page.

    >>> inside("/support?q=a"), inside("//evil.example"), inside("https://evil.example"), inside("/\\\\evil.example")
    ('/support?q=a', '/', '/', '/')
    """
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else "/"


@router.get("/login")
async def login_page(request: Request, parts: Parts, next: str = "/") -> Response:
    """The form; whoever is in already goes on."""
    if await parts.door.visitor(request) is not None:
        return RedirectResponse(inside(next), 303)
    nobody = not await parts.accounts.all()
    return parts.page(request, "login", None, next=inside(next), error="", nobody=nobody, tried="")


@router.post("/login")
async def login(
    request: Request,
    parts: Parts,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=1_000)],
    next: Annotated[str, Form(max_length=2_000)] = "/",
) -> Response:
    """Check the password; says the same for a wrong name and a wrong password."""
    name = name.strip().lower()
    origin = request.client.host if request.client else ""
    if wait := await parts.limit.wait_seconds(name, origin):
        await audit.record(parts.redis, name, "login-refused", origin=origin)
        page = parts.page(request, "login", None, next=inside(next), error="login_wait", nobody=False, tried=name)
        page.status_code = 429
        page.headers["Retry-After"] = str(wait)
        return page
    account = await parts.accounts.verified(name, password)
    if account is None:
        await audit.record(parts.redis, name, "login-failed", origin=origin)
        page = parts.page(request, "login", None, next=inside(next), error="login_wrong", nobody=False, tried=name)
        page.status_code = 401
        return page
    await parts.limit.forget(name, origin)
    await audit.record(parts.redis, name, "login", origin=origin)
    response = RedirectResponse(_home(inside(next), account.roles, account.bars, parts), 303)
    response.set_cookie(
        COOKIE,
        await parts.sessions.open(account),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
async def logout(
    request: Request,
    parts: Parts,
    visitor: Annotated[Visitor, Depends(asking)],
    csrf: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """End the session."""
    if not secrets.compare_digest(csrf.encode(), visitor.csrf.encode()):
        raise HTTPException(403, "this did not come from a page of the console; load the page again")
    if cookie := request.cookies.get(COOKIE):
        await parts.sessions.end(cookie)
        await audit.record(parts.redis, visitor.name, "logout")
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/language/{language}")
async def choose(language: str, next: str = "/") -> Response:
    """Remember the language in this browser."""
    if language not in LANGUAGES:
        raise HTTPException(404, f"there are {' and '.join(LANGUAGES)}")
    response = RedirectResponse(inside(next), 303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 24 * 3600, httponly=True, samesite="lax")
    return response


@router.get("/api/visitor")
async def who(visitor: Annotated[Visitor, Depends(asking)]) -> dict[str, str]:
    """Who asks: how a page finds out that its session has ended."""
    return {"name": visitor.name}


def _home(path: str, roles: tuple[str, ...], bars: tuple[str, ...], parts: House) -> str:
    """Where somebody belongs who asked for nothing in particular."""
    if path != "/":
        return path
    if roles == ("bar",):
        visitor = Visitor("", frozenset({"bar"}), bars)
        return next((page for page, word, _ in pages_of(visitor, parts.venue) if word == "bar"), "/")
    return "/support" if roles == ("support",) else "/"
