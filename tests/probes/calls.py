"""Names for the numbers that probes use.

Calls are those of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl) and, where a probe takes the 32-bit entry, of
i386 (syscall_32.tbl). Flags and options are from
include/uapi/linux/{mount,sched,fcntl,keyctl,landlock,prctl}.h.
"""

SYS_open = 2
SYS_ioctl = 16
SYS_getpid = 39
SYS_socket = 41
SYS_socketpair = 53
SYS_clone = 56
SYS_mkdir = 83
SYS_creat = 85
SYS_ptrace = 101
SYS_syslog = 103
SYS_getpriority = 140
SYS_modify_ldt = 154
SYS_pivot_root = 155
SYS_chroot = 161
SYS_acct = 163
SYS_settimeofday = 164
SYS_mount = 165
SYS_umount2 = 166
SYS_swapon = 167
SYS_reboot = 169
SYS_sethostname = 170
SYS_iopl = 172
SYS_ioperm = 173
SYS_init_module = 175
SYS_delete_module = 176
SYS_quotactl = 179
SYS_kexec_load = 246
SYS_add_key = 248
SYS_request_key = 249
SYS_keyctl = 250
SYS_openat = 257
SYS_mknodat = 259
SYS_unshare = 272
SYS_perf_event_open = 298
SYS_fanotify_init = 300
SYS_prlimit64 = 302
SYS_open_by_handle_at = 304
SYS_setns = 308
SYS_getcpu = 309
SYS_process_vm_readv = 310
SYS_kcmp = 312
SYS_finit_module = 313
SYS_renameat2 = 316
SYS_bpf = 321
SYS_execveat = 322
SYS_userfaultfd = 323
SYS_pidfd_send_signal = 424
SYS_io_uring_setup = 425
SYS_io_uring_enter = 426
SYS_open_tree = 428
SYS_move_mount = 429
SYS_fsopen = 430
SYS_fsconfig = 431
SYS_fsmount = 432
SYS_fspick = 433
SYS_pidfd_open = 434
SYS_clone3 = 435
SYS_openat2 = 437
SYS_pidfd_getfd = 438
SYS_mount_setattr = 442
SYS_landlock_create_ruleset = 444
SYS_landlock_restrict_self = 446
SYS_fchmodat2 = 452

I386_getpid, I386_ptrace, I386_socketcall, I386_unshare, I386_socket = 20, 26, 102, 310, 359
X32_BIT = 0x40000000

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
KEYCTL_JOIN_SESSION_KEYRING, KEYCTL_SEARCH = 1, 10
KEY_SPEC_PROCESS_KEYRING, KEY_SPEC_SESSION_KEYRING = -2, -3
LANDLOCK_ACCESS_NET_CONNECT_TCP = 2
PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_NO_NEW_PRIVS = 4, 15, 38
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
