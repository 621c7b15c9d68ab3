"""Metric and alert names, the files Prometheus runs by, the exporter, and the only door to Prometheus' API."""
