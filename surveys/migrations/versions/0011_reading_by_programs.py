"""Tokens for the API, and the main numbers of every release once more, so that long series are read quickly."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

release = sa.table("release", sa.column("id", sa.Uuid()), sa.column("body", sa.Text()))
main = sa.table("release_main", sa.column("release_id", sa.Uuid()), sa.column("body", sa.Text()))
KEPT = (
    *("partnership", "round_number", "round_label", "closed_on", "instrument", "instrument_version"),
    *("instrument_digest", "dyadic_mode", "disclosure_level", "revision", "markers"),
)


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("ends_on > created_on", name=op.f("ck_api_token_ends_later")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_api_token_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"])
    op.create_index(op.f("ix_api_token_partnership_id"), "api_token", ["partnership_id"])
    op.create_table(
        "release_main",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_main_release_id_release")),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_release_main")),
    )
    _copy_main_numbers()


def _copy_main_numbers() -> None:
    connection = op.get_bind()
    for key in connection.execute(sa.select(release.c.id)).scalars().all():
        body = json.loads(connection.execute(sa.select(release.c.body).where(release.c.id == key)).scalar_one())
        kept: dict[str, Any] = {name: body[name] for name in KEPT}
        kept["cells"] = [{k: v for k, v in one.items() if v or v == 0} for one in body["cells"] if _is_main(one)]
        text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        connection.execute(main.insert().values(release_id=key, body=text))


def _is_main(cell: dict[str, Any]) -> bool:
    indices = ("headline:", "construct:", "composite")
    is_level = cell["estimate"] in ("level", "change_last")
    return is_level and cell["population"] == "all" and cell["target"].startswith(indices)


def downgrade() -> None:
    op.drop_table("release_main")
    op.drop_index(op.f("ix_api_token_partnership_id"), table_name="api_token")
    op.drop_index(op.f("ix_api_token_account_id"), table_name="api_token")
    op.drop_table("api_token")
