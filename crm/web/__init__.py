"""What customers and providers reach: a few pages and webhooks, each named here, and never the registry of actions."""
