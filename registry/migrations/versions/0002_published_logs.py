"""Published size of a log, records without claims, state of the workers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "anchor_workers",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("chain_id", "account"),
    )
    op.drop_index("chain_transactions_open", "chain_transactions")
    op.create_index(
        "chain_transactions_open",
        "chain_transactions",
        ["chain_id", "state", "account"],
        unique=False,
    )
    op.create_index(
        "chain_transactions_block", "chain_transactions", ["chain_id", "block"], unique=False
    )
    op.add_column(
        "logs", sa.Column("published", sa.BigInteger(), server_default="0", nullable=False)
    )
    with op.batch_alter_table("records") as records:
        records.alter_column("claims", existing_type=sa.LargeBinary(), nullable=True)
