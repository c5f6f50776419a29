"""Changes of policies on their way into force: checked, tested, compared, reviewed, tried."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.approvals import ApprovalOutput
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, WhichVersion
from coordination.api.policies import ANSWER, POLICIES, Written, version_asked
from coordination.policies import services
from coordination.policies.models import Way
from coordination.policies.selectors import lifecycle
from coordination.policies.services import RuleTests, Validation


class CheckInput(WhichVersion):
    """A version, or a spec that nobody saved yet."""

    spec = serializers.DictField(required=False)


class ReviewInput(WhichVersion):
    """Which version is to come into force, and how."""

    way = serializers.ChoiceField([Way.STAGED.value, Way.DIRECT.value], default=Way.STAGED.value)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class NoteInput(Input):
    """Why."""

    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class RedraftInput(Written):
    """Which earlier version the draft says again."""

    version = serializers.IntegerField(min_value=1)


class AgainstInput(Input):
    """With which version another one is compared; the enforced one unless it is named."""

    against = serializers.IntegerField(min_value=1, required=False)


class TestOutput(serializers.Serializer[Any]):
    """What came of one test."""

    rule = serializers.CharField()
    title = serializers.CharField()
    expected = serializers.BooleanField()
    held = serializers.BooleanField(allow_null=True)
    passed = serializers.BooleanField()
    why = serializers.CharField()


class FindingOutput(serializers.Serializer[Any]):
    """One thing that is wrong or odd, and where."""

    pointer = serializers.CharField()
    message = serializers.CharField()
    code = serializers.CharField(required=False)
    suggestion = serializers.CharField(required=False, allow_null=True)
    line = serializers.IntegerField(required=False, allow_null=True)
    column = serializers.IntegerField(required=False, allow_null=True)


class ValidationOutput(serializers.Serializer[Any]):
    """Whether a policy may be reviewed, and what is wrong or odd about it."""

    valid = serializers.BooleanField(source="is_valid")
    problems = FindingOutput(many=True, source="errors")
    warnings = FindingOutput(many=True)


class TestsOutput(serializers.Serializer[Any]):
    """What came of all tests."""

    passed = serializers.BooleanField()
    tests = TestOutput(many=True)


class ChangeOutput(serializers.Serializer[Any]):
    """One change in words; `direction` says whether more or less may happen for it."""

    rule = serializers.CharField()
    what = serializers.CharField()
    sentence = serializers.CharField()
    direction = serializers.CharField()


class DiffOutput(serializers.Serializer[Any]):
    """What one version says otherwise than another one."""

    version = serializers.IntegerField()
    against = serializers.IntegerField(allow_null=True)
    changes = ChangeOutput(many=True)


class Change(Endpoint):
    """Something that is done to a policy by whoever edits policies."""

    writes = Right.POLICY_EDIT

    def shown(self, name: str) -> Response:
        """Return the policy as it is now."""
        return Response(POLICIES.answer(self.organization, name))


class Validate(Change):
    """Is it ready to be reviewed?"""

    @takes("policies_validate", CheckInput, ValidationOutput)
    def post(self, request: Request, name: str) -> Response:
        """Check a version, and call a draft validated when nothing is wrong; or check a spec without saving it."""
        given = self.given(CheckInput)
        found: Validation
        if "spec" in given:
            found = services.check(self.organization, given["spec"])
        else:
            row = POLICIES.row(self.organization, name)
            found = services.validate_version(row, version_asked(row, given).number, self.caller.actor)
        return Response(ValidationOutput(found).data)


class Test(Change):
    """Do its tests pass?"""

    @takes("policies_test", CheckInput, TestsOutput)
    def post(self, request: Request, name: str) -> Response:
        """Run the tests that are kept with the rules of a version, or of a spec that nobody saved yet."""
        given = self.given(CheckInput)
        spec = given["spec"] if "spec" in given else version_asked(POLICIES.row(self.organization, name), given).spec
        tests = [one for of in services.run_tests(spec) for one in _tests(of)]
        return Response({"passed": all(one["passed"] for one in tests), "tests": tests})


class Review(Change):
    """Others look at it."""

    @takes("policies_review", ReviewInput, ApprovalOutput, 201)
    def post(self, request: Request, name: str) -> Response:
        """Ask people who did not write it whether a version comes into force."""
        row, given = POLICIES.row(self.organization, name), self.given(ReviewInput)
        number = version_asked(row, given).number
        found = services.request_review(row, number, given["way"], self.caller.membership, note=given["note"])
        return Response(ApprovalOutput(found).data, status=201)


class Withdraw(Change):
    """Nobody needs to look any more."""

    @takes("policies_withdraw", WhichVersion, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Take a version back from its reviewers."""
        row = POLICIES.row(self.organization, name)
        services.withdraw_review(row, version_asked(row, self.given(WhichVersion)).number, self.caller.actor)
        return self.shown(name)


