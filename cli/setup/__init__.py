"""What a machine needs before a step can run: host packages, the virtual environment, the Pulumi CLI.

Only the standard library and `lms_stack`'s own standard-library modules may be imported here: the launcher
runs this code before the virtual environment exists.
"""
