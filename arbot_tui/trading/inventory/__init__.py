"""Which transfers would spread the account's assets as wanted; it moves nothing."""
