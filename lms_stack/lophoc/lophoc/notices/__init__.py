"""Announcements, direct messages, questions to the organisers, and mail."""
