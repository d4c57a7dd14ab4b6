"""Sessions, links that work once, a second factor, contacts of members, and approvals by link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveys.database import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("totp_secret", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("totp_step", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("is_closed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "login",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        _refers("login", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_token_hash")),
    )
    op.create_index(op.f("ix_login_account_id"), "login", ["account_id"])
    op.create_table(
        "account_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("takes_over_from", sa.Uuid(), nullable=True),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.CheckConstraint("purpose IN ('setup', 'invitation', 'reset')", name=op.f("ck_account_link_purpose_known")),
        sa.CheckConstraint(
            "role IS NULL OR role IN ('facilitator', 'representative', 'trustee', 'reader')",
            name=op.f("ck_account_link_role_known"),
        ),
        sa.CheckConstraint("(partnership_id IS NULL) = (role IS NULL)", name=op.f("ck_account_link_seat_whole")),
        _refers("account_link", "account_id", "account"),
        _refers("account_link", "organization_id", "organization"),
        _refers("account_link", "partnership_id", "partnership"),
        _refers("account_link", "takes_over_from", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_link_token_hash")),
    )
    for column in ("account_id", "organization_id", "partnership_id", "takes_over_from"):
        op.create_index(op.f(f"ix_account_link_{column}"), "account_link", [column])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        _refers("recovery_code", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_account_id"), "recovery_code", ["account_id"])
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        _refers("contact", "organization_id", "organization"),
        _refers("contact", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("partnership_id", "email", name=op.f("uq_contact_partnership_id_email")),
    )
    op.create_index(op.f("ix_contact_organization_id"), "contact", ["organization_id"])
    op.create_index(op.f("ix_contact_partnership_id"), "contact", ["partnership_id"])
    op.create_table(
        "list_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "decision IN ('waiting', 'approved', 'sent_back', 'void')", name=op.f("ck_list_approval_decision_known")
        ),
        _refers("list_approval", "round_id", "round"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_approval")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_list_approval_token_hash")),
    )
    op.create_index(op.f("ix_list_approval_round_id"), "list_approval", ["round_id"])


def downgrade() -> None:
    for table in ("list_approval", "contact", "recovery_code", "account_link", "login"):
        op.drop_table(table)
    with op.batch_alter_table("account", schema=None) as batch_op:
        for column in ("is_closed", "totp_step", "totp_secret"):
            batch_op.drop_column(column)
