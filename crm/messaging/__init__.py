"""Messages that leave: outbox, dispatcher, transports."""
