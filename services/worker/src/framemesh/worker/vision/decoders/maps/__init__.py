"""A value for each place: classes, anomalies, depth."""
