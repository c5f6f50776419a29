from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from coordination.shared.errors import Conflict
from coordination.web.errors import ErrorPagesMiddleware

middleware = ErrorPagesMiddleware(lambda _: HttpResponse())


def answer(path, error):
    return middleware.process_exception(RequestFactory().get(path), error)


def test_a_database_that_is_away_is_a_page_that_asks_for_patience():
    response = answer("/runs/", OperationalError("connection refused"))
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert b"Back in a moment" in response.content
    assert b"connection refused" not in response.content


def test_a_refusal_says_its_sentence_and_its_code():
    response = answer("/runs/", Conflict())
    assert response.status_code == 409
    assert b"This is not possible in the present state." in response.content
    assert b"conflict" in response.content


def test_the_api_answers_for_itself():
    assert answer("/api/v1/runs/", Conflict()) is None


def test_an_unexpected_error_is_left_to_django():
    assert answer("/runs/", ValueError("surprise")) is None
