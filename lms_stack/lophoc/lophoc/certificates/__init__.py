"""Certificates: issued, verified by anybody, revoked."""
