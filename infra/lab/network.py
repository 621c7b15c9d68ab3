"""A deployment's private bridge, and the nftables table that lets its guests out and keeps test traffic in."""

import json
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from pathlib import Path

from infra.lab.commands import links, run, succeeds

_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


@dataclass(frozen=True)
class NetworkArgs:
    """What the network is: bridge and table by name, the bridge's address, and who may not leave the box."""

    bridge: str
    table: str
    cidr: str
    gateway: str
    kept_in: tuple[str, ...]


def ensure(args: NetworkArgs) -> None:
    """Make the bridge and the table, or make them right."""
    if not succeeds("ip", "link", "show", args.bridge):
        run("ip", "link", "add", args.bridge, "type", "bridge")
    prefix = args.cidr.partition("/")[2]
    run("ip", "address", "replace", f"{args.gateway}/{prefix}", "dev", args.bridge)
    run("ip", "link", "set", args.bridge, "up")
    _FORWARDING.write_text("1")
    run("nft", "-f", "-", stdin=_rules(args))


def _rules(args: NetworkArgs) -> str:
    """The whole table at once, in one transaction. Load generators never reach beyond their own bridge."""
    kept_in = ", ".join(args.kept_in)
    drop = f'iifname "{args.bridge}" ip saddr {{ {kept_in} }} oifname != "{args.bridge}" drop' if kept_in else ""
    return f"""
table ip {args.table} {{}}
delete table ip {args.table}
table ip {args.table} {{
  chain forward {{
    type filter hook forward priority filter; policy accept;
    {drop}
    iifname "{args.bridge}" accept
    oifname "{args.bridge}" ct state established,related accept
    oifname "{args.bridge}" iifname != "{args.bridge}" drop
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {args.cidr} oifname != "{args.bridge}" masquerade
  }}
}}
"""


def exists(args: NetworkArgs) -> bool:
    """Whether bridge, its address, the table and forwarding are all there."""
    held = [link for link in links() if link["ifname"] == args.bridge]
    addresses = [address["local"] for link in held for address in link["addr_info"]]
    forwards = _FORWARDING.read_text().strip() == "1"
    return forwards and args.gateway in addresses and succeeds("nft", "list", "table", "ip", args.table)


def remove(args: NetworkArgs) -> None:
    """Take away the table and the bridge, where they are there."""
    remove_named(args.bridge, args.table)


def remove_named(bridge: str, table: str) -> None:
    """Take away a table and a bridge by name, where they are there."""
    if succeeds("nft", "list", "table", "ip", table):
        run("nft", "delete", "table", "ip", table)
    if succeeds("ip", "link", "show", bridge):
        run("ip", "link", "delete", bridge)


def networks_but(bridge: str) -> list[IPv4Network]:
    """The networks that this host has a route to, but for the default route and those behind one bridge."""
    routes = json.loads(run("ip", "-json", "-4", "route", "show", "table", "all"))
    wanted = (route["dst"] for route in routes if route["dst"] != "default" and route.get("dev") != bridge)
    networks = (ip_network(destination, strict=False) for destination in wanted)
    return [network for network in networks if isinstance(network, IPv4Network) and network.prefixlen > 0]
