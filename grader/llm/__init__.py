"""Asking a model: the request and the reply as values, the endpoint, what it costs."""
