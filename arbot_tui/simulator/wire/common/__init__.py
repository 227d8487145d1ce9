"""What all venue shells share; nothing here knows a protocol."""
