"""Every operation that the API describes, with what fits the description and what does not, as its reader would send it."""

import time
from contextlib import suppress
from itertools import cycle

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.api.conftest import STORY
from tests.api.test_routes_cases import decisions, new_case, step
from ui.services import tokens

SECONDS = 60
EXAMPLES = 20
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
# an id or a region that fits the description need not exist
EXCLUDED = [positive_data_acceptance]


@pytest.fixture
def existing(client_of, desk, people):
    """Ids of things that are there, by the name of the path's parameter."""
    inspector, reviewer = client_of("inspector"), client_of("reviewer")
    claimed = step(reviewer, step(inspector, new_case(inspector), "submit"), "claim")
    saved = {"version": claimed["version"], "decisions": decisions(claimed)}
    reviewer.post(f"/api/v1/cases/{claimed['id']}/reviews", json=saved)
    job = reviewer.post("/api/v1/batches", json={"rows": [{"id": "1", "text": STORY}]}).json()
    return {
        "case_id": [claimed["id"], new_case(reviewer)["id"]],
        "job_id": [job["id"]],
        "clause_id": ["shandong-2019/art13.p1.i6", claimed["report"]["result"]["matches"][0]["clause_id"]],
        "token_id": [tokens.create(desk, people["reviewer"], name="另一个").token.id],
    }


class TimeOver(Exception):
    pass


def explore(operation, mode, seconds, call):
    """Send what hypothesis thinks of until the time is over, at least one of it; return how much that was."""
    end, sent = time.monotonic() + seconds, []

    @SETTINGS
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case):
        if sent and time.monotonic() > end:
            raise TimeOver
        sent.append(case)
        call(case)

    with suppress(TimeOver):
        check()
    return len(sent)


def test_no_operation_breaks_its_description(app, bearer, existing):
    headers = {"Authorization": bearer("reviewer")["authorization"]}  # as the description spells it, or it is taken for none
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 30
    turns, statuses = cycle((True, False)), set()

    def fitting(case):
        if next(turns):  # what exists is reached deeper than what does not
            case.path_parameters.update({name: existing[name][0] for name in case.path_parameters if name in existing})
        statuses.add(case.call_and_validate(headers=headers, excluded_checks=EXCLUDED).status_code)

    def unfitting(case):
        statuses.add(case.call_and_validate(headers=headers, excluded_checks=EXCLUDED).status_code)

    share = SECONDS / len(operations) / 2
    for operation in operations:
        assert explore(operation, GenerationMode.POSITIVE, share, fitting)
        try:
            explore(operation, GenerationMode.NEGATIVE, share, unfitting)
        except Unsatisfiable:
            assert not operation.body and not list(operation.iter_parameters()), "everything else can be sent wrong"
    assert {200, 201, 400, 403, 404, 422} <= statuses
