from uuid import UUID

import pytest

from coordination.web.contexts.run_place import Place

RUN = UUID("0192f000-0000-7000-8000-000000000000")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({}, Place(RUN)),
        ({"tab": "nowhere", "at": "-3", "state": "odd"}, Place(RUN)),
        ({"tab": "audit", "at": "12"}, Place(RUN, tab="audit", at=12)),
        ({"step": "score[3]", "state": "failed", "page": "2"}, Place(RUN, "steps", "score[3]", "failed", "2")),
        ({"at": "9" * 50}, Place(RUN)),
    ],
)
def test_an_address_is_read_as_far_as_it_means_something(query, place):
    assert Place.read(RUN, query) == place


def test_an_address_keeps_the_moment_but_not_the_page():
    place = Place(RUN, "steps", "score", "failed", "3", 12)
    assert place.on_tab("audit") == f"/runs/{RUN}/?tab=audit&at=12"
    assert place.on_step("score[3]") == f"/runs/{RUN}/?tab=steps&step=score%5B3%5D&at=12"
    assert place.at_record(None) == f"/runs/{RUN}/?tab=steps&step=score&state=failed"
