"""All addresses, host by host: many hosts at once, one request at a time to each, with a pause between."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias
from urllib.robotparser import RobotFileParser

import kggraph
from kggraph.config import Settings
from kggraph.links.fetching import Answer, Fetcher, NotReached
from kggraph.links.plan import Host, hosts_of, save
from kggraph.publish.link_checks import DEAD, LinkCheck

Progress: TypeAlias = Callable[[str, int, int], None]

_ROBOT: Final = "kggraph"
_AT_ONCE: Final = 8
"""Hosts that are asked at the same time."""
_GONE: Final = (404, 410)
_REFUSED: Final = (401, 402, 403, 407, 429, 451)
_AGAIN: Final = (429, 500, 502, 503, 504)
_TAKEN_BY_GET: Final = (401, 410, 429)
"""Statuses of HEAD that GET would give as well."""
_LONGEST_PAUSE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Manners:
    """How strangers' servers are asked."""

    delay_s: float = 1.0
    """Seconds between two requests to one host; robots.txt may ask for more."""
    timeout_s: float = 15.0
    retries: int = 2
    """How often an address is asked again when the server is busy or does not answer."""
    allow_private: bool = False
    pause: Callable[[float], object] | None = None
    """Waits for some seconds; when not given, no longer than until the run is stopped."""


def user_agent(settings: Settings) -> str:
    """What servers are told of who asks, with where to complain."""
    contact = f"; mailto:{settings.contact_email}" if settings.contact_email else ""
    return f"{_ROBOT}/{kggraph.__version__} (+{settings.base_uri}about{contact})"


def check_links(
    settings: Settings,
    manners: Manners,
    *,
    older_than_days: int = 7,
    today: date | None = None,
    progress: Progress | None = None,
) -> Counter[str]:
    """Ask every address that was not asked for some days; each host is written when it is done.

    :param older_than_days: addresses that were asked within so many days are left alone, so that a run that was stopped
        goes on where it was.
    :returns: state to number of addresses, those left alone among them.
    :raises SourceError: the data cannot be read.
    """
    day = today or datetime.now(UTC).date()
    hosts = hosts_of(settings)
    fetcher = Fetcher(user_agent(settings), timeout_s=manners.timeout_s, allow_private=manners.allow_private)
    total = sum(len(host.addresses) for host in hosts)
    counts: Counter[str] = Counter()
    done = 0
    stop = threading.Event()

    def check(host: Host) -> list[LinkCheck]:
        checks = HostCheck(host, fetcher, manners, day, older_than_days, stop).run()
        save(settings, host, checks)
        return checks

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = [pool.submit(check, host) for host in hosts]
        try:
            for job in as_completed(jobs):
                checks = job.result()
                counts.update(check.state for check in checks)
                done += len(checks)
                if progress:
                    progress("ask", done, total)
        except BaseException:
            # What each host has said by now is kept.
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return counts


class HostCheck:
    """The addresses of one host, one after another."""

    def __init__(
        self,
        host: Host,
        fetcher: Fetcher,
        manners: Manners,
        day: date,
        older_than_days: int,
        stop: threading.Event,
    ) -> None:
        self.host, self.fetcher, self.manners, self.day = host, fetcher, manners, day
        self.older_than_days = older_than_days
        self.delay_s = manners.delay_s
        self.stop = stop
        self.pause = manners.pause or stop.wait

    def run(self) -> list[LinkCheck]:
        """What is found at each address, or was found before where it was not asked."""
        due = [address for address in self.host.addresses if not self._is_fresh(address)]
        asked = self._ask_all(due) if due and not self.stop.is_set() else []
        found = {**self.host.known, **{check.address: check for check in asked}}
        return [found[address] for address in self.host.addresses if address in found]

    def _is_fresh(self, address: str) -> bool:
        known = self.host.known.get(address)
        if known is None:
            return False
        try:
            return (self.day - date.fromisoformat(known.date)).days < self.older_than_days
        except ValueError:
            return False

    def _ask_all(self, listed: Sequence[str]) -> list[LinkCheck]:
        try:
            rules = self._rules(listed[0])
        except NotReached as error:
            # The server that does not answer for robots.txt is not asked for each of its pages.
            state = DEAD if error.is_gone else "unreachable"
            return [self._found(address, state) for address in listed]
        found: list[LinkCheck] = []
        for address in listed:
            if self.stop.is_set():
                break
            if rules is not None and not rules.can_fetch(_ROBOT, address):
                found.append(self._found(address, "refused"))
                continue
            self.pause(self.delay_s)
            if not self.stop.is_set():
                found.append(self._ask(address))
        return found

    def _rules(self, address: str) -> RobotFileParser | None:
        """What robots.txt allows; nothing when there is none, so all is allowed (RFC 9309)."""
        answer = self.fetcher.robots(address)
        if answer.status >= 500:
            raise NotReached(f"robots.txt gives {answer.status}")
        if answer.status != 200:
            return None
        rules = RobotFileParser()
        rules.parse(answer.body.decode("utf-8", "replace").splitlines())
        asked = rules.crawl_delay(_ROBOT)
        self.delay_s = min(max(self.delay_s, float(asked or 0)), _LONGEST_PAUSE_S)
        return rules

    def _ask(self, address: str) -> LinkCheck:
        """One address, again when the server asks for patience."""
        found = self._found(address, "unreachable")
        for attempt in range(self.manners.retries + 1):
            try:
                found, answer = self._ask_once(address)
            except NotReached as error:
                if error.is_gone:
                    return self._found(address, DEAD)
                answer = Answer(0)
            if answer.status and answer.status not in _AGAIN:
                return found
            if self.stop.is_set():
                break
            if attempt < self.manners.retries:
                self.pause(_patience(answer, self.delay_s * 2 ** (attempt + 1)))
        return found

    def _ask_once(self, address: str) -> tuple[LinkCheck, Answer]:
        followed = None
        try:
            followed = self.fetcher.follow("HEAD", address)
        except NotReached as error:
            if error.is_gone:
                raise
        # Some servers do not know HEAD, or answer it wrongly.
        if followed is None or (followed.answer.status >= 400 and followed.answer.status not in _TAKEN_BY_GET):
            self.pause(self.delay_s)
            followed = self.fetcher.follow("GET", address)
        status = followed.answer.status
        moved = followed.moved_to if status < 400 else ""
        return self._found(address, _state(status, moved), status, moved), followed.answer

    def _found(self, address: str, state: str, status: int | None = None, moved_to: str = "") -> LinkCheck:
        return LinkCheck(address, state, self.day.isoformat(), status, moved_to)


def _state(status: int, moved_to: str) -> str:
    if status in _GONE:
        return DEAD
    if status in _REFUSED:
        return "refused"
    if status >= 400:
        return "unreachable"
    return "moved" if moved_to else "ok"


def _patience(answer: Answer, otherwise_s: float) -> float:
    """Seconds to wait: what the server asks, in seconds or as a date, within reason."""
    asked = answer.retry_after.strip()
    if asked.isdigit():
        return min(float(asked), _LONGEST_PAUSE_S)
    if asked:
        try:
            until = (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return otherwise_s
        return min(max(until, 0.0), _LONGEST_PAUSE_S)
    return min(otherwise_s, _LONGEST_PAUSE_S)
