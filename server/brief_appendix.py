"""The technical appendix of a brief: what the ranges mean, what is hidden, and every construct of the round."""

from __future__ import annotations

from server.brief_blocks import Block, Paragraph, Table
from server.wording import Wording
from surveys.releases import Release


def technical_appendix(last: Release, wording: Wording) -> tuple[Block, ...]:
    _ = wording._
    paragraphs = (
        _(
            "Each organization counts once: people are averaged within their organization first. The range after a "
            "score is its 95 % interval and answers the question “how do these partners see it now”; the range after "
            "a change answers “did the underlying level move”."
        ),
        _(
            "Nothing is shown for fewer than 5 people or 3 organizations, or where a hidden number could be worked out "
            "from the shown ones; where everybody answers almost alike a range is shown."
        ),
        _("No trend is claimed below five rounds. Partnerships are never ranked."),
    )
    targets = [f"construct:{construct.code}" for construct in wording.instrument.constructs]
    rows = tuple(
        (
            wording.target(target),
            wording.level(last.find("level", target)),
            wording.spread(last.find("spread", target)),
            wording.level(last.find("cannot_judge", target)),
        )
        for target in targets
        if last.find("level", target) is not None
    )
    header = (_("Index"), _("Points (interval)"), _("Agreement"), _("Could not judge (%)"))
    return (*(Paragraph(text) for text in paragraphs), Table(_("All constructs of this round"), header, rows))
