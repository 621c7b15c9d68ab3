"""Pulumi: hosts, networks and links from a Plan. The only door to Pulumi."""
