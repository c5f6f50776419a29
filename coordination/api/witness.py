"""Where the keepers of other logs have their checkpoints signed: C2SP tlog-witness. Whoever knows a log may ask."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from coordination.accounts.models import Organization
from coordination.audit.services import add_checkpoint

LARGEST_BODY = 64 * 1024
_TEXT = "text/plain; charset=utf-8"


@csrf_exempt
@require_POST
def witness(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign a checkpoint that continues the last one of its log."""
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return HttpResponse(f"At most {LARGEST_BODY} bytes are read.\n", _TEXT, 413)
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        return HttpResponse("There is no such witness.\n", _TEXT, 404)
    answer = add_checkpoint(organization, body)
    return HttpResponse(answer.text, answer.kind, answer.status)


urlpatterns = [path("<str:slug>/add-checkpoint", witness, name="witness")]
