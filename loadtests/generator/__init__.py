"""The load generator: runs on the loadgen hosts under their own Python; imports nothing of the other rooms."""
