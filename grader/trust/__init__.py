"""How far a judge may be trusted: examined, tried, attacked, calibrated."""
