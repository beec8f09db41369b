"""Figures for Prometheus, per process: requests, matches, and the jobs that wait or run. The only module of that library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from data.errors import RongcuoError
from data.schema import MatchReport
from data.store.records import JobState
from retrieval.matcher import Matcher
from ui.services.desk import Desk

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STATES: tuple[JobState, ...] = ("queued", "running")


class Metrics:
    """What is counted; each application has its own registry."""

    def __init__(self, desk: Desk) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "rongcuo_requests", "HTTP requests by area, method and status", ("area", "method", "status"), registry=self._registry
        )
        self._latency = Histogram(
            "rongcuo_request_seconds", "Seconds to the end of an answer", ("area",), buckets=_SECONDS, registry=self._registry
        )
        self._matches = Histogram(
            "rongcuo_match_seconds", "Seconds of a match by outcome", ("outcome",), buckets=_SECONDS, registry=self._registry
        )
        self._registry.register(_Jobs(desk))

    def request(self, area: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(area, method, str(status)).inc()
        self._latency.labels(area).observe(seconds)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def counted(self, source: Callable[[], Matcher]) -> Callable[[], Matcher]:
        """Return a source of matchers whose matches are counted; the same matcher gives the same counted one."""
        known: list[tuple[Matcher, Matcher]] = []

        def matcher() -> Matcher:
            found = source()
            if not known or known[0][0] is not found:
                known[:] = [(found, _Counted(found, self._matched))]
            return known[0][1]

        return matcher

    def _matched(self, outcome: str, seconds: float) -> None:
        self._matches.labels(outcome).observe(seconds)


class _Counted(Matcher):
    """A matcher that shares all parts of another one and tells how each match went."""

    def __init__(self, matcher: Matcher, told: Callable[[str, float], None]) -> None:
        self.__dict__.update(matcher.__dict__)  # its parts are large and never change: nothing is built again
        self._told = told

    def match(
        self,
        narrative: str,
        *,
        region: str = "",
        categories: Sequence[str] = (),
        top_k: int | None = None,
        per_headline: int = 0,
        **rest: Any,  # noqa: ANN401  (what the matcher takes beside, passed on as it is)
    ) -> MatchReport:
        start, outcome = time.perf_counter(), "failed"
        try:
            report = super().match(
                narrative, region=region, categories=categories, top_k=top_k, per_headline=per_headline, **rest
            )
            outcome = "abstained" if report.abstained else "suggested"
        except RongcuoError:
            outcome = "refused"
            raise
        else:
            return report
        finally:
            self._told(outcome, time.perf_counter() - start)


class _Jobs(Collector):
    """Waiting and running jobs, asked of the store when somebody looks; nothing where it does not answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def describe(self) -> Iterator[Metric]:
        """Return the shape, so that registering asks nothing of the store."""
        yield GaugeMetricFamily("rongcuo_jobs", "Jobs in the store by state", labels=["state"])

    def collect(self) -> Iterator[Metric]:
        """Return the figures."""
        family = GaugeMetricFamily("rongcuo_jobs", "Jobs in the store by state", labels=["state"])
        try:
            with self._desk.store.read() as work:
                for state in _STATES:
                    family.add_metric([state], len(work.jobs.listing(states=(state,), limit=1000)))
        except RongcuoError:
            return
        yield family
