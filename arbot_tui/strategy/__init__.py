"""Detection, sizing, opportunity life-cycle and the reject funnel."""
