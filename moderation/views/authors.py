"""One author, as this organisation knows them."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.http import HtmxHttpRequest
from moderation.models import Author, Case
from moderation.presenters import author as presenter
from moderation.services import authors


@require_safe
@permission_required(Permission.CASE_READ)
def author_detail(request: HtmxHttpRequest, author_id: UUID) -> HttpResponse:
    """Show what an author wrote to us, what was decided about it and what was done."""
    actor = request.actor
    author = get_object_or_404(Author.objects.visible_to(actor), pk=author_id)
    page = authors.items_page(
        author,
        by=actor,
        older_than=_position(request.GET.get("older", "")),
        newer_than=_position(request.GET.get("newer", "")),
    )
    context = presenter.author_page(
        author=author,
        record=authors.record_of(author, by=actor),
        page=page,
        cases=authors.cases_of(page.items, by=actor),
        decided=authors.decided_cases(author, by=actor),
        actions=authors.recent_actions(author, by=actor),
        came_from=_case(request),
    )
    return render(request, "moderation/author_detail.html", {"page": context})


def _case(request: HtmxHttpRequest) -> Case | None:
    """Return the case from whose page the person came, if that is what the address says."""
    try:
        key = UUID(request.GET.get("case", ""))
    except ValueError:
        return None
    return Case.objects.visible_to(request.actor).filter(pk=key).first()


def _position(words: str) -> tuple[datetime, UUID] | None:
    micros, _, key = words.partition(".")
    try:
        return presenter.EPOCH + timedelta(microseconds=int(micros)), UUID(key)
    except (ValueError, OverflowError):
        return None
