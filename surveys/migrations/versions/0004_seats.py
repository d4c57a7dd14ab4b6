"""Accounts hold seats: a role for each partnership, and for a representative the organization."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

account = sa.table("account", sa.column("id"), sa.column("role"), sa.column("is_administrator"))
seat = sa.table("seat", sa.column("account_id"), sa.column("partnership_id"), sa.column("role"))
old_seat = sa.table("account_partnership", sa.column("account_id"), sa.column("partnership_id"))


def upgrade() -> None:
    op.create_table(
        "seat",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "role IN ('facilitator', 'representative', 'trustee', 'reader')", name=op.f("ck_seat_role_known")
        ),
        sa.CheckConstraint(
            "(role = 'representative') = (organization_id IS NOT NULL)", name=op.f("ck_seat_representative_of_somebody")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_seat_account_id_account")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_seat_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_seat_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("account_id", "partnership_id", name=op.f("pk_seat")),
    )
    op.create_index(op.f("ix_seat_partnership_id"), "seat", ["partnership_id"])
    op.create_index(op.f("ix_seat_organization_id"), "seat", ["organization_id"])
    runs = account.c.role.in_(("administrator", "facilitator"))
    op.execute(
        seat.insert().from_select(
            ["account_id", "partnership_id", "role"],
            sa.select(
                old_seat.c.account_id, old_seat.c.partnership_id, sa.case((runs, "facilitator"), else_="reader")
            ).join(account, account.c.id == old_seat.c.account_id),
        )
    )
    op.drop_table("account_partnership")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_administrator", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(account.update().where(account.c.role == "administrator").values(is_administrator=sa.true()))
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_account_role_known"), type_="check")
        batch_op.drop_column("role")


def downgrade() -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("role", sa.String(), nullable=False, server_default="facilitator"))
        batch_op.create_check_constraint(
            op.f("ck_account_role_known"), "role IN ('administrator', 'facilitator', 'representative', 'reader')"
        )
    op.execute(account.update().where(account.c.is_administrator == sa.true()).values(role="administrator"))
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("is_administrator")
    op.create_table(
        "account_partnership",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_partnership_account_id_account")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_account_partnership_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("account_id", "partnership_id", name=op.f("pk_account_partnership")),
    )
    op.create_index(op.f("ix_account_partnership_partnership_id"), "account_partnership", ["partnership_id"])
    op.execute(
        old_seat.insert().from_select(
            ["account_id", "partnership_id"], sa.select(seat.c.account_id, seat.c.partnership_id)
        )
    )
    op.drop_table("seat")
