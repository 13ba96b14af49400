"""Writing rubrics: checked, drafted, compared."""
