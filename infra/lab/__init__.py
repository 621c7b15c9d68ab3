"""The lab target: real Debian machines as systemd-nspawn guests on this box."""
