"""Login, logout, and the choice of a language."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from console.authentication import SESSION_COOKIE, CurrentUser, User, is_encrypted
from console.requests import request_origin
from console.services import LANGUAGE_COOKIE, ConsoleServices, Services
from console.sessions import session_seconds
from stream.stores import audit
from stream.stores.accounts import Account

router = APIRouter()

LANGUAGE_SECONDS = 365 * 24 * 3600


def local_path(path: str) -> str:
    r"""Return a path of the console; an address that leads elsewhere becomes the first page.

    >>> local_path("/support?q=a"), local_path("//evil.example"), local_path("https://evil.example")
    ('/support?q=a', '/', '/')
    >>> local_path("/\\evil.example")
    '/'
    """
    is_local = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_local else "/"


@router.get("/login")
async def login_page(request: Request, services: Services, next: str = "/") -> Response:
    """Show the login form; a user who is logged in is led on."""
    if await services.authenticator.authenticate(request) is not None:
        return RedirectResponse(local_path(next), 303)
    no_accounts = not await services.accounts.all()
    return _form(request, services, next, no_accounts=no_accounts)


@router.post("/login")
async def login(
    request: Request,
    services: Services,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=1_000)],
    next: Annotated[str, Form(max_length=2_000)] = "/",
) -> Response:
    """Check a password; a wrong name and a wrong password get the same answer."""
    name = name.strip().lower()
    origin = request_origin(request)
    if wait := await services.login_limit.wait_seconds(name, origin):
        await audit.record(services.redis, name, "login-refused", origin=origin)
        page = _form(request, services, next, name=name, error="login_wait", status_code=429)
        page.headers["Retry-After"] = str(wait)
        return page
    account = await services.accounts.authenticate(name, password)
    if account is None:
        await audit.record(services.redis, name, "login-failed", origin=origin)
        return _form(request, services, next, name=name, error="login_wrong", status_code=401)
    await services.login_limit.forget(name, origin)
    await audit.record(services.redis, name, "login", origin=origin)
    response = RedirectResponse(_first_page(services, local_path(next), account), 303)
    response.set_cookie(
        SESSION_COOKIE,
        await services.sessions.open(account),
        max_age=session_seconds(account),
        httponly=True,
        samesite="lax",
        secure=is_encrypted(request),
    )
    return response


@router.post("/logout")
async def logout(
    request: Request, services: Services, user: CurrentUser, csrf: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """End the session."""
    if not secrets.compare_digest(csrf.encode(), user.csrf.encode()):
        raise HTTPException(403, "this did not come from a page of the console; load the page again")
    if cookie := request.cookies.get(SESSION_COOKIE):
        await services.sessions.end(cookie)
        await audit.record(services.redis, user.name, "logout")
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/language/{language}")
async def set_language(services: Services, language: str, next: str = "/") -> Response:
    """Remember the language in this browser."""
    if language not in services.words:
        raise HTTPException(404, f"there are no pages in {language!r}; there are {' and '.join(services.words)}")
    response = RedirectResponse(local_path(next), 303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=LANGUAGE_SECONDS, httponly=True, samesite="lax")
    return response


@router.get("/api/visitor")
async def current_user(user: CurrentUser) -> dict[str, str]:
    """Return who is logged in; a page finds out here that its session has ended."""
    return {"name": user.name}


def _form(
    request: Request,
    services: ConsoleServices,
    next: str,
    *,
    name: str = "",
    error: str = "",
    no_accounts: bool = False,
    status_code: int = 200,
) -> Response:
    return services.page(
        request, "login.html", None, status_code=status_code,
        next=local_path(next), error=error, no_accounts=no_accounts, tried=name,
    )  # fmt: skip


def _first_page(services: ConsoleServices, path: str, account: Account) -> str:
    """Return the page that a login leads to: the requested one, else the home of the account's only role."""
    if path != "/":
        return path
    user = User(account.name, frozenset(account.roles), account.bars)
    homes = [entry.path for entry in services.navigation(user) if account.roles == (entry.home_of,)]
    return homes[0] if homes else path
