"""QR codes as drawings of the page itself: no script, no inline style, no picture fetched from anywhere."""

from __future__ import annotations

from io import BytesIO

from markupsafe import Markup


def qr_svg(link: str, label: str) -> Markup:
    """The link as a drawing, black on white also on dark screens: cameras expect it so. label: what it is, in words."""
    import segno  # only pages with personal links need it

    drawn = segno.make(link, error="m").svg_inline(border=3, light="#fff", omitsize=True, svgclass="qr")
    named = Markup('<svg role="img" aria-label="{}" ').format(label)
    return Markup(drawn.replace("<svg ", named, 1))  # noqa: S704  numbers drawn by segno, and a label escaped above


def qr_picture(link: str) -> str:
    """The same as the text of a drawing of its own, for documents."""
    import segno

    made = BytesIO()
    segno.make(link, error="m").save(made, kind="svg", border=2, light="#fff", xmldecl=False, nl=False)
    return made.getvalue().decode()
