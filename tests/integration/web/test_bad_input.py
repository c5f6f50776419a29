"""What nobody types by accident is answered with a page, never with a crash."""

import pytest

from tests.integration.web.conftest import House

NUL = "%00"


@pytest.mark.parametrize("path", ["/runs/?q=", "/runs/?workflow=", "/agents/", "/policies/", "/audit/?actor="])
def test_an_address_that_holds_a_nul_character_is_refused(house: House, path: str) -> None:
    browser = house.enter("all", "manager", "reviewer", "admin", "auditor")
    assert browser.get(f"{path}{NUL}{'' if '?' in path else '/'}").status_code in (404, 422)


def test_a_form_that_holds_a_nul_character_is_refused_and_changes_nothing(house: House) -> None:
    browser = house.enter("all", "manager", "reviewer", "admin")
    assert browser.post("/runs/new/", {"workflow": "flow", "title": "\x00"}).status_code == 422
    asked = house.ask()
    said = {"verdict": "reject", "reason": "\x00", "revision": "1"}
    assert browser.post(f"/approvals/{asked.pk}/answer/", said).status_code == 422
    asked.refresh_from_db()
    assert asked.state == "pending"
