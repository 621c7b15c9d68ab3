"""From a Topology to a running stack: what is shipped, the variables document, and the only door to ansible-runner."""
