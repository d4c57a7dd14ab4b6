"""Questionnaires of a partnership's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_questionnaire",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_version_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("uploaded_on", sa.Date(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("is_in_use", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(instrument_version_id IS NULL) = (confirmed_on IS NULL)",
            name=op.f("ck_own_questionnaire_confirmed_is_a_version"),
        ),
        sa.ForeignKeyConstraint(
            ["instrument_version_id"],
            ["instrument_version.id"],
            name=op.f("fk_own_questionnaire_instrument_version_id_instrument_version"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_own_questionnaire_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_questionnaire")),
        sa.UniqueConstraint(
            "partnership_id",
            "instrument_version_id",
            name=op.f("uq_own_questionnaire_partnership_id_instrument_version_id"),
        ),
    )
    op.create_index(op.f("ix_own_questionnaire_partnership_id"), "own_questionnaire", ["partnership_id"])
    op.create_index(op.f("ix_own_questionnaire_instrument_version_id"), "own_questionnaire", ["instrument_version_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_own_questionnaire_instrument_version_id"), table_name="own_questionnaire")
    op.drop_index(op.f("ix_own_questionnaire_partnership_id"), table_name="own_questionnaire")
    op.drop_table("own_questionnaire")
