"""Looks for a key in the session keyring: `search` gives `ok`, or the name of the error."""

def search():
    return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, b'user', b'purple-secret', 0)
