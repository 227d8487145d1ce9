"""What all adapters share: WebSocket session, REST client, rate limiter, clock offset."""
