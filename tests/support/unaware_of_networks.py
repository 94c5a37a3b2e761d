"""Becomes a program that cannot learn of this machine's networks: `unaware_of_networks.py PROGRAM ARG…`.

Chromium breaks off what it loads when an address of the machine changes, also from the machine itself, and
other tests begin and end containers. It learns of that from the kernel over a netlink socket; without one, it
takes the network for one that stays. Source: seccomp(2), netlink(7).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

SOCKET_CALLS = {"x86_64": 41, "aarch64": 198}
AF_NETLINK = 16
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER_AT, FIRST_ARGUMENT_AT = 0, 16
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filters", ctypes.c_char_p))


def refuse_netlink(socket_call: int) -> None:
    """From here on, in this process and what it becomes. Raises: OSError."""
    steps = (
        (LOAD, 0, 0, NUMBER_AT),
        (JUMP_IF_EQUAL, 0, 3, socket_call),
        (LOAD, 0, 0, FIRST_ARGUMENT_AT),
        (JUMP_IF_EQUAL, 0, 1, AF_NETLINK),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    )
    program = _Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for call in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "a filter of system calls")


if __name__ == "__main__":
    if platform.machine() in SOCKET_CALLS:
        refuse_netlink(SOCKET_CALLS[platform.machine()])
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - arguments without a shell
