"""The paper exchange: real quotes, simulated fills."""
