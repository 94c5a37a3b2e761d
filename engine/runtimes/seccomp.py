"""The system calls denied to commands, as a filter for bubblewrap. Source: seccomp(2).

The list is that of container engines: calls that load code into the kernel, set the clock, mount, create
namespaces, or access other processes' memory and keys. libseccomp knows the numbers of the calls.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import termios
from typing import Final

LIBRARY: Final = "libseccomp.so.2"

DENIED: Final = (
    *("acct", "add_key", "keyctl", "request_key", "bpf", "perf_event_open", "userfaultfd", "lookup_dcookie"),
    *("clock_adjtime", "clock_settime", "settimeofday", "stime", "adjtimex"),
    *("create_module", "delete_module", "finit_module", "init_module", "query_module", "get_kernel_syms"),
    *("kexec_file_load", "kexec_load", "reboot", "swapon", "swapoff", "nfsservctl", "quotactl", "sysfs"),
    *("mount", "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick"),
    *("pivot_root", "umount", "umount2", "chroot", "setns", "unshare"),
    *("open_by_handle_at", "name_to_handle_at", "ioperm", "iopl", "uselib", "ustat", "vm86", "vm86old"),
    *("process_vm_readv", "process_vm_writev", "kcmp", "get_mempolicy", "mbind", "move_pages"),
    *("set_mempolicy", "io_uring_setup", "io_uring_enter", "io_uring_register", "_sysctl"),
)
_NAMESPACES: Final = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
"""CLONE_NEWNS, …CGROUP, …UTS, …IPC, …USER, …PID, …NET. Source: clone(2)."""
_TYPE_AHEAD: Final = (termios.TIOCSTI, 0x541C)
"""TIOCSTI and TIOCLINUX, with which a program can inject input into its terminal."""

_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000
_EQUAL_MASKED: Final = 7


class _Comparison(ctypes.Structure):
    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    ]


class SeccompUnavailable(Exception):
    """libseccomp is not installed, or cannot make the filter."""


@functools.cache
def program() -> bytes:
    """Return the filter as the kernel runs it. Raises: SeccompUnavailable."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as failure:
        raise SeccompUnavailable(f"{LIBRARY} is not installed") from failure
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ALLOW)))
    if not rules:
        raise SeccompUnavailable(f"{LIBRARY} does not know this machine")
    try:
        for name in DENIED:
            _deny(library, rules, name, errno.EPERM)
        # C libraries fall back to clone if there is no clone3, whose flags a filter cannot inspect.
        _deny(library, rules, "clone3", errno.ENOSYS)
        for flag in _NAMESPACES:
            _deny(library, rules, "clone", errno.EPERM, _Comparison(0, _EQUAL_MASKED, flag, flag))
        for request in _TYPE_AHEAD:
            _deny(library, rules, "ioctl", errno.EPERM, _Comparison(1, _EQUAL_MASKED, 0xFFFFFFFF, request))
        return _exported(library, rules)
    finally:
        library.seccomp_release(rules)


def _deny(library: ctypes.CDLL, rules: ctypes.c_void_p, name: str, error: int, *when: _Comparison) -> None:
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number == -1:
        return  # this architecture has no such call, or the library is older than the call
    compared = (_Comparison * len(when))(*when)
    action = ctypes.c_uint32(_REFUSE | error)
    outcome = library.seccomp_rule_add_array(rules, action, number, len(when), compared)
    if outcome not in (0, -errno.EDOM, -errno.EOPNOTSUPP):
        raise SeccompUnavailable(f"{LIBRARY} cannot refuse {name}: {os.strerror(-outcome)}")


def _exported(library: ctypes.CDLL, rules: ctypes.c_void_p) -> bytes:
    descriptor = os.memfd_create("seccomp", os.MFD_CLOEXEC)
    try:
        outcome = library.seccomp_export_bpf(rules, descriptor)
        if outcome:
            raise SeccompUnavailable(f"{LIBRARY} cannot write the filter: {os.strerror(-outcome)}")
        size = os.lseek(descriptor, 0, os.SEEK_END)
        return os.pread(descriptor, size, 0)
    finally:
        os.close(descriptor)
