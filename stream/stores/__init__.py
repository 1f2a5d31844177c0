"""Redis stores: alerts, evidence, accounts, audit, notifications."""
