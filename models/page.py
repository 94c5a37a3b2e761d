"""Pagination of lists. Source: S0, "Pagination"."""

from __future__ import annotations

from roocode_server.models.shape import Shape, value


@value
class Pagination(Shape):
    """The position of a page in its list; `nextOffset` is left out on the last page."""

    total: int
    limit: int
    offset: int
    has_more: bool
    next_offset: int | None = None


def pagination(*, total: int, limit: int, offset: int) -> Pagination:
    """Return the position of a page that starts at `offset`, with at most `limit` of `total` items."""
    following = offset + limit
    has_more = following < total
    return Pagination(
        total=total,
        limit=limit,
        offset=offset,
        has_more=has_more,
        next_offset=following if has_more else None,
    )
