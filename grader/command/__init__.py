"""The commands of ``grade``, a module each group."""
