"""Words and comments around a brief; an index that names every release without reading it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveys.database import UtcDateTime

revision, down_revision = "0014", "0013"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "brief_words",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("introduction", sa.JSON(), nullable=False),
        sa.Column("ground_rules", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reply_until", sa.Date(), nullable=True),
        sa.Column("frozen", sa.JSON(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'shared', 'released')", name=op.f("ck_brief_words_state_known")),
        sa.CheckConstraint("state = 'draft' OR reply_until IS NOT NULL", name=op.f("ck_brief_words_reply_has_an_end")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_brief_words_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_brief_words")),
    )
    op.create_table(
        "brief_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_brief_comment_round_id_round")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_brief_comment_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brief_comment")),
        sa.UniqueConstraint("round_id", "organization_id", name=op.f("uq_brief_comment_round_id_organization_id")),
    )
    op.create_index(op.f("ix_brief_comment_round_id"), "brief_comment", ["round_id"])
    op.create_index(op.f("ix_brief_comment_organization_id"), "brief_comment", ["organization_id"])
    op.create_index("ix_release_named", "release", ["round_id", "revision", "digest"])


def downgrade() -> None:
    op.drop_index("ix_release_named", "release")
    op.drop_table("brief_comment")
    op.drop_table("brief_words")
