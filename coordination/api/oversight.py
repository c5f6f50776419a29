"""How reviewers judge, and what keeps them judging for themselves."""

from datetime import timedelta
from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.approvals import selectors, services
from coordination.approvals.exercise import Entry
from coordination.approvals.terms import Terms
from coordination.engine.trust.agreement import Agreement
from coordination.insights.selectors import Outcomes, became_of, outcomes_by_reviewer
from coordination.shared.clock import now
from coordination.shared.errors import NotFound


class BoardFilters(Input):
    """Since when."""

    days = serializers.IntegerField(min_value=1, max_value=365, default=90)


class ShareOutput(serializers.Serializer[Any]):
    """`k` of `n`; the share and its 95 % interval are null while there are too few to tell."""

    k = serializers.IntegerField()
    n = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, source="value")
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)


class AgreementOutput(serializers.Serializer[Agreement]):
    """How far people agree; the coefficient and its 95 % interval are null under 20 cases."""

    n = serializers.IntegerField()
    same = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class OutcomesOutput(serializers.Serializer[Outcomes]):
    """What became of what somebody approved."""

    n = serializers.IntegerField()
    n_wrong = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)


class ReviewerOutput(serializers.Serializer[Any]):
    """How one person judged."""

    username = serializers.CharField()
    n = serializers.IntegerField()
    approved = serializers.IntegerField()
    overridden = ShareOutput()
    edited = ShareOutput()
    median_s = serializers.FloatField(allow_null=True)
    per_hour = serializers.FloatField(allow_null=True)
    most_in_an_hour = serializers.IntegerField()
    open_claims = serializers.IntegerField()
    hurried = serializers.IntegerField()
    judged_first = serializers.IntegerField()
    swayed = serializers.IntegerField()
    exercises_missed = ShareOutput(source="missed")
    kappa = AgreementOutput(source="agreement")


class WithOutcomes(ReviewerOutput):
    """How one person judged, and what became of it."""

    outcomes = OutcomesOutput()


class BoardOutput(serializers.Serializer[Any]):
    """How everybody judged whom you may see, and how far people agree on the whole."""

    days = serializers.IntegerField()
    alpha = AgreementOutput(source="agreement")
    exercises_missed = ShareOutput(source="missed")
    allowed_wrong = ShareOutput()
    settled_against = serializers.IntegerField()
    reviewers = WithOutcomes(many=True)


class BecameOutput(serializers.Serializer[Any]):
    """What became of one thing that somebody approved."""

    approval = serializers.UUIDField(source="request_id")
    title = serializers.CharField()
    risk_band = serializers.CharField()
    is_wrong = serializers.BooleanField()
    why = serializers.CharField()
    happened_at = serializers.DateTimeField()


class ReviewerDetailOutput(WithOutcomes):
    """How one person judged, and the latest of what became of it, what went wrong first."""

    became = BecameOutput(many=True)


class Reviewers(Endpoint):
    """How people judge."""

    @takes("oversight_reviewers", None, BoardOutput)
    def get(self, request: Request) -> Response:
        """Return the figures of everybody, or of the caller alone where they may not see others'."""
        days = self.asked(BoardFilters)["days"]
        since, membership = now() - timedelta(days=days), self.caller.membership
        board = selectors.board_of(self.organization, since)
        if not self._sees_all():
            board = selectors.only(board, membership)
        outcomes = outcomes_by_reviewer(self.organization, since)
        said = dict(BoardOutput({**_plain(board), "days": days, "reviewers": []}).data)
        said["reviewers"] = [_told(one, outcomes.get(one.user_id, Outcomes())) for one in board.reviewers]
        return Response(said)

    def _sees_all(self) -> bool:
        return selectors.may_see_reviewers(self.caller.membership)


class OneReviewer(Reviewers):
    """How one person judges."""

    @takes("oversight_reviewer", None, ReviewerDetailOutput)
    def get(self, request: Request, username: str) -> Response:
        """Return the figures of one person, and what became of what they approved."""
        since, membership = now() - timedelta(days=self.asked(BoardFilters)["days"]), self.caller.membership
        board = selectors.board_of(self.organization, since)
        shown = board if self._sees_all() else selectors.only(board, membership)
        one = next((found for found in shown.reviewers if found.username == username), None)
        if one is None:
            raise NotFound(kind="reviewer", name=username)
        outcomes = outcomes_by_reviewer(self.organization, since).get(one.user_id, Outcomes())
        became = BecameOutput(became_of(self.organization, one.user_id, since), many=True).data
        return Response({**_told(one, outcomes), "became": became})


