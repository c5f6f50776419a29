"""Reports: packs of evidence made, downloaded and checked; how controls stand; the schedule."""

from collections.abc import Mapping
from typing import IO, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts import selectors as accounts
from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.reports import selectors, services
from coordination.reports.errors import PeriodInvalid, ReportUnderWay
from coordination.shared.clock import now
from coordination.shared.errors import FieldError, Invalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.report_controls import ControlPage, ControlsPage, SchedulePage
from coordination.web.contexts.reports import CheckPage, ReportPage, ReportsPage
from coordination.web.forms import reports as forms
from coordination.web.forms.manifest import Filled
from coordination.web.paging import newest_first


@require(Right.REPORT_MAKE)
def report_list(request: MemberRequest) -> HttpResponse:
    """List packs, the newest first, and make one of the period that was typed."""
    if request.method != "POST":
        return _list(request, forms.last_month(now()))
    typed = request.POST.dict()
    period = forms.period_in(typed)
    if isinstance(period, list):
        return _list(request, typed, period)
    try:
        report = services.ask_for_report(request.membership.organization, *period, Actor.of(request.membership))
    except PeriodInvalid as error:
        return _list(request, typed, error.errors)
    except ReportUnderWay as error:
        return _list(request, typed, [FieldError("/since", str(error))])
    return redirect("report", report.pk)


@require_safe
@require(Right.REPORT_MAKE)
def report_detail(request: MemberRequest, report_id: UUID) -> HttpResponse:
    """Show one pack: how far it is, then what it says in short."""
    report = selectors.report(request.membership.organization, report_id)
    return fragments.render(request, "reports/detail.html", ReportPage.of(report), parts=("report",))


@require_safe
@require(Right.REPORT_MAKE)
def report_pack(request: MemberRequest, report_id: UUID) -> HttpResponseBase:
    """Hand out a pack."""
    report = selectors.report(request.membership.organization, report_id)
    content = services.download(report, Actor.of(request.membership))
    response = StreamingHttpResponse(content, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{report.filename}"'
    return response


@require_safe
@require(Right.REPORT_MAKE)
def report_pdf(request: MemberRequest, report_id: UUID) -> HttpResponse:
    """Show the report of a pack as a document."""
    report = selectors.report(request.membership.organization, report_id)
    content = services.read_report(report, Actor.of(request.membership))
    response = HttpResponse(content, content_type="application/pdf")
    name = report.filename.removesuffix(".zip")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


@require_POST
@require(Right.REPORT_MAKE)
def check_report(request: MemberRequest, report_id: UUID) -> HttpResponse:
    """Check a pack that is kept here, as it is now."""
    report = selectors.report(request.membership.organization, report_id)
    checked = services.check_kept(report, Actor.of(request.membership))
    return fragments.render(request, "reports/detail.html", ReportPage.of(report, checked))


@require(Right.REPORT_MAKE)
def check_pack(request: MemberRequest) -> HttpResponse:
    """Check a pack that somebody brings."""
    if request.method != "POST":
        return fragments.render(request, "reports/check.html", CheckPage.of())
    file = request.FILES.get("pack")
    if file is None or file.size is None:
        return _not_checked(request, "Choose the zip file of a pack.")
    if file.size > services.MOST_BYTES:
        return _not_checked(request, f"A pack to check has at most {services.MOST_BYTES // 2**20} MB.")
    actor, content = Actor.of(request.membership), cast(IO[bytes], file.file)
    checked = services.check_pack(request.membership.organization, content, actor)
    page = CheckPage.of(file.name or "", checked)
    return fragments.render(request, "reports/check.html", page, status=422 if checked.problems else 200)


@require_safe
@require(Right.REPORT_MAKE)
def control_list(request: MemberRequest) -> HttpResponse:
    """List the controls of a framework."""
    controls = selectors.judged(request.membership.organization)
    page = ControlsPage.of(controls, request.GET.get("framework", ""))
    return fragments.render(request, "reports/controls.html", page)


@require(Right.REPORT_MAKE)
def control_detail(request: MemberRequest, key: str) -> HttpResponse:
    """Show one control, and save what is said about it."""
    organization = request.membership.organization
    control = selectors.judged_control(organization, key)
    if request.method != "POST":
        filled = Filled.of(forms.ASSESSMENT, forms.assessment_typed(control))
        return fragments.render(request, "reports/control.html", ControlPage.of(control, filled, request.membership))
    return _assess(request, key)


def _assess(request: MemberRequest, key: str) -> HttpResponse:
    """Save what an admin says about a control; raises RightMissing."""
    accounts.require(request.membership, Right.REPORT_EDIT)
    organization, typed = request.membership.organization, request.POST.dict()
    said = {name: typed.get(name, "") for name in ("standing", "owner", "note")}
    try:
        services.assess(organization, key, Actor.of(request.membership), **said)
    except Invalid as error:
        control = selectors.judged_control(organization, key)
        page = ControlPage.of(control, Filled.of(forms.ASSESSMENT, typed, error.errors), request.membership)
        return fragments.render(request, "reports/control.html", page, status=422)
    messages.success(request, "Saved: the next report says so.")
    return redirect("control", key)


@require(Right.REPORT_EDIT)
def report_schedule(request: MemberRequest) -> HttpResponse:
    """Show and change when packs are made by themselves."""
    schedule = selectors.schedule_of(request.membership.organization)
    if request.method != "POST":
        filled = Filled.of(forms.SCHEDULE, forms.schedule_typed(schedule))
        page = SchedulePage(filled.fields, filled.problems, schedule)
        return fragments.render(request, "reports/schedule.html", page)
    typed = request.POST.dict()
    keep = typed.get("keep", "").strip()
    errors = [] if keep.isdecimal() and len(keep) < 5 else [FieldError("/keep", "write a whole number")]
    if not errors:
        try:
            services.set_schedule(
                request.membership.organization,
                Actor.of(request.membership),
                is_active=typed.get("is_active") == "on",
                every=typed.get("every", ""),
                keep=int(keep),
            )
            messages.success(request, "Saved.")
            return redirect("reports")
        except Invalid as error:
            errors = error.errors
    filled = Filled.of(forms.SCHEDULE, typed, errors)
    return fragments.render(
        request, "reports/schedule.html", SchedulePage(filled.fields, filled.problems, schedule), status=422
    )


def _list(request: MemberRequest, typed: Mapping[str, str], errors: list[FieldError] | None = None) -> HttpResponse:
    organization = request.membership.organization
    rows, pager = newest_first(selectors.reports(organization), request)
    page = ReportsPage.of(
        rows,
        pager,
        Filled.of(forms.PERIOD, typed, errors or ()),
        selectors.schedule_of(organization),
        request.membership,
        request.get_full_path(),
    )
    status = 422 if errors else 200
    return fragments.render(request, "reports/list.html", page, parts=("packs",), status=status)


def _not_checked(request: MemberRequest, problem: str) -> HttpResponse:
    return fragments.render(request, "reports/check.html", CheckPage.of(problem=problem), status=422)
