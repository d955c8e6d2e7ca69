//! Where sockets, secrets and settings lie.

/// Sockets of programs outside that do what a client asks, and directories that contain such sockets.
pub(super) const SOCKETS: [(&str, &str); 20] = [
    ("/run", "the sockets of the host's services"),
    ("/var/run", "the sockets of the host's services"),
    ("/run/user", "the sockets of the user's session"),
    (
        "/tmp",
        "sockets of the user's programs, such as the one of ssh-agent",
    ),
    ("/var/tmp", "files of all the host's programs"),
    (
        "/run/docker.sock",
        "the socket of Docker, which runs anything as root",
    ),
    (
        "/var/run/docker.sock",
        "the socket of Docker, which runs anything as root",
    ),
    (
        "/run/containerd",
        "the socket of containerd, which runs anything as root",
    ),
    (
        "/run/podman",
        "the socket of Podman, which runs anything as its user",
    ),
    (
        "/run/crio",
        "the socket of CRI-O, which runs anything as root",
    ),
    ("/run/dbus", "the socket of the system bus"),
    ("/run/systemd", "the sockets of systemd"),
    ("/var/lib/docker", "the file systems of all containers"),
    ("/run/lxd", "the socket of LXD, which runs anything as root"),
    (
        "/var/snap/lxd",
        "the socket of LXD, which runs anything as root",
    ),
    (
        "/var/lib/lxd",
        "the socket of LXD, which runs anything as root",
    ),
    (
        "/run/incus",
        "the socket of Incus, which runs anything as root",
    ),
    (
        "/var/lib/incus",
        "the socket of Incus, which runs anything as root",
    ),
    (
        "/nix/var/nix/daemon-socket",
        "the socket of the Nix daemon, which builds and installs as root",
    ),
    (
        "/tmp/.X11-unix",
        "the socket of the display, by which a program sees and types everything",
    ),
];

/// Parts of a file's name by which agents' sockets are known.
pub(super) const SOCKET_NAMES: [&str; 7] = [
    "docker.sock",
    "podman.sock",
    "containerd.sock",
    "crio.sock",
    "ssh-agent",
    "S.gpg-agent",
    "wayland-0",
];

/// Directories and files below a home directory that hold keys, tokens and passwords.
pub(super) const SECRETS: [&str; 25] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".kube",
    ".docker",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".cargo/credentials.toml",
    ".config/gh",
    ".config/hub",
    ".password-store",
    ".mozilla",
    ".config/google-chrome",
    ".local/share/keyrings",
    ".vault-token",
    ".terraform.d",
    ".bash_history",
    ".gem/credentials",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
];

/// What these are.
pub(in crate::lint) const TOKENS: &str = "keys, tokens or passwords";

/// The same of agents, which have directories of these names in projects too, without secrets.
pub(super) const AGENTS: [&str; 5] = [
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".local/share/opencode",
];

/// A directory below a home directory that holds such files among others, besides those that `SECRETS` name a part of.
pub(super) const SETTINGS: [&str; 1] = [".npm"];

/// Files and directories of the host itself that hold secrets, and what these are. The first ones that lie in a directory
/// stand for it.
pub(super) const HOST_SECRETS: [(&str, &str); 36] = [
    ("/etc/shadow", "hashes of passwords"),
    ("/etc/gshadow", "hashes of passwords"),
    ("/etc/security/opasswd", "hashes of passwords"),
    ("/etc/sudoers", "the rules by which users become root"),
    ("/etc/sudoers.d", "the rules by which users become root"),
    ("/etc/ssh", "the private keys of the host"),
    ("/etc/ssl/private", "private keys"),
    ("/etc/pki/tls/private", "private keys"),
    ("/etc/letsencrypt", "private keys"),
    ("/etc/wireguard", "private keys"),
    ("/etc/openvpn", "private keys"),
    ("/etc/ipsec.d/private", "private keys"),
    ("/etc/ipsec.secrets", "private keys"),
    ("/etc/swanctl/private", "private keys"),
    (
        "/etc/NetworkManager/system-connections",
        "passwords of networks",
    ),
    ("/etc/wpa_supplicant", "passwords of networks"),
    ("/etc/ppp", "passwords of networks"),
    ("/etc/credstore", "credentials of services"),
    ("/etc/credstore.encrypted", "credentials of services"),
    ("/etc/kubernetes", "the keys of the cluster"),
    ("/etc/rancher", "the keys of the cluster"),
    ("/etc/krb5.keytab", "the host's Kerberos keys"),
    ("/var/lib/kubelet", "the secrets of the node's pods"),
    ("/var/lib/rancher", "the keys of the cluster"),
    ("/var/lib/containers", "the file systems of all containers"),
    ("/var/lib/containerd", "the file systems of all containers"),
    (
        "/var/lib/systemd/credential.secret",
        "the key of the host's credentials",
    ),
    ("/var/lib/samba/private", "hashes of passwords"),
    ("/var/lib/sss", "hashes of passwords"),
    ("/var/backups", "copies of `/etc/shadow` and its like"),
    (
        "/var/log",
        "what services logged: tokens and addresses among it",
    ),
    ("/var/spool/mail", "the mail of the host's users"),
    ("/var/mail", "the mail of the host's users"),
    ("/var/run/secrets", "tokens of the container"),
    ("/run/secrets", "tokens of the container"),
    ("/boot", "images in which the keys of encrypted disks lie"),
];

/// What holds the data of many, as a whole: a part of it is a directory like any other.
pub(super) const SHARED: [(&str, &str); 3] = [
    ("/srv", "the data of all the host's services"),
    ("/mnt", "all the file systems that are mounted there"),
    ("/media", "all the file systems that are mounted there"),
];

/// Where home directories lie, besides those of Windows in WSL.
pub(super) const HOMES: [&str; 4] = ["/home", "/Users", "/var/home", "/export/home"];

/// What the host runs or obeys.
pub(super) const SYSTEM: [&str; 11] = [
    "/usr",
    "/etc",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/nix/store",
    "/gnu/store",
    "/opt",
    "/var/spool/cron",
    "/var/lib",
];

/// Names in `/dev`, or what they begin with: a directory of a project may be called `dev`, too.
pub(super) const DEVICES: [&str; 22] = [
    "bus",
    "disk",
    "dri",
    "fuse",
    "hugepages",
    "input",
    "kmem",
    "kvm",
    "loop",
    "mapper",
    "mem",
    "mqueue",
    "net",
    "nvme",
    "port",
    "pts",
    "sd",
    "shm",
    "snd",
    "tty",
    "vfio",
    "vhost",
];

/// Where secrets and sockets lie that a path means which leads up and then there.
pub(super) const DEEP: [&str; 5] = ["/etc/", "/run/", "/var/run/", "/var/lib/", "/nix/var/"];
