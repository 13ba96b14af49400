"""Sessions that are answered elsewhere: request files, a provider's batch, a cluster."""
