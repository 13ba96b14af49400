"""What gives verdicts: the prompts, the ways of asking, the defences, the vote."""
