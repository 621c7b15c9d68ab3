"""How pip is asked for locked packages; mirror, proxy and certificates stay as the user set them."""

INSTALL = (
    "install",
    "--require-hashes",
    "--only-binary",
    ":all:",
    "--no-deps",  # a lock file is whole; nothing that it doesn't name may come in
    "--no-compile",  # only what is used gets compiled, at its first use
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar",
    "off",
)
PAUSES = (5.0, 15.0)  # seconds between tries; pip itself retried five times in each
