"""What runs teach: outcomes for the risk score, observations for the monitors of bias."""
