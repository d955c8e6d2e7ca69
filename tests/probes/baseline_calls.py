"""Calls of the baseline, each with arguments that do no harm."""

calls = dict(mount=SYS_mount, ptrace=SYS_ptrace, bpf=SYS_bpf, keyctl=SYS_keyctl, add_key=SYS_add_key, request_key=SYS_request_key, perf=SYS_perf_event_open,
    userfaultfd=SYS_userfaultfd, io_uring=SYS_io_uring_setup, kexec=SYS_kexec_load, init_module=SYS_init_module, finit_module=SYS_finit_module, reboot=SYS_reboot, swapon=SYS_swapon,
    process_vm_readv=SYS_process_vm_readv, pidfd_getfd=SYS_pidfd_getfd, open_by_handle_at=SYS_open_by_handle_at, syslog=SYS_syslog, settimeofday=SYS_settimeofday, unshare=SYS_unshare,
    setns=SYS_setns, acct=SYS_acct, iopl=SYS_iopl, fanotify=SYS_fanotify_init, mount_setattr=SYS_mount_setattr, quotactl=SYS_quotactl, kcmp=SYS_kcmp, modify_ldt=SYS_modify_ldt)
show(**{name: syscall(number, 0, 0, 0, 0, 0) for name, number in calls.items()})
