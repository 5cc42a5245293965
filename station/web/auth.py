"""Who is at the screen: sessions behind signed cookies, and the guard that every request passes.

Whatever is not named in WHO is nobody's. Cookies are HttpOnly and SameSite=Strict; a form carries a token that only a
page of ours could know; requests from other pages are refused by their Origin, and for other host names by their Host.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from itsdangerous import BadSignature, Signer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from station.accounts import Accounts
from station.errors import AccountError
from station.people import Person, Role
from station.web import language

log = logging.getLogger(__name__)

MOUNTED = ("/static", "/explore")  # who may these, may all below them
SESSION, VISIT = "session", "visit"  # cookies: who is signed in; who is about to
API = "/api/"  # below it a machine may call, by its token
HEADER = "x-token"  # carries what a form carries, where a page's script calls the API
SHIFT = 8 * 3600.0  # seconds that a session lasts at the most
MOST_SESSIONS = 200
WATCHED = 1.0  # seconds between two looks whether who is signed in still may be
LONGEST_BODY = 4096  # bytes; a form of ours has a few hundred
TRIES, PER = 20, 60.0  # refused sign-ins in so many seconds, by all together: each costs a hash and an event

EVERYBODY = frozenset(Role)
RUNS = frozenset({Role.OPERATOR, Role.SUPERVISOR})  # orders, and what is made of them
ANSWERS = frozenset({Role.SUPERVISOR})  # for what is shipped
EXPLORES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})  # the log, in SQL
KEEPS = frozenset({Role.SUPERVISOR, Role.TECHNICIAN})  # the station in order
RULES = frozenset({Role.ADMINISTRATOR})  # over accounts
READS = frozenset({Role.SUPERVISOR, Role.TECHNICIAN, Role.ADMINISTRATOR})  # the log
TENDS = frozenset({Role.TECHNICIAN})  # light and camera
OPEN: frozenset[Role] = frozenset()  # also to who is not signed in
WHO: Mapping[tuple[str, str], frozenset[Role]] = {
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("GET", "/static"): OPEN,  # and all below it: looks and scripts, nothing of the station
    ("POST", "/language"): OPEN,
    ("GET", "/health/live"): OPEN,  # these three to this computer alone; see probes.py
    ("GET", "/health/ready"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/"): EVERYBODY,
    ("POST", "/sign-out"): EVERYBODY,
    ("GET", "/operator"): EVERYBODY,
    ("POST", "/bench"): EVERYBODY,  # of a demo; a real station has none
    ("GET", "/live"): EVERYBODY,
    ("GET", "/live.jpg"): EVERYBODY,
    ("GET", "/orders"): EVERYBODY,
    ("POST", "/orders"): RUNS,
    ("GET", "/order"): EVERYBODY,
    ("POST", "/order/close"): RUNS,
    ("POST", "/verify"): EVERYBODY,
    ("GET", "/part"): EVERYBODY,
    ("POST", "/part/bin"): RUNS,
    ("POST", "/part/disagree"): RUNS,
    ("GET", "/bypass"): ANSWERS,
    ("POST", "/bypass"): ANSWERS,
    ("GET", "/pin"): EVERYBODY,
    ("POST", "/pin"): EVERYBODY,
    ("GET", "/people"): RULES,
    ("POST", "/people/add"): RULES,
    ("POST", "/people/role"): RULES,
    ("POST", "/people/pin"): RULES,
    ("POST", "/people/badge"): RULES,
    ("POST", "/people/disable"): RULES,
    ("GET", "/api/openapi.json"): EVERYBODY,
    ("GET", "/api/state"): EVERYBODY,
    ("POST", "/api/order"): RUNS,
    ("POST", "/api/order/close"): RUNS,
    ("POST", "/api/trigger"): RUNS,
    ("GET", "/api/inspection"): EVERYBODY,
    ("GET", "/api/inspections"): EVERYBODY,
    ("GET", "/judged.jpg"): EVERYBODY,
    ("GET", "/reference.png"): EVERYBODY,
    ("GET", "/records"): READS,
    ("GET", "/rejects"): READS,
    ("GET", "/record"): READS,
    ("GET", "/picture"): READS,
    ("POST", "/record/release"): ANSWERS,
    ("POST", "/record/escape"): ANSWERS,
    ("GET", "/explained.png"): READS,
    ("GET", "/alerts"): READS,
    ("POST", "/alerts/acknowledge"): KEEPS,
    ("GET", "/bundles"): READS,
    ("POST", "/bundles/propose"): TENDS,
    ("POST", "/bundles/approve"): ANSWERS,
    ("POST", "/bundles/refuse"): ANSWERS,
    ("GET", "/keeping"): READS,
    ("POST", "/keeping"): ANSWERS,
    ("GET", "/explore"): EXPLORES,  # and all below it
    ("GET", "/certificate"): READS,
    ("GET", "/certificate/file"): READS,
    ("GET", "/certificate/progress"): READS,
    ("GET", "/figures"): READS,
    ("GET", "/export"): READS,
    ("GET", "/export/making"): READS,
    ("GET", "/export/progress"): READS,
    ("GET", "/proof"): READS,
    ("GET", "/proof/progress"): READS,
    ("POST", "/proof"): READS,
    ("GET", "/calibrations"): READS,
    ("GET", "/calibration"): READS,
    ("GET", "/calibration/picture"): READS,
    ("GET", "/calibration/compare"): READS,
    ("POST", "/calibration/use"): TENDS,
    ("GET", "/trend"): READS,
    ("GET", "/study"): READS,
    ("POST", "/study"): TENDS,
    ("GET", "/study/now"): READS,
    ("POST", "/study/on"): TENDS,
    ("POST", "/study/take"): TENDS,
    ("POST", "/study/back"): TENDS,
    ("POST", "/study/leave"): TENDS,
    ("GET", "/study/report"): READS,
    ("GET", "/calibrate"): TENDS,
    ("GET", "/calibrate/now"): TENDS,
    ("POST", "/calibrate/begin"): TENDS,
    ("POST", "/calibrate/do"): TENDS,
    ("GET", "/camera"): TENDS,
    ("POST", "/camera"): TENDS,
    ("GET", "/camera/now"): TENDS,
    ("GET", "/camera.jpg"): TENDS,
    ("GET", "/camera/snapshot"): TENDS,
}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in, until `ends` (seconds of the sessions' clock)."""

    person: Person
    cookie: str
    ends: float


