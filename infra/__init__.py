"""Pulumi: hosts, networks and links from a Plan. The only door to Pulumi."""

import os

# Pulumi's program talks gRPC from this very process, which later starts Ansible by forking. gRPC's own fork handlers
# then now and then kill the child before it becomes Ansible; it execs at once and needs none of them. The variable is
# read when gRPC is first loaded, so it is set before any module of this room loads Pulumi.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