class Retirement(Change):
    """Others look at its end."""

    @takes("policies_retirement", NoteInput, ApprovalOutput, 201)
    def post(self, request: Request, name: str) -> Response:
        """Ask two people whether the policy is enforced no more."""
        row = POLICIES.row(self.organization, name)
        found = services.request_retirement(row, self.caller.membership, note=self.given(NoteInput)["note"])
        return Response(ApprovalOutput(found).data, status=201)


class Shadow(Change):
    """What would it have decided?"""

    @takes("policies_shadow", WhichVersion, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Judge every act by the version too, for the record only."""
        row = POLICIES.row(self.organization, name)
        services.try_in_shadow(row, version_asked(row, self.given(WhichVersion)).number, self.caller.actor)
        return self.shown(name)


class StopTrying(Change):
    """Enough was seen of it."""

    @takes("policies_stop_trying", WhichVersion, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Take a version out of shadow or canary."""
        row = POLICIES.row(self.organization, name)
        services.stop_trying(row, version_asked(row, self.given(WhichVersion)).number, self.caller.actor)
        return self.shown(name)


class Redraft(Change):
    """Begin again from an earlier version."""

    @takes("policies_redraft", RedraftInput, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Save what an earlier version said as a new draft."""
        row, given = POLICIES.row(self.organization, name), self.given(RedraftInput)
        services.redraft(row, given.pop("version"), self.caller.actor, **given)
        return self.shown(name)


class Diff(Endpoint):
    """What a version changes."""

    @takes("policies_diff", None, DiffOutput)
    def get(self, request: Request, name: str, number: int) -> Response:
        """Say in words what a version says otherwise than another one, or than the enforced one."""
        row, against = POLICIES.row(self.organization, name), self.asked(AgainstInput).get("against")
        changes = lifecycle.changes_of(row, number, against)
        other = against or (row.enforced.number if row.enforced else None)
        return Response(DiffOutput({"version": number, "against": other, "changes": changes}).data)


def _tests(of: RuleTests) -> list[dict[str, Any]]:
    return [
        {
            "rule": of.rule,
            "title": one.example.title,
            "expected": one.example.expected,
            "held": one.held,
            "passed": one.passed,
            "why": one.why,
        }
        for one in of.tried
    ]


urlpatterns = [
    path("policies/<str:name>/validate/", Validate.as_view()),
    path("policies/<str:name>/test/", Test.as_view()),
    path("policies/<str:name>/review/", Review.as_view()),
    path("policies/<str:name>/review/withdraw/", Withdraw.as_view()),
    path("policies/<str:name>/retirement/", Retirement.as_view()),
    path("policies/<str:name>/shadow/", Shadow.as_view()),
    path("policies/<str:name>/shadow/stop/", StopTrying.as_view()),
    path("policies/<str:name>/redraft/", Redraft.as_view()),
    path("policies/<str:name>/versions/<int:number>/diff/", Diff.as_view()),
]
