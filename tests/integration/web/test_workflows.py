"""Workflows in the browser."""

from collections.abc import Callable

from django.test import Client

from coordination.workflows.models import WorkflowVersion
from coordination.workflows.selectors import live_version
from tests.integration.web.conftest import House

TEXT = """\
apiVersion: coordination/v1
kind: Workflow
metadata: {name: greet, title: Greet}
spec:
  steps:
    - id: hello
      agent: {name: echo}
    - id: goodbye
      needs: [hello]
      agent: {name: echo}
"""


def write(client: Client, text: str, act: str = "check", path: str = "/workflows/new/", **headers: str):
    return client.post(path, {"source": text, "act": act}, headers=headers)


def test_checking_says_where_a_mistake_is_and_saves_nothing(house: House) -> None:
    client = house.enter("admin", "admin")
    answer = write(client, TEXT.replace("[hello]", "[helo]"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'data-goto="9:15"' in page
    assert "there is no step helo. Did you mean hello?" in page
    assert write(client, TEXT).status_code == 200
    assert WorkflowVersion.objects.filter(workflow__name="greet").count() == 0


def test_all_mistakes_are_told_at_once_with_links_to_their_lines(house: House) -> None:
    wrong = TEXT.replace("[hello]", "[helo]").replace("{name: echo}", "{name: ecko}", 1)
    wrong += '      input: {x: "Dear ${input.name", y: "${steps.hello.ouput}"}\n'
    answer = write(house.enter("admin", "admin"), wrong, "publish")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "5 to correct" in page
    for place in ("7:15", "9:15", "11:24", "11:57"):
        assert f'data-goto="{place}"' in page
    assert "Line 7, column 15: there is no agent ecko. Did you mean echo?" in page
    assert "${steps.hello.ouput}" in page.partition("<textarea")[2].partition("</textarea>")[0]
    assert not WorkflowVersion.objects.filter(workflow__name="greet").exists()


def test_what_is_not_there_yet_stops_publishing_but_not_a_draft(house: House) -> None:
    client = house.enter("admin", "admin")
    early = TEXT.replace("{name: echo}", "{name: newcomer}", 1)
    for act in ("check", "publish"):
        answer = write(client, early, act)
        assert answer.status_code == 422
        assert "1 to correct before it can be published; a draft can be saved as it is" in answer.content.decode()
    assert write(client, early, "save").status_code == 302
    refused = client.post("/workflows/greet/publish/", {"version": "1"})
    assert refused.status_code == 422
    assert 'data-goto="7:15"' in refused.content.decode()
    assert "newcomer" in refused.content.decode().partition("<textarea")[2]
    house.world.agent("newcomer")
    assert client.post("/workflows/greet/publish/", {"version": "1"}).status_code == 302
    assert live_version(house.organization, "greet").number == 1


def test_the_picture_follows_the_text(house: House) -> None:
    headers = {"HX-Request": "true", "HX-Target": "div#checked"}
    client = house.enter("admin", "admin")
    part = write(client, TEXT, **headers).content.decode()
    assert part.strip().startswith('<div class="stack" id="checked">')
    assert "goodbye" in part
    broken = write(client, "kind: [", **headers)
    assert broken.status_code == 200
    assert "No picture yet" in broken.content.decode()


def test_a_draft_is_saved_as_written_and_published(house: House) -> None:
    client = house.enter("admin", "admin")
    text = f"# Says hello.\n{TEXT}"
    assert write(client, text, "save").url == "/workflows/greet/?version=1"
    page = client.get("/workflows/greet/").content.decode()
    assert "# Says hello." in page
    assert "Publish v1" in page
    assert client.post("/workflows/greet/publish/", {"version": "1"}).status_code == 302
    assert live_version(house.organization, "greet").number == 1
    changed = text.replace("Greet", "Greet people").replace("id: goodbye", "id: farewell")
    assert write(client, changed, "publish", "/workflows/greet/edit/").status_code == 302
    assert live_version(house.organization, "greet").number == 2
    page = client.get("/workflows/greet/?version=2&step=farewell").content.decode()
    assert "<ins>+ " in page
    assert "id: farewell" in page
    assert "Go back to v1" in page


def test_mistakes_stop_saving_and_keep_the_text(house: House) -> None:
    client = house.enter("admin", "admin")
    answer = write(client, TEXT.replace("agent:", "agnet:", 1), "save")
    assert answer.status_code == 422
    assert "agnet:" in answer.content.decode()
    assert "Did you mean agent?" in answer.content.decode()
    assert write(client, TEXT.replace("greet", "flow"), "save").status_code == 422
    other_name = write(client, TEXT, "save", "/workflows/flow/edit/")
    assert other_name.status_code == 422
    assert "this page edits flow" in other_name.content.decode()
    assert not WorkflowVersion.objects.filter(workflow__name="greet").exists()


def test_odd_texts_are_refused_in_a_sentence(house: House) -> None:
    client = house.enter("admin", "admin")
    odd = ("", "- a", "a: 1\n---\nb: 2", "x" * 100, "spec: {steps: 1}", "metadata: 3", "spec:\n  steps:\n    - 7")
    for text in odd:
        assert write(client, text, "save").status_code == 422


def test_who_may_not_edit_sees_no_button_and_is_refused(house: House) -> None:
    client = house.enter("manager", "manager")
    page = client.get("/workflows/flow/").content.decode()
    assert "/edit/" not in page
    assert "/publish/" not in page
    assert "Start a run" in page
    for path in ("/workflows/new/", "/workflows/flow/edit/"):
        assert client.get(path).status_code == 403
        assert write(client, TEXT, "save", path).status_code == 403
    assert client.post("/workflows/flow/publish/", {"version": 1}).status_code == 403
    assert "Start a run" not in house.enter("reviewer", "reviewer").get("/workflows/flow/").content.decode()


def test_another_organizations_workflow_is_not_found(house: House, other: House) -> None:
    stranger = other.enter("stranger", "admin")
    assert stranger.get("/workflows/flow/").status_code == 404
    assert stranger.get("/workflows/flow/edit/").status_code == 404
    assert stranger.post("/workflows/flow/publish/", {"version": 1}).status_code == 404
    assert "No workflows yet" in stranger.get("/workflows/").content.decode()


def test_unknown_versions_are_not_found(house: House) -> None:
    client = house.enter("admin", "admin")
    for number in ("7", "x", "9" * 30, "-1"):
        assert client.get(f"/workflows/flow/?version={number}").status_code == 404
        assert client.post("/workflows/flow/publish/", {"version": number}).status_code == 404
    assert client.get("/workflows/flow/publish/").status_code == 405


def test_more_workflows_ask_the_database_no_more(house: House, queries: Callable[[Client, str], int]) -> None:
    client = house.enter("manager", "manager")
    few = queries(client, "/workflows/")
    for number in range(10):
        house.world.workflow({"id": "a", "agent": {"name": "echo"}}, name=f"more-{number}")
    assert queries(client, "/workflows/") == few