class TermsView(Endpoint):
    """What is done so that people keep judging for themselves."""

    writes = Right.OVERSIGHT_EDIT

    @takes("oversight_terms", None, {"type": "object"})
    def get(self, request: Request) -> Response:
        """Return the numbers that hold: everybody may know what is practised on them."""
        return Response(selectors.terms_of(self.organization).model_dump(mode="json"))

    @takes("oversight_terms_change", {"application/json": Terms.model_json_schema()}, {"type": "object"})
    def put(self, request: Request) -> Response:
        """Let other numbers hold; what is left out goes back to its default."""
        changed = services.change_terms(self.organization, request.data, self.caller.actor)
        return Response(changed.model_dump(mode="json"))


class ExerciseInput(Input):
    """One question that is wrong to approve, and why."""

    title = serializers.CharField(max_length=300)
    intent = serializers.CharField(max_length=2000, default="", allow_blank=True)
    operation = serializers.CharField(max_length=100)
    parameters = serializers.DictField(default=dict)
    confidence = serializers.FloatField(default=None, allow_null=True)
    evidence = serializers.ListField(child=serializers.DictField(), default=list)
    risk_band = serializers.CharField(max_length=10, default="", allow_blank=True)
    lesson = serializers.CharField(max_length=1000)


class NewExerciseInput(ExerciseInput):
    """A new exercise and its name."""

    key = serializers.CharField(max_length=63)


class ExerciseOutput(NewExerciseInput):
    """An exercise of the catalogue."""

    is_active = serializers.BooleanField()
    is_ready = serializers.BooleanField(help_text="As it came with the product.")


class TurnInput(Input):
    """Whether it is used."""

    active = serializers.BooleanField()


class PlacedOutput(serializers.Serializer[Any]):
    """The question that an exercise became."""

    approval = serializers.UUIDField()


class Exercises(Endpoint):
    """The catalogue of exercises; who answers questions does not see it."""

    reads = Right.OVERSIGHT_EDIT
    writes = Right.OVERSIGHT_EDIT

    @takes("oversight_exercises", None, ExerciseOutput(many=True))
    def get(self, request: Request) -> Response:
        """List the catalogue by key."""
        return Response([_shown(one) for one in selectors.exercises_of(self.organization)])

    @takes("oversight_exercise_add", NewExerciseInput, ExerciseOutput, 201)
    def post(self, request: Request) -> Response:
        """Put an exercise into the catalogue."""
        given = self.given(NewExerciseInput)
        saved = services.save_exercise(self.organization, given.pop("key"), given, self.caller.actor)
        return Response(_shown(saved), 201)


class OneExercise(Endpoint):
    """One exercise."""

    reads = Right.OVERSIGHT_EDIT
    writes = Right.OVERSIGHT_EDIT
    http_method_names = ["get", "put", "patch", "options", "head"]

    @takes("oversight_exercise", None, ExerciseOutput)
    def get(self, request: Request, key: str) -> Response:
        """Return one exercise."""
        return Response(_shown(selectors.exercise_named(self.organization, key)))

    @takes("oversight_exercise_save", ExerciseInput, ExerciseOutput)
    def put(self, request: Request, key: str) -> Response:
        """Change what it says; one that came with the product is the organization's own from then on."""
        selectors.exercise_named(self.organization, key)
        given = self.given(ExerciseInput)
        return Response(_shown(services.save_exercise(self.organization, key, given, self.caller.actor)))

    @takes("oversight_exercise_turn", TurnInput, ExerciseOutput)
    def patch(self, request: Request, key: str) -> Response:
        """Use it from now on, or leave it out."""
        selectors.exercise_named(self.organization, key)
        active = self.given(TurnInput)["active"]
        return Response(_shown(services.turn_exercise(self.organization, key, active, self.caller.actor)))


class Place(Endpoint):
    """An exercise at once."""

    writes = Right.OVERSIGHT_EDIT

    @takes("oversight_exercise_place", None, PlacedOutput, 201)
    def post(self, request: Request, key: str) -> Response:
        """Put it into the queue now."""
        placed = services.place_exercise(self.organization, key, self.caller.actor)
        return Response({"approval": str(placed.pk)}, 201)


def _plain(board: selectors.Board) -> dict[str, Any]:
    names = ("agreement", "missed", "allowed_wrong", "settled_against")
    return {name: getattr(board, name) for name in names}


def _told(one: selectors.Reviewer, outcomes: Outcomes) -> dict[str, Any]:
    return {**ReviewerOutput(one).data, "outcomes": OutcomesOutput(outcomes).data}


def _shown(entry: Entry) -> dict[str, Any]:
    about = {"key": entry.key, "is_active": entry.is_active, "is_ready": entry.is_ready}
    return {**about, **entry.spec.model_dump(mode="json")}


urlpatterns = [
    path("oversight/reviewers/", Reviewers.as_view()),
    path("oversight/reviewers/<str:username>/", OneReviewer.as_view()),
    path("oversight/terms/", TermsView.as_view()),
    path("oversight/exercises/", Exercises.as_view()),
    path("oversight/exercises/<str:key>/", OneExercise.as_view()),
    path("oversight/exercises/<str:key>/place/", Place.as_view()),
]
