"""What a change of a rubric does to grades that were given by its old version."""
