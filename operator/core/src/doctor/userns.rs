//! What lets a user have user namespaces, on which the other layers stand.

use purple_host::settings::{is_filtered, sysctl};
use purple_host::users;
use std::path::Path;

/// What to type or to change, as far as the host's settings show it.
pub(super) fn fix() -> String {
    let is = |name: &str, value: &str| sysctl(name).as_deref() == Some(value);
    if is("kernel.unprivileged_userns_clone", "0") && !users::is_root() {
        return "sysctl -w kernel.unprivileged_userns_clone=1".to_owned();
    }
    if is("user.max_user_namespaces", "0") {
        return "sysctl -w user.max_user_namespaces=15000".to_owned();
    }
    if is("kernel.apparmor_restrict_unprivileged_userns", "1") && !users::is_root() {
        return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns,` for purple-exec"
            .to_owned();
    }
    if !Path::new("/proc/self/uid_map").exists() {
        return "mount -t proc proc /proc; if it is mounted, a kernel with CONFIG_USER_NS"
            .to_owned();
    }
    if is_filtered() {
        return "a filter is in force over this shell: docker run --security-opt seccomp=unconfined, or a profile \
                that allows unshare(2), clone3(2) and mount calls"
            .to_owned();
    }
    "start it outside of a chroot(2), on a kernel with CONFIG_USER_NS, where no security module denies it".to_owned()
}
