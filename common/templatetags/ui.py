"""A few display filters: dates and numbers as UK readers expect them."""

from datetime import datetime

from django import template

from common.when import uk_date, uk_datetime

register = template.Library()


@register.filter
def when(value: datetime | None) -> str:
    """Show a moment in UK time: "21 Nov 2026, 09:14"."""
    return uk_datetime(value) if value else ""


@register.filter
def day(value: datetime | None) -> str:
    """Show the day of a moment in UK time: "21 November 2026"."""
    return uk_date(value) if value else ""


@register.filter
def thousands(value: int | None) -> str:
    """Show a number with separators: "12,345"."""
    return "" if value is None else f"{value:,}"
