"""WebSocket lines (RFC 6455), for devices behind a program that speaks them."""