class Sessions:
    """Who is signed in. They end with the shift and with the station: nothing of them is on disk."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts, self._clock = accounts, clock
        self._signer = Signer(secrets.token_bytes(32), digest_method="sha256", key_derivation="hmac")
        self._secret = secrets.token_bytes(32)
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._refused: deque[float] = deque(maxlen=TRIES)
        self.visitor: Session | None = None  # as whom a demo signs everybody in
        self._at_stage: Session | None = None

    def sign_in(self, name: str, pin: str, badge: str = "", at_stage: bool = True) -> Session:
        """By badge, where there is one, else by name and PIN; `at_stage`: at the station's own screen.

        Raises AccountError, a sentence, for who may not come in.
        """
        with self._tried():
            person = self._accounts.sign_in_by_badge(badge) if badge else self._accounts.sign_in(name, pin)
        session = self._begin(person)
        if at_stage:
            self._at_stage = session
        return session

    def confirm(self, session: Session, pin: str, what: str) -> None:
        """Who is signed in gives the PIN once more, before something that weighs. Raises AccountError."""
        if session is not self.visitor:  # who visits a demo has none
            with self._tried():
                self._accounts.confirm(session.person.name, pin, what)

    def machine(self, token: str) -> Session | None:
        """The session of a machine, for one request."""
        person = self._accounts.by_token(token)
        return Session(person, "", self._clock()) if person is not None else None

    def at_work(self) -> str:
        """Who signed in last at the station's own screen, and is signed in still; empty when nobody is. Never waits."""
        session = self.visitor or self._at_stage
        if session is None or (session is not self.visitor and not self._is_open(session)):
            return ""
        return session.person.name

    def _is_open(self, session: Session) -> bool:
        return session.cookie in self._open and self._clock() < session.ends

    @contextmanager
    def _tried(self) -> Iterator[None]:
        """A try at a PIN or badge; refused ones come to an end for all together."""
        if len(self._refused) == TRIES and self._clock() - self._refused[0] < PER:
            raise AccountError("Too many sign-ins were refused at this station; wait a minute.")
        try:
            yield
        except AccountError:
            self._refused.append(self._clock())
            raise

    def welcome(self, person: Person) -> None:
        """From now on everybody who comes is signed in as this person, for a demo. Raises AccountError."""
        self._accounts.note(
            "sign_in", f"Every visitor is signed in as {person.name}", person.name, role=person.role.value, demo=True
        )
        self.visitor = Session(person, self.new_cookie(), float("inf"))

    def sign_out(self, session: Session) -> None:
        """The cookie is worth nothing any more."""
        if self._open.pop(session.cookie, None):
            self._accounts.note("sign_out", f"{session.person.name} has signed out", session.person.name)

    def find(self, cookie: str) -> Session | None:
        """The session of this cookie, if it is ours, not over, and its person still enabled."""
        if self.visitor is not None:
            return self.visitor
        session = self._open.get(cookie) if self.is_ours(cookie) else None
        if session is None:
            return None
        if self._clock() >= session.ends or self._accounts.find(session.person.name) != session.person:
            self._open.pop(cookie, None)
            return None
        return session

    def close_strangers(self) -> None:
        """End the sessions of who is not any more what they signed in as: nobody else does, where no page is asked for.

        Never in the loop: it reads the accounts. Raises AccountError where they cannot be read.
        """
        for cookie in list(self._open):
            self.find(cookie)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Have a thread look after that as long as this lasts, so that `at_work` tells the loop the truth."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(WATCHED):
                try:
                    self.close_strangers()
                except Exception as trouble:  # it looks again: a thread that has died would close none any more
                    log.warning("the sessions could not be held against the accounts: %s", trouble)

        thread = threading.Thread(target=watch, name="sessions", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def names(self) -> list[str]:
        """Whom the sign-in offers."""
        return [person.name for person in self._accounts.people() if person.is_enabled and not person.is_machine]

    def new_cookie(self) -> str:
        """A random name, signed."""
        return self._signer.sign(secrets.token_urlsafe(24)).decode()

    def is_ours(self, cookie: str) -> bool:
        """Whether we have signed it."""
        try:
            self._signer.unsign(cookie)
        except BadSignature:
            return False
        return True

    def token(self, cookie: str) -> str:
        """What a form carries that was written for the holder of this cookie."""
        return hmac.digest(self._secret, cookie.encode(), "sha256").hex()

    def fits(self, cookie: str, token: str) -> bool:
        """Whether a form was written for the holder of this cookie."""
        return self.is_ours(cookie) and hmac.compare_digest(self.token(cookie).encode(), token.encode())

    def _begin(self, person: Person) -> Session:
        session = Session(person, self.new_cookie(), self._clock() + SHIFT)
        self._open[session.cookie] = session
        while len(self._open) > MOST_SESSIONS:
            self._open.popitem(last=False)
        return session


class Guard:
    """Every request passes here first. `hosts` are the names under which the station may be called."""

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: frozenset[str]) -> None:
        self._app, self._sessions, self._hosts = app, sessions, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                # a mounted application may write them large, and then ours would stand beside its own
                message["headers"] = [(name.lower(), value) for name, value in message.get("headers", [])]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._improper(scope) or await self._unwelcome(scope)
        await (refusal or self._app)(scope, receive, dressed)

    def _improper(self, scope: Scope) -> Response | None:
        """What no page of ours asks for."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _hostname(host) not in self._hosts:
            return _refusal(400, language.text("This station is not called so."))
        if scope["method"] not in ("GET", "POST"):
            return _refusal(405, language.text("A page is read or a form is sent; nothing else."))
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdecimal() or int(length) > LONGEST_BODY:
            return _refusal(413, language.text("That is longer than any form of this station."))
        is_foreign = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        if scope["method"] == "POST" and (is_foreign or not _is_ours(headers.get("origin"), host)):
            return _refusal(403, language.text("A form of another page is not taken."))
        return None

    async def _unwelcome(self, scope: Scope) -> Response | None:
        """Who may not do this; leaves the session in the scope."""
        path = scope["path"]
        session = scope["session"] = await run_in_threadpool(self._session, Headers(scope=scope), path)
        above = next((each for each in MOUNTED if path.startswith(f"{each}/")), path)
        roles = WHO.get((scope["method"], above))
        if roles is OPEN:
            return None
        if session is None:
            if scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", ""):
                return RedirectResponse("/sign-in", 303)
            return _refusal(401, language.text("Sign in first."))
        if roles is None:
            return _refusal(404, language.text("There is no such page."))
        if session.person.role not in roles:
            role = language.text(session.person.role)
            return _refusal(403, language.text("This is not for the {role}.").format(role=role))
        needs_token = path.startswith(API) and scope["method"] == "POST" and session.cookie
        if needs_token and not self._sessions.fits(session.cookie, Headers(scope=scope).get(HEADER, "")):
            sentence = language.text("A page calls the API with its token in the header {name}.")
            return _refusal(403, sentence.format(name=HEADER))
        return None

    def _session(self, headers: Headers, path: str) -> Session | None:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if path.startswith(API) and kind.lower() == "bearer":
            return self._sessions.machine(token.strip())
        return self._sessions.find(cookie_of(headers, SESSION))


def is_at_stage(request: Request) -> bool:
    """Whether a request comes from this computer, and not through a proxy on it."""
    is_near = request.client is not None and request.client.host in ("127.0.0.1", "::1")
    return is_near and not {"forwarded", "x-forwarded-for"} & set(request.headers.keys())


def _hostname(host: str) -> str | None:
    """The name in a Host header, without its port; None where it has none. Whoever calls may write anything there."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:  # a bracket that is not closed, for one
        return None


def _is_ours(origin: str | None, host: str) -> bool:
    """Whether a form comes from a page of this host, over TLS where a proxy adds it."""
    return origin is None or origin in (f"http://{host}", f"https://{host}")


def cookie_of(headers: Headers, name: str) -> str:
    """The cookie of this name; empty where there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _refusal(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status)
