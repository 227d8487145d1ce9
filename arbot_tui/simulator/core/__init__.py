"""The synthetic world without a socket or a clock: time is passed in as integer nanoseconds."""
