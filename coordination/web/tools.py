"""Tools: what acts on the world. They come with manifests; here they are only looked at."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from coordination.accounts.rights import Right
from coordination.agents.selectors import tool_named, tools
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.agents import ToolPage, ToolsPage, tabs
from coordination.web.contexts.versions import SHOWN
from coordination.web.paging import numbered


@require_safe
@require(Right.READ)
def tool_list(request: MemberRequest) -> HttpResponse:
    """List tools by name."""
    rows, pager = numbered(tools(request.membership.organization), request)
    return fragments.render(request, "tools/list.html", ToolsPage(rows, pager, tabs("tools")))


@require_safe
@require(Right.READ)
def tool_detail(request: MemberRequest, name: str) -> HttpResponse:
    """Show one tool: what it does to the world and which arguments it takes."""
    tool = tool_named(request.membership.organization, name)
    page = ToolPage.of(tool, list(tool.versions.order_by("-number")[: SHOWN + 1]))
    return fragments.render(request, "tools/detail.html", page)
