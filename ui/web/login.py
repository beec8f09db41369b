"""Signing in and out, and changing one's password, with lock-out.

Wrong passwords for a name that exists stand in the audit trail: they are counted over all processes and over restarts, and
end with a login or with any change of the account by an administrator. Wrong passwords from one address, and for names that
do not exist (which look the same from outside), are counted in the memory of the process. What was typed as an unknown name
is recorded nowhere: it may be a password.
"""

from __future__ import annotations

import hashlib
import secrets

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from data.store.records import User
from data.store.store import Work, utc_now
from data.store.users import user_name
from ui.services.access import LOCAL, Person
from ui.services.desk import Desk
from ui.services.passwords import is_password
from ui.services.users import change_own_password
from ui.web.auth import NotSignedIn, TooManyTries, token_hash
from ui.web.settings import WebSettings

__all__ = ["Door"]

FAILED = "login.fail"
_ENDS = frozenset({"session.open", "user.change", "user.add"})  # rows after which earlier failures no longer count
_WHO = "登录页"


class Door:
    """Logins of one process."""

    def __init__(self, desk: Desk, settings: WebSettings) -> None:
        self._desk = desk
        self._settings = settings
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        window = int(settings.window.total_seconds())
        self._per_address = RateLimitItemPerSecond(settings.address_failures, window, "address")
        self._per_name = RateLimitItemPerSecond(settings.failures, window, "name")

    def sign_in(self, name: str, password: str, *, address: str, old: str = "") -> str:
        """Open a session and return its new token; the session of the token `old` ends, so nobody can prepare one beforehand.

        Raises NotSignedIn for a wrong name or password (which of them is not told) and TooManyTries.
        """
        user = self._verified(user_name(name), password, address)
        with self._desk.store.begin(user.name) as work:
            self._refuse_locked(work, user.name)  # again: of many tries at once only so many are answered
            work.sessions.purge()
            return self._open(work, user.name, old)

    def change_password(self, person: Person, old: str, new: str, *, address: str) -> str:
        """Change a person's own password, end all their sessions and return the token of a new one.

        Raises as `sign_in`, and InputError where the new password is too weak.
        """
        self._verified(person.name, old, address)
        change_own_password(self._desk, person, new)
        with self._desk.store.begin(person.name) as work:
            return self._open(work, person.name, "")

    def sign_out(self, person: Person, token: str) -> None:
        """End the session of this token."""
        with self._desk.store.begin(person.name) as work:
            work.sessions.close(token_hash(token))

    def _verified(self, name: str, password: str, address: str) -> User:
        self._refuse_busy(name, address)
        with self._desk.store.read() as work:
            user = work.users.find(name)
            if user is not None:
                self._refuse_locked(work, user.name)
        usable = user is not None and not user.disabled and user.name != LOCAL
        if is_password(user.password_hash if user and usable else "", password) and user:
            return user
        self._count(name, address, user)
        raise NotSignedIn("用户名或口令不对，请再试一次。")

    def _open(self, work: Work, name: str, old: str) -> str:
        if old:
            work.sessions.close(token_hash(old))
        token = secrets.token_urlsafe(32)
        expires = utc_now() + self._settings.session
        work.sessions.open(token_hash(token), user=name, csrf=secrets.token_urlsafe(32), expires=expires)
        return token

    def _count(self, name: str, address: str, user: User | None) -> None:
        self._limiter.hit(self._per_address, address)
        if user is None:
            self._limiter.hit(self._per_name, _key(name))
            return
        with self._desk.store.begin(_WHO) as work:
            self._refuse_locked(work, user.name)
            work.audit.note(FAILED, f"user:{user.name}")

    def _refuse_busy(self, name: str, address: str) -> None:
        if not self._limiter.test(self._per_address, address):
            raise TooManyTries(f"这个网络地址上登录失败的次数太多，请 {self._minutes} 分钟后再试。")
        if not self._limiter.test(self._per_name, _key(name)):
            raise self._locked()

    def _refuse_locked(self, work: Work, name: str) -> None:
        since = utc_now() - self._settings.window
        if work.audit.count(FAILED, f"user:{name}", since=since, ends=_ENDS) >= self._settings.failures:
            raise self._locked()

    def _locked(self) -> TooManyTries:
        failed = f"连续 {self._settings.failures} 次口令不对，这个用户名暂时不能登录"
        return TooManyTries(f"{failed}，请 {self._minutes} 分钟后再试，或请管理员重设口令。")

    @property
    def _minutes(self) -> int:
        return max(1, round(self._settings.window.total_seconds() / 60))


def _key(name: str) -> str:
    """Return what stands for a name in memory: it may be a password that was typed into the wrong box."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
